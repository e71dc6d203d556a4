/** Ends what waited too long for a decision. A vote that comes late is refused even before this has looked. */
import type { Logger } from 'pino';
import type { Auids } from './auids.ts';
import { subjectOf } from './operations/bound.ts';
import type { Operations } from './operations/operations.ts';
import type { Recorder } from './record.ts';

const LOOK_MS = 1000;

export interface ExpiryPorts {
  operations: Operations;
  auids: Auids;
  recorder: Recorder;
  log: Logger;
  now(): number;
}

export function startExpiry(ports: ExpiryPorts): { stop(): void } {
  const { log } = ports;
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(() => expire(ports)).catch((error) => log.error({ err: error }, 'ending what expired'));
  }, LOOK_MS).unref();
  return { stop: () => clearInterval(timer) };
}

export async function expire({ operations, auids, recorder, now }: ExpiryPorts): Promise<void> {
  for (const { operation } of await operations.open()) {
    if (operation.state !== 'waiting' || (operation.expiresAt ?? Number.POSITIVE_INFINITY) > now()) continue;
    const problem = { message: 'Expired: nobody decided in time.', hint: 'ask again' };
    await recorder.turned(await subjectOf(operation, auids), 'expire', '', false);
    await operations.update(operation.request, ({ state, expiresAt }) =>
      state === 'waiting' && expiresAt !== null && expiresAt <= now()
        ? { state: 'expired', problem, endedAt: now() }
        : null,
    );
  }
}
