/**
 * Writes batches and knows whether that works. `writing` until a write, a sync or a look at the file fails; then
 * `suspended`, with what was not durable cut off, until a probe has written a record again. Its calls must not overlap:
 * `log.ts` sees to that.
 */
import { type Ballast, createBallast } from './ballast.ts';
import { createDraft, type Draft, type Position, stampTime } from './draft.ts';
import { rotateFiles } from './files.ts';
import type { EncodedEntry, Origin } from './line.ts';
import { type LiveFile, openLiveFile } from './live-file.ts';
import { type Opened, openDirectory, reopenDirectory, rotatedEntry } from './opening.ts';
import { type AuditEntry, type AuditStatus, AuditUnavailable } from './record.ts';
import { creationEntry, epochOf, ownEntry } from './seal.ts';

export interface WriterOptions {
  directory: string;
  origin: Origin;
  /** A file that has reached this size is rotated. */
  maxBytes: number;
  sealRecords: number;
  sealSeconds: number;
  ballastKiB: number;
  now: () => number;
  warn: (message: string) => void;
}

export interface Writer {
  /** Makes the entries durable, in order. Throws `AuditUnavailable` when that did not happen. */
  commit(entries: readonly EncodedEntry[]): Promise<{ serial: number }[]>;
  /** Writes a checkpoint. Does not throw: a log that cannot be written becomes suspended. */
  seal(): Promise<void>;
  /** Looks afresh: at the file while writing, by writing while suspended. */
  probe(): Promise<AuditStatus>;
  status(): AuditStatus;
  position(): Position;
  close(): void;
}

/** Throws when the directory holds no log that can be continued; a disk that is full only suspends. */
export async function openWriter(options: WriterOptions): Promise<Writer> {
  const { directory, warn } = options;
  const startMs = Math.floor(options.now());
  const ballast = createBallast(directory, options.ballastKiB);
  const opened = openWithRoom(directory, startMs, ballast);
  let position = opened.position;
  let live: LiveFile | null = openLiveFile(directory);
  let status: AuditStatus = { kind: 'writing' };
  let owed = opened.entries;
  let refused = 0;

  const write = async <T>(fill: (draft: Draft) => T): Promise<T> => {
    if (live === null) throw new Error('audit.log is not open since a rotation');
    // Key 0 was made for the day of the start, and its record must be of that day.
    const nowMs = position.serial === 0 ? startMs : Math.floor(options.now());
    const next = opened.keys.prepare(epochOf(stampTime(position, nowMs)));
    const key = opened.keys.current();
    const draft = createDraft(position, { ...options, key, nowMs });
    if (position.serial === 0) draft.addOwn(creationEntry(key, nowMs));
    if (next !== null) draft.handOver(next);
    const filled = fill(draft);
    await live.append(draft.bytes());
    position = draft.position();
    if (next !== null) opened.keys.promote();
    return filled;
  };

  /** Writes what is owed and an entry about the log itself, sealed at once. */
  const writeOwn = async (...entries: AuditEntry[]) => {
    await write((draft) => {
      for (const entry of [...owed, ...entries]) draft.addOwn(entry);
      draft.seal();
    });
    owed = [];
  };

  const rotate = async () => {
    if (live === null || live.size() < options.maxBytes) return;
    if (position.sealSerial !== position.serial) await write((draft) => draft.seal());
    live.close();
    live = null;
    rotateFiles(directory);
    live = openLiveFile(directory);
    owed = [rotatedEntry(position)];
    await writeOwn();
  };

  const cutBack = () => {
    try {
      live?.truncateBack();
    } catch {
      // The probe cuts again before it writes.
    }
  };

  const suspend = async (error: unknown) => {
    const wasWriting = status.kind === 'writing';
    const reason = reasonOf(error);
    status = { kind: 'suspended', reason };
    cutBack();
    if (!wasWriting) return;
    warn(`audit log suspended, changing actions are refused: ${reason}`);
    try {
      ballast.free();
      await writeOwn(suspendedEntry(reason));
    } catch {
      cutBack();
    }
  };

  const resume = async () => {
    if (live === null) {
      owed = reopenDirectory(directory, position);
      live = openLiveFile(directory);
    }
    live.truncateBack();
    ballast.hold();
    await writeOwn(recoveredEntry(refused));
    refused = 0;
    status = { kind: 'writing' };
    warn('audit log is written again');
  };

  const attempt = async (run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      await suspend(error);
    }
  };

  const look = async () => {
    live?.check();
    await ballast.touch();
  };

  for (const warning of opened.warnings) warn(warning);
  await attempt(async () => {
    ballast.hold();
    await writeOwn();
  });

  return {
    commit: async (entries) => {
      let serials: { serial: number }[] = [];
      if (status.kind === 'writing') {
        await attempt(async () => {
          serials = await write((draft) => entries.map(draft.add));
        });
      }
      if (status.kind === 'suspended') {
        refused += entries.length;
        throw new AuditUnavailable(`writing the audit record: ${status.reason}; nothing was done`);
      }
      await attempt(rotate);
      return serials;
    },
    seal: async () => {
      if (status.kind === 'writing') await attempt(() => write((draft) => draft.seal()));
    },
    probe: async () => {
      await attempt(status.kind === 'writing' ? look : resume);
      return status;
    },
    status: () => status,
    position: () => position,
    close: () => live?.close(),
  };
}

/** A crash on a full disk leaves bytes to set aside, for which the ballast makes room. */
function openWithRoom(directory: string, nowMs: number, ballast: Ballast): Opened {
  try {
    return openDirectory(directory, nowMs);
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC') throw error;
    ballast.free();
    return openDirectory(directory, nowMs);
  }
}

function suspendedEntry(reason: string): AuditEntry {
  const fields = [
    ['op', 'log-suspended'],
    ['reason', reason],
  ] as const;
  return { ...ownEntry('USYS_CONFIG', 'failed'), fields };
}

function recoveredEntry(refused: number): AuditEntry {
  const fields = [
    ['op', 'log-recovered'],
    ['refused-records', refused],
  ] as const;
  return { ...ownEntry('USYS_CONFIG', 'success'), fields };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
