/**
 * Reads the lines of a log in either direction, a chunk at a time. The files are opened before the first is read, so a
 * rotation meanwhile moves names and not what is read. Beside a running writer the last line may be in the making; it is
 * waited for a little, and what then has no line feed is given as `partial`.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LIVE_FILE, listFiles } from './files.ts';

export interface Line {
  file: string;
  /** From 1; null when reading backwards. */
  number: number | null;
  /** Without its line feed. */
  bytes: Buffer;
  /** The end of the file came before a line feed. */
  partial: boolean;
}

export type Order = 'oldest' | 'newest';

const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/** A writer needs milliseconds from the first byte of a batch to the last. */
const LAST_LINE_WAITS = 10;
const LAST_LINE_WAIT_MS = 20;

interface OpenFile {
  name: string;
  handle: FileHandle;
}

/** Many lines at a time, since a million single steps of an async iteration cost more than the lines. */
export async function* readLines(directory: string, order: Order): AsyncGenerator<Line[]> {
  const files = await openFiles(directory);
  try {
    if (order === 'oldest') for (const file of files) yield* forwards(file);
    else for (const file of files.reverse()) yield* backwards(file);
  } finally {
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

async function openFiles(directory: string): Promise<OpenFile[]> {
  const before = listFiles(directory);
  const files: OpenFile[] = [];
  try {
    for (const name of before) files.push({ name, handle: await open(join(directory, name), 'r') });
  } catch (error) {
    await Promise.all(files.map(({ handle }) => handle.close()));
    throw error;
  }
  if (listFiles(directory).length === before.length) return files;
  await Promise.all(files.map(({ handle }) => handle.close()));
  return openFiles(directory); // rotated while the files were opened
}

async function* forwards({ name, handle }: OpenFile): AsyncGenerator<Line[]> {
  let held: Buffer = Buffer.alloc(0);
  let number = 0;
  let waits = name === LIVE_FILE ? LAST_LINE_WAITS : 0;
  for (;;) {
    const chunk = await readChunk(handle, CHUNK_BYTES, null);
    if (chunk.length === 0) {
      if (held.length === 0 || waits === 0) break;
      waits -= 1;
      await setTimeout(LAST_LINE_WAIT_MS);
      continue;
    }
    const lines: Line[] = [];
    const content = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let start = 0;
    for (let feed = content.indexOf(LINE_FEED); feed !== -1; feed = content.indexOf(LINE_FEED, start)) {
      number += 1;
      lines.push({ file: name, number, bytes: content.subarray(start, feed), partial: false });
      start = feed + 1;
    }
    held = content.subarray(start);
    yield lines;
  }
  if (held.length > 0) yield [{ file: name, number: number + 1, bytes: held, partial: true }];
}

async function* backwards({ name, handle }: OpenFile): AsyncGenerator<Line[]> {
  let end = (await handle.stat()).size;
  let held: Buffer = Buffer.alloc(0);
  let partial = true; // until the first line feed is met
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const content = Buffer.concat([await readChunk(handle, end - start, start), held]);
    const lines: Line[] = [];
    let stop = content.length;
    for (let feed = content.lastIndexOf(LINE_FEED); feed !== -1; feed = lastFeedBefore(content, feed)) {
      if (!partial || feed + 1 < stop) {
        lines.push({ file: name, number: null, bytes: content.subarray(feed + 1, stop), partial });
      }
      partial = false;
      stop = feed;
    }
    held = content.subarray(0, stop);
    end = start;
    yield lines;
  }
  if (held.length > 0) yield [{ file: name, number: null, bytes: held, partial }];
}

/** `lastIndexOf` with a negative start would count from the end. */
function lastFeedBefore(content: Buffer, feed: number): number {
  return feed === 0 ? -1 : content.lastIndexOf(LINE_FEED, feed - 1);
}

/** Fewer bytes only at the end of the file. A new buffer each time: the lines are views of it. */
async function readChunk(handle: FileHandle, bytes: number, position: number | null): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await handle.read(buffer, done, bytes - done, position === null ? null : position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
