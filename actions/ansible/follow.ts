/**
 * Listens to a play from any byte on: also to one that an earlier process of Drover started, or that has ended.
 * Nothing is kept here; whoever stores `nextByte` with what he did loses no event and sees none twice.
 */
import { watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { OpsError } from '../errors.ts';
import { createLineReader, type Followed } from './lines.ts';
import { isOver } from './liveness.ts';
import { hasCode, runFiles } from './run-dir.ts';

const CHUNK_BYTES = 64 * 1024;
/** Looks by itself as well: the end of a killed play is no event of the file system. */
const LOOK_MS = 250;

/**
 * Ends when the play has ended and all was read, or when `signal` aborts. While nobody has begun the play
 * (`playState`: not-started), it waits. Throws `OpsError` 'not-found' where there is no such run directory.
 */
export async function* followPlay(
  runDir: string,
  { fromByte = 0, signal }: { fromByte?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Followed, void> {
  using changes = watchDirectory(runDir);
  const lines = createLineReader(fromByte);
  const { events } = runFiles(runDir);
  let at = fromByte;
  for (;;) {
    // Asked before reading: what was written up to the end is read below.
    const over = isOver(runDir);
    for await (const chunk of readFrom(events, at)) {
      at += chunk.length;
      yield* lines.read(chunk);
      if (signal?.aborted) return;
    }
    if (over) return yield* lines.end();
    if (signal?.aborted) return;
    await changes.next(signal);
  }
}

/** All events so far, from the beginning. */
export async function* readEvents(runDir: string): AsyncGenerator<Followed, void> {
  const lines = createLineReader(0);
  for await (const chunk of readFrom(runFiles(runDir).events, 0)) yield* lines.read(chunk);
}

async function* readFrom(path: string, position: number): AsyncGenerator<Uint8Array> {
  await using file = await openIfThere(path);
  if (file === null) return;
  for (let at = position; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Wakes at the next change since the last call, at `LOOK_MS`, or at once when `signal` aborts. */
function watchDirectory(runDir: string) {
  let changed = true;
  let wake = () => {};
  const watcher = openWatcher(runDir);
  watcher?.on('change', notice).on('error', notice);
  function notice(): void {
    changed = true;
    wake();
  }
  return {
    async next(signal: AbortSignal | undefined): Promise<void> {
      if (!changed) await pause(signal);
      changed = false;
    },
    [Symbol.dispose]: () => watcher?.close(),
  };

  function pause(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, LOOK_MS);
      signal?.addEventListener('abort', done);
      wake = done;
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}

/** null: the system has no watch to spare (inotify(7)); then looking at intervals must do. */
function openWatcher(runDir: string) {
  try {
    return watch(runDir);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new OpsError('not-found', `following the play in ${runDir}: there is none`);
    if (hasCode(error, 'ENOSPC') || hasCode(error, 'EMFILE')) return null;
    throw error;
  }
}
