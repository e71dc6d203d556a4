/**
 * The store in one SQLite file: WAL with full synchronisation, so that a committed transaction survives kill -9 and
 * power loss. One process at a time: the exclusive lock is the kernel's and ends with the process.
 * Source: https://sqlite.org/pragma.html#pragma_synchronous, https://sqlite.org/pragma.html#pragma_locking_mode
 */
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { JsonValue } from '../../actions/schema.ts';
import { type Entry, type Store, StoreInUse, type Writes, type Written } from './store.ts';

const Row = z.object({ key: z.string(), value: z.string(), revision: z.number() });
const Counter = z.object({ revision: z.number() });
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO counter VALUES (1, 0);
`;

/** Opens or makes the store at `path`. Throws `StoreInUse` when another process holds it. */
export function openSqliteStore(path: string): Store {
  const db = openExclusively(path);
  const select = db.prepare('SELECT key, value, revision FROM entry WHERE key = ?');
  const upsert = db.prepare(
    'INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision',
  );
  const remove = db.prepare('DELETE FROM entry WHERE key = ?');
  const bump = db.prepare('UPDATE counter SET revision = revision + 1 RETURNING revision');
  const ascending = db.prepare(
    'SELECT key, value, revision FROM entry WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?',
  );
  const descending = db.prepare(
    'SELECT key, value, revision FROM entry WHERE key >= ? AND key < ? AND key < ? ORDER BY key DESC LIMIT ?',
  );
  const watchers = new Set<{ prefix: string; listener: (keys: string[]) => void }>();

  const read = (key: string): Entry | null => {
    const row = select.get(key);
    return row === undefined ? null : toEntry(row);
  };

  function write({ guards, puts, deletes }: Writes): Written {
    const failed = guards.find((guard) => (read(guard.key)?.revision ?? null) !== guard.revision);
    if (failed !== undefined) return { kind: 'conflict', key: failed.key };
    const revision = Counter.parse(bump.get()).revision;
    for (const { key, value } of puts) upsert.run(key, JSON.stringify(value), revision);
    for (const key of deletes) remove.run(key);
    return { kind: 'written', revision };
  }

  return {
    async get(key) {
      return read(key);
    },
    async list(prefix, { after, limit = 1_000_000, reverse = false } = {}) {
      const end = `${prefix}\u{10ffff}`;
      const rows = reverse
        ? descending.all(prefix, end, after ?? end, limit)
        : ascending.all(prefix, end, after ?? '', limit);
      return rows.map(toEntry);
    },
    async transact(writes) {
      db.exec('BEGIN IMMEDIATE');
      let written: Written;
      try {
        written = write(writes);
        db.exec(written.kind === 'written' ? 'COMMIT' : 'ROLLBACK');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
      if (written.kind === 'written') notify(watchers, [...writes.puts.map(({ key }) => key), ...writes.deletes]);
      return written;
    },
    watch(prefix, listener) {
      const watcher = { prefix, listener };
      watchers.add(watcher);
      return { stop: () => watchers.delete(watcher) };
    },
    async close() {
      watchers.clear();
      db.close();
    },
  };
}

function openExclusively(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Error && error.message.includes('locked')) {
      throw new StoreInUse(`opening ${path}: another Drover has it; stop that one, or talk to it`);
    }
    throw error;
  }
}

function toEntry(row: unknown): Entry {
  const { key, value, revision } = Row.parse(row);
  return { key, value: JsonValue.parse(JSON.parse(value)), revision };
}

/** Listeners run after the commit, in a task of their own, so that none can undo or delay the write. */
function notify(watchers: Set<{ prefix: string; listener: (keys: string[]) => void }>, keys: string[]): void {
  for (const { prefix, listener } of watchers) {
    const own = keys.filter((key) => key.startsWith(prefix));
    if (own.length > 0) setImmediate(listener, own);
  }
}
