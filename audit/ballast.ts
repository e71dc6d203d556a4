/** Space held back, so that a full disk still takes the record which says that the log is suspended. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

export interface Ballast {
  /** Makes sure that the space is held. Throws when the disk does not have it. */
  hold(): void;
  /** Writes one byte over another, durably: some file systems turn read-only without saying so before a write. */
  touch(): Promise<void>;
  free(): void;
}

export function createBallast(directory: string, kib: number): Ballast {
  const path = join(directory, 'ballast');
  const bytes = Math.max(1, kib * 1024);
  return {
    hold: () => {
      if (statSync(path, { throwIfNoEntry: false })?.size === bytes) return;
      try {
        fill(path, bytes);
      } catch (error) {
        rmSync(path, { force: true });
        throw error;
      }
    },
    touch: async () => {
      const file = await open(path, 'r+');
      try {
        await file.write('x', 0);
        await file.datasync();
      } finally {
        await file.close();
      }
    },
    free: () => rmSync(path, { force: true }),
  };
}

/** Random bytes: a file system that compresses would hold nothing for zeros. */
function fill(path: string, bytes: number): void {
  const content = randomBytes(bytes);
  const fd = openSync(path, 'w', 0o600);
  try {
    for (let done = 0; done < bytes; ) done += writeSync(fd, content, done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
