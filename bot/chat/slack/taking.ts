/**
 * What comes in is acknowledged when it is durable, and not before: a command that Slack was told of is never lost by a
 * crash. Slack waits 3 s; whoever cannot be told "taken" by then is told so in time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Inbound } from '../card.ts';
import { messageOf } from './calls.ts';
import type { SlackLog } from './log.ts';

/** ms after which the acknowledgement goes out without an answer from the inbox; the rest of Slack's 3 s is for the way. */
const DEADLINE_MS = 2_000;

/** `late`: nobody knows yet; it may still be taken. */
export type Taking = 'taken' | 'failed' | 'late';
export type Take = (inbound: Inbound) => Promise<Taking>;

/** For the person; each ends with what would help. */
export const NOT_TAKEN = {
  failed: 'Not taken: it could not be written down. Please try again.',
  late: 'It could not be written down in time, so it may not be taken. If nothing follows within a minute, please try again.',
} as const satisfies Record<Exclude<Taking, 'taken'>, string>;

/** `receive` resolves when the event is durable. */
export function createTake(receive: (inbound: Inbound) => Promise<void>, log: SlackLog): Take {
  return async (inbound) => {
    const timer = new AbortController();
    const received = receive(inbound).then(
      (): Taking => 'taken',
      (error: unknown): Taking => {
        log.error(`taking ${inbound.eventId}: ${messageOf(error)}`);
        return 'failed';
      },
    );
    const late = pause<Taking>(DEADLINE_MS, 'late', { signal: timer.signal }).catch((): Taking => 'late');
    const taking = await Promise.race([received, late]);
    timer.abort();
    if (taking === 'late') log.error(`taking ${inbound.eventId}: nothing was durable after ${DEADLINE_MS / 1000} s`);
    return taking;
  };
}

/** For events, which Slack delivers again when nobody acknowledges them. Throws when it is not taken. */
export async function mustTake(take: Take, inbound: Inbound): Promise<void> {
  const taking = await take(inbound);
  if (taking !== 'taken') throw new Error(`${inbound.eventId} is left to Slack to deliver again (${taking})`);
}
