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
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  let woken = Promise.withResolvers<void>();
  const watching = on.watch((event) => {
    if (concerns(event, uuid)) woken.resolve();
  });
  let last = 'not seen';
  try {
    for (;;) {
      if (signal.aborted) throw new OpsError('cancelled', `waiting for domain ${uuid}: cancelled`);
      if (timeout.aborted) throw new OpsError('timed-out', `waiting ${timeoutMs} ms for domain ${uuid}: still ${last}`);
      woken = Promise.withResolvers<void>();
      const seen = await readUnlessAway(on, uuid, either);
      if (seen.kind === 'seen' && until(seen.domain)) return seen.domain;
      last = seen.kind === 'seen' ? (seen.domain?.state ?? 'not defined') : seen.reason;
      await pause(woken.promise, either);
    }
  } finally {
    watching.stop();
  }
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

async function readUnlessAway(on: WaitOn, uuid: string, signal: AbortSignal): Promise<Look> {
  const ended = new Promise<Look>((resolve) => {
    signal.addEventListener('abort', () => resolve({ kind: 'away', reason: 'not answered' }), { once: true });
  });
  return Promise.race([ended, look(on, uuid)]);
}

async function look(on: WaitOn, uuid: string): Promise<Look> {
  try {
    return { kind: 'seen', domain: await on.read(uuid) };
  } catch (error) {
    if (!(error instanceof OpsError) || !awayCodes.includes(error.code)) throw error;
    return { kind: 'away', reason: error.message };
  }
}

const awayCodes: readonly string[] = ['unreachable', 'connection-lost', 'timed-out'];

async function pause(woken: Promise<void>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const poll = delay(POLL_MS, null, { signal: AbortSignal.any([signal, stop.signal]) }).catch(() => null);
  await Promise.race([woken, poll]);
  stop.abort();
}
