/**
 * The files of a log: `audit.log` and, older and older, `audit.log.1`, `.2` … without holes, since `ausearch -if DIR`
 * stops at the first missing number. Rotation renames; nothing is ever deleted or copied.
 */
import { chmodSync, closeSync, fsyncSync, openSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

export const LIVE_FILE = 'audit.log';

const NUMBERED = /^audit\.log\.([1-9][0-9]*)$/;

/** Names of the files that exist, oldest first. */
export function listFiles(directory: string): string[] {
  const names = readdirSync(directory);
  const rotated = rotatedNumbers(names).map((number) => `${LIVE_FILE}.${number}`);
  return names.includes(LIVE_FILE) ? [...rotated, LIVE_FILE] : rotated;
}

/** The number below the highest that no file has; null: no holes. */
export function missingNumber(directory: string): number | null {
  const numbers = rotatedNumbers(readdirSync(directory)).reverse();
  const at = numbers.findIndex((number, index) => number !== index + 1);
  return at === -1 ? null : at + 1;
}

/** Makes `audit.log` the newest of the rotated files. A crash in between leaves a hole, which `closeHoles` closes. */
export function rotateFiles(directory: string): void {
  for (const number of rotatedNumbers(readdirSync(directory))) {
    renameSync(join(directory, `${LIVE_FILE}.${number}`), join(directory, `${LIVE_FILE}.${number + 1}`));
  }
  renameSync(join(directory, LIVE_FILE), join(directory, `${LIVE_FILE}.1`));
  chmodSync(join(directory, `${LIVE_FILE}.1`), 0o400);
  syncDirectory(directory);
}

/** Renumbers after a rotation that a crash cut short. The order stays. */
export function closeHoles(directory: string): void {
  const numbers = rotatedNumbers(readdirSync(directory)).reverse();
  for (const [index, number] of numbers.entries()) {
    if (number !== index + 1) {
      renameSync(join(directory, `${LIVE_FILE}.${number}`), join(directory, `${LIVE_FILE}.${index + 1}`));
    }
  }
  syncDirectory(directory);
}

/** Makes new and renamed entries of a directory durable. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Highest (oldest) first. */
function rotatedNumbers(names: readonly string[]): number[] {
  return names
    .flatMap((name) => NUMBERED.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}
