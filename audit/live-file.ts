/**
 * `audit.log` as the writer holds it. Everything up to `size()` is durable; what a failed write left behind it can be cut
 * off. The file must stay the one that the directory names: what is written to a deleted file is on no disk.
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
  /** Resolves when the bytes are durable and the file is still in its place. */
  append(bytes: Buffer): Promise<void>;
  /** Bytes that are durable. */
  size(): number;
  /** Cuts off what is not durable. */
  truncateBack(): void;
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
  syncDirectory(directory);

  const check = () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new Error(`${path} was removed`);
    if (found.ino !== ino || found.dev !== dev) throw new Error(`${path} was replaced by another file`);
    if (found.size < durable) throw new Error(`${path} was shortened by somebody else`);
  };

  return {
    append: async (bytes) => {
      for (let done = 0; done < bytes.length; ) done += (await writeTo(fd, bytes, done)).bytesWritten;
      await syncData(fd);
      check();
      durable += bytes.length;
    },
    size: () => durable,
    truncateBack: () => {
      check();
      ftruncateSync(fd, durable);
      fdatasyncSync(fd);
    },
    check,
    close: () => closeSync(fd),
  };
}
