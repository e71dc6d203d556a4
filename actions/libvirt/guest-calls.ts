/**
 * Calls that change a domain, one at a time for each guest: libvirt lets one job change a domain at once, and the rest
 * would sit on the connection's few places. A guest whose QEMU hangs may hold one of them, not all.
 */
import type { Rpc } from './rpc.ts';
import type { DomainRef } from './shapes.ts';

/** What a piece of work on a guest is given: options for its calls carry what is being done. */
export interface GuestCall {
  rpc: Rpc;
  dom: DomainRef;
  about: { doing: string; timeoutMs?: number };
}

/** `doing` is for error messages; `%` in it stands for the UUID. `timeoutMs`: for each call, from its own start. */
export type OnGuest = (
  uuid: string,
  doing: string,
  work: (call: GuestCall) => Promise<unknown>,
  timeoutMs?: number,
) => Promise<void>;

export function createGuestCalls(connection: () => Promise<Rpc>): OnGuest {
  const oneAtATime = createGuestQueue();
  return (uuid, doing, work, timeoutMs) =>
    oneAtATime(uuid, async () => {
      const said = { doing: doing.replace('%', uuid) };
      const about = timeoutMs === undefined ? said : { ...said, timeoutMs };
      await work({ rpc: await connection(), dom: refOf(uuid), about });
    });
}

/** The daemon looks a domain up by UUID; the name only decorates its messages. */
export function refOf(uuid: string): DomainRef {
  return { name: uuid, uuid, id: -1 };
}

function createGuestQueue(): (uuid: string, work: () => Promise<void>) => Promise<void> {
  const tails = new Map<string, Promise<void>>();
  return async (uuid, work) => {
    const mine = (tails.get(uuid) ?? Promise.resolve()).then(work);
    const tail = mine.catch(() => {}); // the next one only waits for it
    tails.set(uuid, tail);
    try {
      await mine;
    } finally {
      if (tails.get(uuid) === tail) tails.delete(uuid);
    }
  };
}
