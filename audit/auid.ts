/**
 * Login uids for people who have no account on the host. systemd leaves 0x70000000 to 0x7FFDFFFF unused, and below 2^31
 * no audit tool prints a number as negative. Source: https://systemd.io/UIDS-GIDS/
 */
import type { Actor } from './record.ts';

export const FIRST_AUID = 0x70000000;
const LAST_AUID = 0x7ffdffff;

/** -1 as the audit system writes it: no login uid, no session. */
export const UNSET = 4294967295;

/** The program itself, or a sender who could not be identified. */
export const NOBODY: Actor = { auid: UNSET, name: 'unset' };

/** The login uid of the person with number `n`. A number is given once and never again, also after the person left. */
export function auidOf(n: number): number {
  const auid = FIRST_AUID + n;
  if (!Number.isInteger(n) || n < 1 || auid > LAST_AUID) {
    throw new Error(`numbering a person: ${n} is not between 1 and ${LAST_AUID - FIRST_AUID}`);
  }
  return auid;
}

/** The number behind a login uid; null: a real account of the host, or nobody. */
export function personOf(auid: number): number | null {
  return auid > FIRST_AUID && auid <= LAST_AUID ? auid - FIRST_AUID : null;
}
