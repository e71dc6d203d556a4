/**
 * The audit log as Drover uses it: one writer process, group commit (what arrives while a batch is being synced is the
 * next batch), a heartbeat of signed checkpoints, and a status that recovers by itself.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { type EncodedEntry, encodeEntry } from './line.ts';
import { takeWriterLock } from './lock.ts';
import type { Expected } from './loss.ts';
import { findOrigin } from './origin.ts';
import { type AuditLog, type AuditStatus, AuditUnavailable } from './record.ts';
import { SEAL_RECORDS, SEAL_SECONDS } from './seal.ts';
import { MAX_BATCH_BYTES } from './tail.ts';
import { openWriter, reasonOf, type Writer, type WriterOptions } from './writer.ts';

export interface AuditLogOptions {
  /** Made with mode 0700 when it does not exist. */
  directory: string;
  /** A file of this size is rotated; fractions are allowed. */
  maxLogFileMiB?: number | undefined;
  /** Can only be tightened: verify holds every log to the defaults. */
  checkpointEvery?: { records: number; seconds: number } | undefined;
  /** ms since the epoch. */
  now?: (() => number) | undefined;
  /** Space held back for the last record on a full disk; 0: none. */
  ballastKiB?: number | undefined;
  /** What is remembered elsewhere of this log; a start that finds less is refused. Nothing, as by default, expects nothing. */
  expected?: Expected | null | undefined;
  /** Is told about suspension, recovery and what a start has found. */
  warn: (message: string) => void;
}

/** A line has at most 8,000 bytes, plus the checkpoints that a batch needs. */
const MAX_BATCH_RECORDS = Math.floor(MAX_BATCH_BYTES / 8000);
const PROBE_MS = 1000;

interface Waiting {
  entry: EncodedEntry;
  resolve: (done: { serial: number }) => void;
  reject: (error: unknown) => void;
}

/**
 * Throws `AuditUnavailable` when another process writes to the directory, or when what is there cannot be continued. A
 * full disk is no reason: then the log begins suspended.
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { directory } = options;
  prepareDirectory(directory);
  const lock = takeWriterLock(directory);
  try {
    const writer = await openWriter(writerOptions(options));
    const heartbeatMs = writerOptions(options).sealSeconds * 1000;
    return createLog(writer, heartbeatMs, () => {
      writer.close();
      lock.release();
    });
  } catch (error) {
    lock.release();
    throw new AuditUnavailable(`opening the audit log in ${directory}: ${reasonOf(error)}`);
  }
}

function createLog(writer: Writer, heartbeatMs: number, release: () => void): AuditLog {
  const origin = findOrigin();
  const inTurn = createTurns();
  let queue: Waiting[] = [];
  let pumping = false;
  let closed = false;
  let judged = { atMs: performance.now(), status: Promise.resolve(writer.status()) };

  const status = (): Promise<AuditStatus> => {
    if (performance.now() - judged.atMs >= PROBE_MS && !closed) {
      judged = { atMs: performance.now(), status: inTurn(() => writer.probe()) };
    }
    return judged.status.then(() => writer.status());
  };

  const pump = async () => {
    if (pumping) return;
    pumping = true;
    while (queue.length > 0) {
      await nextTurnOfLoop(); // callers that the last batch answered get into the next one
      const batch = queue.slice(0, MAX_BATCH_RECORDS);
      queue = queue.slice(MAX_BATCH_RECORDS);
      await inTurn(() => commitBatch(writer, batch));
    }
    pumping = false;
  };

  const beat = () => void status().then(() => inTurn(() => (closed ? Promise.resolve() : writer.seal())));
  const heartbeat = setInterval(beat, heartbeatMs);
  heartbeat.unref();

  return {
    append: async (entry) => {
      if (closed) throw new AuditUnavailable('writing the audit record: the log is closed');
      const encoded = encodeEntry(entry, origin);
      if (writer.status().kind === 'suspended') await status();
      return new Promise((resolve, reject) => {
        queue.push({ entry: encoded, resolve, reject });
        void pump();
      });
    },
    status,
    head: () => ({ serial: writer.position().serial, chain: writer.position().chain.toString('base64url') }),
    close: async () => {
      if (closed) return;
      closed = true;
      clearInterval(heartbeat);
      while (queue.length > 0 || pumping) await nextTurnOfLoop();
      await inTurn(() => writer.seal());
      release();
    },
  };
}

async function commitBatch(writer: Writer, batch: readonly Waiting[]): Promise<void> {
  try {
    const serials = await writer.commit(batch.map(({ entry }) => entry));
    for (const [index, serial] of serials.entries()) batch[index]?.resolve(serial);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

/** Runs one thing after the other. */
function createTurns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const mine = last.then(run);
    last = mine.catch(() => undefined);
    return mine;
  };
}

function nextTurnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function prepareDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
  } catch (error) {
    throw new AuditUnavailable(`making the audit directory ${directory}: ${reasonOf(error)}`);
  }
}

function writerOptions(options: AuditLogOptions): WriterOptions {
  const {
    directory,
    maxLogFileMiB = 8,
    checkpointEvery,
    now = Date.now,
    ballastKiB = 64,
    expected = null,
    warn,
  } = options;
  return {
    directory,
    origin: findOrigin(),
    maxBytes: maxLogFileMiB * 1024 * 1024,
    sealRecords: Math.min(checkpointEvery?.records ?? SEAL_RECORDS, SEAL_RECORDS),
    sealSeconds: Math.min(checkpointEvery?.seconds ?? SEAL_SECONDS, SEAL_SECONDS),
    ballastKiB,
    expected,
    now,
    warn,
  };
}
