/** One command from a terminal: the same journey as from chat, followed to its end or to where a person is needed. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Inbound } from '../chat/card.ts';
import { VerbSchema } from '../chat/card-schema.ts';
import type { Drover } from '../drover.ts';
import type { Handled } from '../handled.ts';
import type { Operation } from '../operations/operation.ts';
import { isOver, type OperationState } from '../operations/states.ts';
import { renderThread } from '../thread.ts';
import { type Spoken, TERMINAL, type Terminal } from './platform.ts';

/** Exit codes that scripts rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, waiting: 4, unknown: 5 } as const;

export const Ask = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('line'), as: z.string(), tty: z.string(), text: z.string() }),
  z.strictObject({
    kind: z.literal('press'),
    as: z.string(),
    tty: z.string(),
    request: z.number().int(),
    /** The plan that was looked at; a vote on another one does not count. */
    digest: z.string(),
    verb: VerbSchema,
    input: z.string(),
  }),
]);
export type Ask = z.output<typeof Ask>;

export interface Ended {
  exit: number;
  request: number | null;
  state: OperationState | null;
}

/** Says everything to `listener` on the way. With `wait` it also stays while others decide. */
export async function runAsk(
  drover: Drover,
  terminal: Terminal,
  ask: Ask,
  listener: (spoken: Spoken) => void,
): Promise<Ended> {
  const session = terminal.open(ask.tty, listener);
  try {
    const { handled } = await drover.desk.take(inboundOf(ask, session.channel));
    return await follow(drover, ask, await handled, listener);
  } finally {
    session.close();
  }
}

function inboundOf({ as, ...ask }: Ask, channel: string): Inbound {
  const common = {
    eventId: randomUUID(),
    from: { platform: TERMINAL, id: as },
    place: { platform: TERMINAL, channel, thread: null },
    message: null,
    address: null,
  };
  if (ask.kind === 'line') return { ...common, kind: 'line', text: ask.text };
  const { request, digest, verb, input } = ask;
  return { ...common, kind: 'press', request, digest, verb, input };
}

async function follow(drover: Drover, ask: Ask, handled: Handled, listener: (spoken: Spoken) => void): Promise<Ended> {
  switch (handled.kind) {
    case 'answered':
      return { exit: EXIT.done, request: null, state: null };
    case 'refused':
      return { exit: EXIT.refused, request: null, state: null };
    case 'ignored':
    case 'seen-before':
      return { exit: EXIT.usage, request: null, state: null };
    case 'operation': {
      const operation = await settled(drover, handled.request);
      await drover.outbox.settled();
      // The thread is elsewhere when somebody else asked for it: show its closing words here, too.
      if (operation.place.platform !== TERMINAL || ask.kind === 'press') await showEnd(drover, operation, listener);
      return { exit: exitOf(operation.state, ask), request: operation.request, state: operation.state };
    }
  }
}

async function showEnd(drover: Drover, operation: Operation, listener: (spoken: Spoken) => void): Promise<void> {
  const { card, closing } = renderThread(operation, await drover.outbox.contextOf(operation));
  listener({ how: 'post', card: closing ?? card });
}

/** Resolves when the operation is over, or stands still until a person acts. */
async function settled({ operations }: Drover, request: number): Promise<Operation> {
  const still = (operation: Operation) =>
    isOver(operation.state) || operation.state === 'waiting' || operation.state === 'unknown';
  for (;;) {
    const changed = Promise.withResolvers<void>();
    const watching = operations.watch((requests) => {
      if (requests.includes(request)) changed.resolve();
    });
    try {
      const seen = await operations.get(request);
      if (seen === null) throw new Error(`request ${request} has no record`);
      if (still(seen.operation)) return seen.operation;
      await changed.promise;
    } finally {
      watching.stop();
    }
  }
}

/** A rejection is what the one who rejects wants, and a failure for the one who asked. */
function exitOf(state: OperationState, ask: Ask): number {
  const wished = { reject: 'rejected', withdraw: 'withdrawn', cancel: 'cancelled' };
  const verb = ask.kind === 'press' ? ask.verb : null;
  if (verb === 'reject' || verb === 'withdraw' || verb === 'cancel') {
    if (wished[verb] === state) return EXIT.done;
  }
  return exitOfState(state);
}

export function exitOfState(state: OperationState): number {
  return EXITS[state];
}

const EXITS = {
  received: EXIT.unknown,
  refused: EXIT.refused,
  denied: EXIT.refused,
  waiting: EXIT.waiting,
  rejected: EXIT.refused,
  expired: EXIT.failed,
  withdrawn: EXIT.failed,
  queued: EXIT.waiting,
  running: EXIT.unknown,
  succeeded: EXIT.done,
  failed: EXIT.failed,
  cancelled: EXIT.failed,
  unknown: EXIT.unknown,
} as const satisfies Record<OperationState, number>;
