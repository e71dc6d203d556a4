/** Makes batches durable in `audit.log`, hands over to the next day's key, rotates. Every failure is thrown. */
import { createDraft, type Draft, type Position, stampTime } from './draft.ts';
import { rotateFiles } from './files.ts';
import type { Origin } from './line.ts';
import { type LiveFile, openLiveFile } from './live-file.ts';
import { type Opened, reopenDirectory, rotatedEntry } from './opening.ts';
import type { AuditEntry } from './record.ts';
import { creationEntry, epochOf } from './seal.ts';

export interface BatchOptions {
  directory: string;
  origin: Origin;
  /** A file that has reached this size is rotated. */
  maxBytes: number;
  sealRecords: number;
  sealSeconds: number;
  /** ms since the epoch. */
  now: () => number;
}

export interface Batches {
  /** Writes what `fill` puts into the draft. After a failure the log stands where it stood. */
  write<T>(fill: (draft: Draft) => T): Promise<T>;
  /** Writes entries about the log itself, after those that an earlier failure left owing, and seals them at once. */
  writeOwn(entries: readonly AuditEntry[]): Promise<void>;
  rotateIfFull(): Promise<void>;
  /** Makes the file writable again after a failure, also one in the middle of a rotation. */
  repair(): void;
  /** Throws when the file is not in its place any more. */
  check(): void;
  position(): Position;
  close(): void;
}

export function createBatches(opened: Opened, startMs: number, options: BatchOptions): Batches {
  const { directory } = options;
  const { keys } = opened;
  let position = opened.position;
  let owed = opened.entries;
  let live: LiveFile | null = openLiveFile(directory);

  const write = async <T>(fill: (draft: Draft) => T): Promise<T> => {
    if (live === null) throw new Error('audit.log is not open since a rotation');
    // Key 0 was made for the day of the start, and its record must be of that day.
    const nowMs = position.serial === 0 ? startMs : Math.floor(options.now());
    const next = keys.prepare(epochOf(stampTime(position, nowMs)));
    const draft = createDraft(position, { ...options, key: keys.current(), nowMs });
    if (position.serial === 0) draft.addOwn(creationEntry(keys.current(), nowMs));
    if (next !== null) draft.handOver(next);
    const filled = fill(draft);
    await live.append(draft.bytes());
    position = draft.position();
    if (next !== null) keys.promote();
    return filled;
  };

  const writeOwn = async (entries: readonly AuditEntry[]) => {
    await write((draft) => {
      for (const entry of [...owed, ...entries]) draft.addOwn(entry);
      draft.seal();
    });
    owed = [];
  };

  return {
    write,
    writeOwn,
    rotateIfFull: async () => {
      if (live === null || live.size() < options.maxBytes) return;
      if (position.sealSerial !== position.serial) await write((draft) => draft.seal());
      live.close();
      live = null;
      rotateFiles(directory);
      live = openLiveFile(directory);
      owed = [rotatedEntry(position)];
      await writeOwn([]);
    },
    repair: () => {
      if (live === null) {
        owed = reopenDirectory(directory, position);
        live = openLiveFile(directory);
      }
      live.takeBack();
    },
    check: () => live?.check(),
    position: () => position,
    close: () => live?.close(),
  };
}
