/** What ansible-playbook printed itself: errors and warnings. Results are in the events, so there is little of it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { hasCode, runFiles } from './run-dir.ts';

const TAIL_BYTES = 64 * 1024;

/** The last 64 KiB, '' when there is none. Secrets are hidden in it; escape sequences are not, see `printable`. */
export function readOutput(runDir: string, stream: 'stdout' | 'stderr'): string {
  const file = openIfThere(runFiles(runDir)[stream]);
  if (file === null) return '';
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, size - buffer.length));
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
