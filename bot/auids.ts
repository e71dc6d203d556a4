/** The login uid that stands for a person in the audit log: allotted once, told to the log, never reused. */
import { auidOf } from '../audit/auid.ts';
import type { Actor } from '../audit/record.ts';
import type { Store } from './store/store.ts';

export interface Auids {
  actor(name: string): Promise<Actor>;
}

/** `announce` puts a new pair into the audit log, which keeps the table for its readers. */
export function createAuids(store: Store, announce: (actor: Actor) => Promise<void>): Auids {
  const known = new Map<string, Actor>();

  async function allot(name: string): Promise<Actor> {
    const key = `auid/${name}`;
    for (;;) {
      const stored = await store.get(key);
      if (stored !== null) return { auid: Number(stored.value), name };
      const last = await store.get(COUNTER);
      const n = Number(last?.value ?? 0) + 1;
      const actor = { auid: auidOf(n), name };
      const written = await store.transact({
        guards: [
          { key, revision: null },
          { key: COUNTER, revision: last?.revision ?? null },
        ],
        puts: [
          { key, value: actor.auid },
          { key: COUNTER, value: n },
        ],
        deletes: [],
      });
      if (written.kind === 'written') await announce(actor);
    }
  }

  return {
    async actor(name) {
      const actor = known.get(name) ?? (await allot(name));
      known.set(name, actor);
      return actor;
    },
  };
}

const COUNTER = 'counter/auid';
