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
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
    chmodSync(join(directory, 'lock'), 0o600);
    // With its journal in memory, SQLite writes nothing to a file that is only locked.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    const held = database;
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    const reason = isBusy(error) ? 'another process writes to it' : `its lock cannot be taken: ${String(error)}`;
    throw new AuditUnavailable(`opening the audit log in ${directory}: ${reason}`);
  }
}

/** SQLITE_BUSY. Source: https://sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
