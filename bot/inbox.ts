/**
 * Every event that comes in is written down before it is acted on, under its platform's own id: a redelivery finds
 * it there, a crash finds it open. The request number is given here and goes into every audit record of the request.
 */
import { z } from 'zod';
import { JsonValue } from '../actions/schema.ts';
import type { Inbound } from './chat/card.ts';
import { VerbSchema } from './chat/card-schema.ts';
import { PlaceSchema } from './operations/operation.ts';
import type { Store, Writes } from './store/store.ts';

/** Longer than any platform redelivers (Slack: 5 minutes after the first try, an hour for delayed events). */
export const INBOX_LIFE_MS = 3 * 24 * 3600 * 1000;

const Common = {
  eventId: z.string().max(200),
  from: z.object({ platform: z.string(), id: z.string() }),
  place: PlaceSchema,
  message: z.string().nullable(),
  address: z.string().nullable(),
};
export const InboundSchema: z.ZodType<Inbound> = z.discriminatedUnion('kind', [
  z.object({ ...Common, kind: z.literal('line'), text: z.string() }),
  z.object({
    ...Common,
    kind: z.literal('press'),
    request: z.number(),
    digest: z.string(),
    verb: VerbSchema,
    input: z.string(),
  }),
]);

export interface Admitted {
  request: number;
  inbound: Inbound;
  at: number;
}

export interface Inbox {
  /** Durable when it resolves. null: seen before. */
  admit(inbound: Inbound): Promise<Admitted | null>;
  /** The writes that close it, for the transaction that takes its place. */
  closing(admitted: Admitted): Writes;
  close(admitted: Admitted): Promise<void>;
  /** Events that were admitted and never closed, oldest first: the process died in between. */
  open(): Promise<Admitted[]>;
  /** Forgets what is older than `INBOX_LIFE_MS`. */
  prune(now: number): Promise<void>;
}

const Stored = z.object({ request: z.number(), at: z.number() });
const Open = z.object({ request: z.number(), at: z.number(), inbound: InboundSchema });
const openKey = (request: number) => `inbox-open/${String(request).padStart(10, '0')}`;
const COUNTER = 'counter/request';

export function createInbox(store: Store): Inbox {
  async function admit(inbound: Inbound): Promise<Admitted | null> {
    const key = `inbox/${inbound.from.platform}/${inbound.eventId}`;
    for (;;) {
      const counter = await store.get(COUNTER);
      const request = Number(counter?.value ?? 0) + 1;
      const at = Date.now();
      const written = await store.transact({
        guards: [
          { key, revision: null },
          { key: COUNTER, revision: counter?.revision ?? null },
        ],
        puts: [
          { key, value: { request, at } },
          { key: COUNTER, value: request },
          { key: openKey(request), value: JsonValue.parse({ request, at, inbound }) },
        ],
        deletes: [],
      });
      if (written.kind === 'written') return { request, inbound, at };
      if (written.key === key) return null;
    }
  }

  const closing = ({ request }: Admitted): Writes => ({ guards: [], puts: [], deletes: [openKey(request)] });

  return {
    admit,
    closing,
    async close(admitted) {
      await store.transact(closing(admitted));
    },
    async open() {
      return (await store.list('inbox-open/')).map(({ value }) => Open.parse(value));
    },
    async prune(now) {
      const old = (await store.list('inbox/')).filter(({ value }) => Stored.parse(value).at < now - INBOX_LIFE_MS);
      await store.transact({ guards: [], puts: [], deletes: old.map(({ key }) => key) });
    },
  };
}
