/**
 * Notices at a start that the log, or its end, is gone. The log itself cannot tell: an empty directory looks like a first
 * start. So somebody else remembers what was durable, and a start that finds less is refused until the folder is restored
 * or an operator has accepted the loss in writing, which is used up by one start and goes on record.
 */
import { closeSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from './files.ts';
import { parseHead, splitTokens } from './parse.ts';
import type { AuditEntry } from './record.ts';
import { fingerprintOf, ownEntry } from './seal.ts';

/** What is remembered of a log outside its directory. */
export interface Expected {
  /** Public key 0, `ed25519:…`. */
  pin: string;
  /** Highest serial known to be durable. */
  serial: number;
}

/** The first record, which names key 0, is shorter. */
const FIRST_LINE_BYTES = 8192;

/** Beside the audit directory, not in it: restoring the one must not bring or take the other. */
export function acceptanceFile(directory: string): string {
  return `${directory}-loss-accepted`;
}

/** Public key 0 as the log's first record names it; null: there is no such record here. */
export function readPin(directory: string): string | null {
  const [oldest] = listFiles(directory);
  if (oldest === undefined) return null;
  const [line = ''] = readStart(join(directory, oldest)).split('\n');
  const head = parseHead(line);
  if (typeof head === 'string' || head.serial !== 1) return null;
  return new Map(splitTokens(head.text)).get('pub') ?? null;
}

/** What is missing of what was expected; null: nothing. `serial` is that of the last record found. */
export function whatIsLost(directory: string, serial: number, expected: Expected): string | null {
  const known = `records through ${expected.serial} of the log with key ${fingerprintOf(expected.pin)} were durable`;
  if (listFiles(directory).length === 0) return `there is no log, but ${known}`;
  const pin = readPin(directory);
  if (pin !== null && pin !== expected.pin) return `this is another log, with key ${fingerprintOf(pin)}, but ${known}`;
  return serial < expected.serial ? `the log ends at record ${serial}, but ${known}` : null;
}

/** The record of a loss that an operator has accepted. Throws, with the ways out, when nobody has. */
export function acceptLoss(directory: string, lost: string): AuditEntry {
  const file = acceptanceFile(directory);
  const reason = readReason(file);
  if (reason === '') {
    throw new Error(
      `${lost}. Put its files back into ${directory} and start again; ` +
        `if it is lost for good, an operator writes the reason into ${file}, which one start uses up`,
    );
  }
  const fields = [
    ['op', 'log-lost'],
    ['problem', lost],
    ['reason', reason],
  ] as const;
  return { ...ownEntry('ANOM_RBAC_INTEGRITY_FAIL', 'failed'), fields };
}

/** An acceptance counts for one start, whether that needed it or not. */
export function useUpAcceptance(directory: string): void {
  rmSync(acceptanceFile(directory), { force: true });
}

function readReason(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function readStart(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(FIRST_LINE_BYTES);
    return buffer.toString('latin1', 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}
