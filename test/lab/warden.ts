/** Starts the process that clears a lab away, at the latest when this process is gone (see warden.sh). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Warden {
  /** Ends the lab's processes, removes its directory, and returns when that is done. */
  clearAway(): Promise<void>;
}

export function startWarden(dir: string): Warden {
  // A session of its own: Ctrl-C in the terminal must reach the tests, not the warden.
  const child = spawn('bash', [join(import.meta.dirname, 'warden.sh'), dir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(child, 'exit');
  child.unref();
  return {
    clearAway: async () => {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}
