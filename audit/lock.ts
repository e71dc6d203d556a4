/**
 * One writer at a time, also across containers that share the directory. Node has no flock; SQLite's exclusive lock is a
 * POSIX record lock on a file, which the kernel drops when the process dies, and needs no free space.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AuditUnavailable } from './record.ts';

export interface WriterLock {
  release(): void;
}

/** Throws `AuditUnavailable` when another log, in this process or another, has the directory. */
export function takeWriterLock(directory: string): WriterLock {
  const database = openLockFile(directory);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new AuditUnavailable(`opening the audit log: another process writes to ${directory} (${String(error)})`);
  }
  return { release: () => database.close() };
}

function openLockFile(directory: string): DatabaseSync {
  try {
    const path = join(directory, 'lock');
    const database = new DatabaseSync(path, { timeout: 0 });
    chmodSync(path, 0o600);
    return database;
  } catch (error) {
    throw new AuditUnavailable(`opening the audit log: ${directory}/lock cannot be opened (${String(error)})`);
  }
}
