/** Who this process is to the audit system: found once, the same in every record. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Origin } from './line.ts';

export function findOrigin(): Origin {
  const uid = process.getuid?.() ?? 0;
  return { pid: process.pid, uid, uidName: findName(uid), subject: findSubject() };
}

function findName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid); // an account without a passwd entry, as in many containers
  }
}

/** AppArmor adds a mode after a space (`drover (enforce)`), which the audit line cannot hold. */
function findSubject(): string {
  try {
    const label = readFileSync('/proc/self/attr/current', 'latin1').split(/[\s\0]/)[0] ?? '';
    return /^[A-Za-z0-9._:/@+,%~-]+$/.test(label) ? label : '';
  } catch {
    return ''; // the kernel has no security module
  }
}
