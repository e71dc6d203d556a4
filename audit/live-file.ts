/**
 * `audit.log` as the writer holds it. Everything up to `size()` is durable; what a failed write left behind it is taken
 * back, through the open file and thus wherever the file is by then. The file must stay the one that the directory names:
 * what is written to a deleted file is on no disk, so it is looked for before each write and after it.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  write,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LIVE_FILE, syncDirectory } from './files.ts';

const writeTo = promisify(write);
const syncData = promisify(fdatasync);

export interface LiveFile {
  /**
   * Resolves when the bytes are durable and the file is still in its place. Throws without having written a byte when it
   * is not there, or when an earlier failure could not be taken back.
   */
  append(bytes: Buffer): Promise<void>;
  /** Bytes that are durable. */
  size(): number;
  /** Makes sure that nothing is left of a failed write. Throws when that cannot be done yet. */
  takeBack(): void;
  /** Throws when the file was removed, replaced or shortened. */
  check(): void;
  close(): void;
}

/** Opens the file, or makes it. */
export function openLiveFile(directory: string): LiveFile {
  const path = join(directory, LIVE_FILE);
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  const { ino, dev, size } = fstatSync(fd);
  let durable = size;
  let stray = false;
  syncDirectory(directory);

  const sizeInPlace = (atLeast: number) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new Error(`${path} was removed`);
    if (found.ino !== ino || found.dev !== dev) throw new Error(`${path} was replaced by another file`);
    if (found.size < atLeast) throw new Error(`${path} was shortened by somebody else`);
    return found.size;
  };

  const takeBack = () => {
    if (!stray) return;
    if (fstatSync(fd).size > durable) ftruncateSync(fd, durable);
    fdatasyncSync(fd);
    stray = false;
  };

  const writeDurably = async (bytes: Buffer) => {
    for (let done = 0; done < bytes.length; ) done += (await writeTo(fd, bytes, done)).bytesWritten;
    await syncData(fd);
    return sizeInPlace(durable + bytes.length);
  };

  return {
    append: async (bytes) => {
      takeBack();
      durable = sizeInPlace(durable); // what somebody else wrote is for verify to report, not ours to take away
      stray = true;
      try {
        durable = await writeDurably(bytes);
        stray = false;
      } catch (error) {
        ignoreFailure(takeBack);
        throw error;
      }
    },
    size: () => durable,
    takeBack,
    check: () => void sizeInPlace(durable),
    close: () => closeSync(fd),
  };
}

/** Tried again, and reported, before the next byte is written. */
function ignoreFailure(run: () => void): void {
  try {
    run();
  } catch {}
}
