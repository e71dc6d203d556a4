/**
 * Writes batches and knows whether that works. `writing` until a write, a sync or a look at the file fails; then
 * `suspended`, with what was not durable taken back, until a probe has written a record again. Its calls must not overlap:
 * `log.ts` sees to that.
 */
import { type Ballast, createBallast } from './ballast.ts';
import { type BatchOptions, createBatches } from './batches.ts';
import type { Position } from './draft.ts';
import type { EncodedEntry } from './line.ts';
import { type Expected, useUpAcceptance } from './loss.ts';
import { type Opened, openDirectory } from './opening.ts';
import { type AuditEntry, type AuditStatus, AuditUnavailable } from './record.ts';
import { ownEntry } from './seal.ts';

export interface WriterOptions extends BatchOptions {
  expected: Expected | null;
  ballastKiB: number;
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
  const opened = openWithRoom(options, startMs, ballast);
  const batches = createBatches(opened, startMs, options);
  let status: AuditStatus = { kind: 'writing' };
  let refused = 0;

  const attempt = async (run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      await suspend(reasonOf(error));
    }
  };

  const suspend = async (reason: string) => {
    const wasWriting = status.kind === 'writing';
    status = { kind: 'suspended', reason };
    if (!wasWriting) return;
    warn(`audit log suspended, changing actions are refused: ${reason}`);
    ignoreFailure(ballast.free);
    await batches.writeOwn([suspendedEntry(reason)]).catch(() => undefined); // then only the recovery is on record
  };

  const resume = async () => {
    batches.repair();
    ballast.hold();
    await batches.writeOwn([recoveredEntry(refused)]);
    refused = 0;
    status = { kind: 'writing' };
    warn('audit log is written again');
  };

  const look = async () => {
    batches.check();
    await ballast.touch();
  };

  for (const warning of opened.warnings) warn(warning);
  await attempt(async () => {
    ballast.hold();
    await batches.writeOwn([]);
    useUpAcceptance(directory);
  });

  return {
    commit: async (entries) => {
      let serials: { serial: number }[] = [];
      if (status.kind === 'writing') {
        await attempt(async () => {
          serials = await batches.write((draft) => entries.map(draft.add));
        });
      }
      if (status.kind === 'suspended') {
        refused += entries.length;
        throw new AuditUnavailable(`writing the audit record: ${status.reason}; nothing was done`);
      }
      await attempt(batches.rotateIfFull);
      return serials;
    },
    seal: async () => {
      if (status.kind === 'writing') await attempt(() => batches.write((draft) => draft.seal()));
    },
    probe: async () => {
      await attempt(status.kind === 'writing' ? look : resume);
      return status;
    },
    status: () => status,
    position: batches.position,
    close: batches.close,
  };
}

/** Without its space the ballast is of no use, and the probe says so. */
function ignoreFailure(run: () => void): void {
  try {
    run();
  } catch {}
}

/** A crash on a full disk leaves bytes to set aside, for which the ballast makes room. */
function openWithRoom({ directory, expected }: WriterOptions, nowMs: number, ballast: Ballast): Opened {
  try {
    return openDirectory(directory, nowMs, expected);
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC') throw error;
    ballast.free();
    return openDirectory(directory, nowMs, expected);
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
