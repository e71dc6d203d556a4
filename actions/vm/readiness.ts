/** Waits for a sign that a new guest has booted: its agent answers, or its serial console says READY. */
import { OpsError } from '../errors.ts';
import type { Domain, Host } from '../host.ts';
import { cleanLines } from './serial-text.ts';

export type Sign =
  | { kind: 'agent' }
  | { kind: 'serial'; line: string }
  | { kind: 'off'; state: string }
  | { kind: 'silent'; lastLine: string };

/** How often the serial log is looked at; the agent and a stop are noticed by their events. */
const LOOK_EVERY_MS = 500;
const TAIL_BYTES = 4096;
const READY_LINE = /\bREADY\b/;

export async function waitForSign(
  host: Host,
  vm: string,
  uuid: string,
  seconds: number,
  signal: AbortSignal,
): Promise<Sign> {
  const looks = Math.max(1, Math.ceil((seconds * 1000) / LOOK_EVERY_MS));
  for (let look = 0; look < looks; look++) {
    const sign = readDomain(await waitForEvent(host, uuid, signal)) ?? (await readSerial(host, vm));
    if (sign !== null) return sign;
  }
  return { kind: 'silent', lastLine: lastLine(await tail(host, vm)) };
}

/** What the domain looks like when something happened; undefined: nothing did. */
async function waitForEvent(host: Host, uuid: string, signal: AbortSignal): Promise<Domain | null | undefined> {
  try {
    return await host.waitFor(uuid, (domain) => readDomain(domain) !== null, LOOK_EVERY_MS, signal);
  } catch (error) {
    if (error instanceof OpsError && error.code === 'timed-out') return undefined;
    throw error;
  }
}

function readDomain(domain: Domain | null | undefined): Sign | null {
  if (domain === undefined) return null;
  if (domain === null) return { kind: 'off', state: 'gone' };
  if (domain.state === 'shutoff' || domain.state === 'crashed') return { kind: 'off', state: domain.state };
  return domain.agent === 'connected' ? { kind: 'agent' } : null;
}

async function readSerial(host: Host, vm: string): Promise<Sign | null> {
  const line = cleanLines(await tail(host, vm)).findLast((text) => READY_LINE.test(text));
  return line === undefined ? null : { kind: 'serial', line };
}

/** A log that cannot be read (a host elsewhere, no right to it) is no sign, and no failure of the VM. */
async function tail(host: Host, vm: string): Promise<string> {
  const domain = await host.domain(vm);
  if (domain === null || domain.serialLog === null) return '';
  try {
    return await host.serialTail(domain, TAIL_BYTES);
  } catch (error) {
    if (error instanceof OpsError) return '';
    throw error;
  }
}

function lastLine(text: string): string {
  return cleanLines(text).at(-1) ?? '';
}
