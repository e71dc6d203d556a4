/**
 * Brings an audit directory into a state that can be written on: after a first start, a clean stop, a crash in a batch or
 * in a rotation, or a disk that came back. Says what must go on record about it.
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Position } from './draft.ts';
import { closeHoles, LIVE_FILE, listFiles, missingNumber, syncDirectory } from './files.ts';
import { createKeystore, type Keystore, openKeystore } from './keystore.ts';
import { acceptLoss, type Expected, whatIsLost } from './loss.ts';
import type { AuditEntry } from './record.ts';
import { epochOf, ownEntry } from './seal.ts';
import { EMPTY, judgeRest, type Rest, readTail, type Tail } from './tail.ts';

export interface Opened {
  position: Position;
  keys: Keystore;
  /** To be written first. */
  entries: AuditEntry[];
  /** For the person who runs Drover. */
  warnings: string[];
}

/**
 * The log at start. Throws when the log cannot be read, when its key is missing, or when it is less than `expected` and
 * nobody has accepted that: then before a file is changed, since a new log destroys the key of the old one.
 */
export function openDirectory(directory: string, nowMs: number, expected: Expected | null): Opened {
  const tail = readTail(directory);
  const keys = tail.fingerprint === null ? null : openKeystore(directory, tail.fingerprint);
  const rest: Rest = keys === null ? { kind: 'none' } : judgeRest(tail, keys.current().pub);
  const end = rest.kind === 'tampered' ? rest.position.serial : tail.position.serial;
  const lost = expected === null ? null : whatIsLost(directory, end, expected);
  const entries = lost === null ? [] : [acceptLoss(directory, lost)];
  const warnings = lost === null ? [] : [`audit log: ${lost}; an operator has accepted the loss`];
  closeRotation(directory);
  const opened = keys === null ? openKeyless(directory, tail, nowMs) : goOn(directory, tail, keys, rest);
  return { ...opened, entries: [...opened.entries, ...entries], warnings: [...warnings, ...opened.warnings] };
}

function goOn(directory: string, tail: Tail, keys: Keystore, rest: Rest): Opened {
  const entries = tail.liveBytes === 0 || tail.liveBytes === null ? [rotatedEntry(tail.position)] : [];
  switch (rest.kind) {
    case 'none':
      return { position: tail.position, keys, entries, warnings: [] };
    case 'torn': {
      const torn = setAside(directory, tail);
      return { position: tail.position, keys, entries: [...entries, torn.entry], warnings: [torn.warning] };
    }
    case 'tampered': {
      const problem = `the chain of ${LIVE_FILE} breaks after serial ${tail.position.serial}`;
      return {
        position: rest.position,
        keys,
        entries: [tamperedEntry(problem), ...cutHalfLine(directory, tail)],
        warnings: [`audit log: ${problem}, in records that were durable; run drover audit verify`],
      };
    }
  }
}

/** A log that goes on after a rotation could not be finished. Throws unless it ends exactly at `position`. */
export function reopenDirectory(directory: string, position: Position): AuditEntry[] {
  closeRotation(directory);
  const tail = readTail(directory);
  if (tail.position.serial !== position.serial || !tail.position.chain.equals(position.chain)) {
    throw new Error(`the newest record in ${directory} is not the one that was written last`);
  }
  return tail.liveBytes === 0 || tail.liveBytes === null ? [rotatedEntry(position)] : [];
}

/** First record of a file after the first. */
export function rotatedEntry({ serial, chain }: Position): AuditEntry {
  const fields = [
    ['op', 'log-rotate'],
    ['prev-serial', serial],
    ['prev-head', chain.toString('base64url')],
  ] as const;
  return { ...ownEntry('USYS_CONFIG', 'success'), fields };
}

function openNew(directory: string, nowMs: number): Opened {
  return { position: EMPTY, keys: createKeystore(directory, epochOf(nowMs)), entries: [], warnings: [] };
}

/** A first start, or one after it that died before its first record was whole. */
function openKeyless(directory: string, tail: Tail, nowMs: number): Opened {
  if (tail.position.serial > 0 || listFiles(directory).length > 1) {
    throw new Error(`${directory} holds a log that names no signing key`);
  }
  const torn = tail.rest.length === 0 ? null : setAside(directory, tail);
  const opened = openNew(directory, nowMs);
  if (torn === null) return opened;
  return { ...opened, entries: [torn.entry], warnings: [torn.warning] };
}

function closeRotation(directory: string): void {
  if (missingNumber(directory) !== null) closeHoles(directory);
}

/** Keeps the bytes of a batch that nobody was told is durable, and takes them out of the log. */
function setAside(directory: string, { rest, position, liveBytes }: Tail): { entry: AuditEntry; warning: string } {
  const digest = createHash('sha256').update(rest).digest('hex');
  const name = `torn-${position.serial + 1}-${digest.slice(0, 16)}`;
  rmSync(join(directory, name), { force: true }); // the same bytes, from a start that a crash cut short
  writeFileSync(join(directory, name), rest, { mode: 0o400, flush: true });
  cutLive(directory, liveBytes ?? 0);
  const fields = [
    ['op', 'log-recovered'],
    ['torn-bytes', rest.length],
    ['torn-sha256', `sha256:${digest}`],
    ['file', name],
  ] as const;
  return {
    entry: { ...ownEntry('USYS_CONFIG', 'success'), fields },
    warning: `audit log: ${rest.length} bytes of a batch that a crash cut short were moved to ${name}`,
  };
}

/** After tampering nothing is taken away but half a line at the end, which would swallow the next record. */
function cutHalfLine(directory: string, tail: Tail): AuditEntry[] {
  const whole = tail.rest.lastIndexOf(0x0a) + 1;
  if (whole === tail.rest.length) return [];
  return [
    setAside(directory, { ...tail, rest: tail.rest.subarray(whole), liveBytes: (tail.liveBytes ?? 0) + whole }).entry,
  ];
}

function cutLive(directory: string, bytes: number): void {
  const path = join(directory, LIVE_FILE);
  truncateSync(path, bytes);
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  syncDirectory(directory);
}

function tamperedEntry(problem: string): AuditEntry {
  const fields = [
    ['op', 'log-verify'],
    ['problem', problem],
  ] as const;
  return { ...ownEntry('ANOM_RBAC_INTEGRITY_FAIL', 'failed'), fields };
}
