/**
 * Processes as Linux shows them in /proc. A process is known by pid and start time, within one boot: pids are used
 * again. Source: proc(5).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { hasCode, type ProcessIdentity } from './run-dir.ts';

const gone = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Whether that very process runs. One that has ended and whose parent has not asked yet (a zombie) does not. */
export function isAlive({ pid, start }: ProcessIdentity, boot: string): boolean {
  if (boot !== bootId()) return false;
  // After the name, which may hold blanks and brackets: the state is field 3, the start time field 22.
  const fields = readProc(pid, 'stat')?.split(') ').at(-1)?.split(' ');
  return fields !== undefined && fields[0] !== 'Z' && fields[0] !== 'X' && Number(fields[19]) === start;
}

/** Living processes that were started with this `NAME=value`, wherever in the process tree they are now. */
export function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readProc(pid, 'environ')?.split('\0').includes(variable) ?? false);
}

/** Says nothing about one that is gone or not ours. */
export function signalAll(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if (!gone.some((code) => hasCode(error, code))) throw error;
    }
  }
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    if (gone.some((code) => hasCode(error, code))) return null;
    throw error;
  }
}
