/**
 * Waiting for a domain: woken by whatever the host says about it, and by a slow poll in case an event was missed.
 * A host that cannot be reached meanwhile does not end the wait; time does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { OpsError } from '../errors.ts';
import type { Domain, HostEvent } from '../host.ts';

const POLL_MS = 2_000;

export interface WaitOn {
  read(uuid: string): Promise<Domain | null>;
  watch(listener: (event: HostEvent) => void): { stop(): void };
}

/** Throws `OpsError` 'timed-out' or 'cancelled'. Changes nothing. */
export async function waitForDomain(
  on: WaitOn,
  uuid: string,
  until: (domain: Domain | null) => boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Domain | null> {
  const over = startLimits(uuid, timeoutMs, signal);
  let woken = Promise.withResolvers<void>();
  const watching = on.watch((event) => {
    if (concerns(event, uuid)) woken.resolve();
  });
  try {
    for (;;) {
      over.check();
      woken = Promise.withResolvers();
      const seen = await Promise.race([look(on, uuid), over.promise]);
      if (seen?.kind === 'seen' && until(seen.domain)) return seen.domain;
      over.still = seen === null ? 'not answered' : seen.kind === 'seen' ? (seen.domain?.state ?? 'gone') : seen.reason;
      await pause(woken.promise, over.promise);
    }
  } finally {
    watching.stop();
    over.stop();
  }
}

interface Limits {
  /** Resolves with null when time is over or the wait is cancelled. */
  promise: Promise<null>;
  /** What was seen last, for the message. */
  still: string;
  /** Throws when it is over. */
  check(): void;
  stop(): void;
}

function startLimits(uuid: string, timeoutMs: number, signal: AbortSignal): Limits {
  const { promise, resolve } = Promise.withResolvers<null>();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    resolve(null);
  }, timeoutMs);
  const abort = () => resolve(null);
  signal.addEventListener('abort', abort);
  return {
    promise,
    still: 'not seen',
    check() {
      if (signal.aborted) throw new OpsError('cancelled', `waiting for domain ${uuid}: cancelled`);
      if (timedOut) throw new OpsError('timed-out', `waiting ${timeoutMs} ms for domain ${uuid}: still ${this.still}`);
    },
    stop: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

function concerns(event: HostEvent, uuid: string): boolean {
  switch (event.kind) {
    case 'lifecycle':
      return event.event.uuid === uuid;
    case 'changed':
      return event.uuid === uuid;
    case 'connected':
      return true;
    case 'lost':
      return false;
  }
}

type Look = { kind: 'seen'; domain: Domain | null } | { kind: 'away'; reason: string };

async function look(on: WaitOn, uuid: string): Promise<Look> {
  try {
    return { kind: 'seen', domain: await on.read(uuid) };
  } catch (error) {
    if (!(error instanceof OpsError) || !awayCodes.includes(error.code)) throw error;
    return { kind: 'away', reason: error.message };
  }
}

const awayCodes: readonly string[] = ['unreachable', 'connection-lost', 'timed-out'];

async function pause(woken: Promise<void>, over: Promise<null>): Promise<void> {
  const stop = new AbortController();
  const poll = delay(POLL_MS, null, { signal: stop.signal }).catch(() => null);
  await Promise.race([woken, over, poll]);
  stop.abort();
}
