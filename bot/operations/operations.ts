/**
 * Operations in the store. Every change is one transaction with a version check, and state changes go through the
 * table of `states.ts`. Locks are keys of their own, dropped in the transaction that ends their operation.
 */
import { JsonValue } from '../../actions/schema.ts';
import type { Entry, Store, Writes } from '../store/store.ts';
import { type Operation, OperationSchema } from './operation.ts';
import { holdsLocks, isOver, mayBecome, mayHoldLocks } from './states.ts';

/** An operation with the revision it was read at. */
export interface Versioned {
  operation: Operation;
  revision: number;
}

export type Acquired = { kind: 'acquired' } | { kind: 'locked'; by: number; target: string };

export interface Operations {
  /** Writes a new operation; `also` goes into the same transaction. False when it is there already. */
  create(operation: Operation, also: Writes): Promise<boolean>;
  get(request: number): Promise<Versioned | null>;
  /** All that are not over, oldest first. */
  open(): Promise<Versioned[]>;
  /** The newest `limit`, newest first. */
  recent(limit: number): Promise<Operation[]>;
  /**
   * Reads, asks `next`, writes; again when somebody else was first. `next` gives null when there is nothing to do any
   * more. A state change that the table does not allow is a bug and throws. One that ends it, or has it wait for
   * approval again, drops its locks in the same transaction. `also`, without guards, is written in it, too.
   */
  update(
    request: number,
    next: (operation: Operation) => Partial<Operation> | null,
    also?: Writes,
  ): Promise<Operation | null>;
  /** Locks all targets or none. */
  acquire(operation: Operation): Promise<Acquired>;
  /** Drops the locks that this operation holds. */
  release(operation: Operation): Promise<void>;
  /** At start only: drops the locks of operations that no longer hold any: their process died between lock and run. */
  dropStaleLocks(): Promise<void>;
  watch(listener: (requests: number[]) => void): { stop(): void };
}

const number = (request: number) => String(request).padStart(10, '0');
export const opKey = (request: number) => `op/${number(request)}`;
const openKey = (request: number) => `open/${number(request)}`;
const lockKey = (target: string) => `lock/${target}`;
/** Marks a thread that does not yet show the newest state; the outbox takes it away. */
export const unsyncedKey = (request: number) => `unsynced/${number(request)}`;
export const numberIn = (key: string) => Number(key.slice(key.lastIndexOf('/') + 1));

export function createOperations(store: Store): Operations {
  async function get(request: number): Promise<Versioned | null> {
    const entry = await store.get(opKey(request));
    return entry === null ? null : versioned(entry);
  }

  async function open(): Promise<Versioned[]> {
    const entries = await store.list('open/');
    const all = await Promise.all(entries.map(({ key }) => get(numberIn(key))));
    return all.filter((found) => found !== null);
  }

  async function holder(target: string): Promise<number | null> {
    const entry = await store.get(lockKey(target));
    return entry === null ? null : Number(entry.value);
  }

  /** The writes that drop what this operation holds, and nothing that another holds. */
  async function locksOf({ request, targets }: Operation): Promise<Writes> {
    const entries = await Promise.all(targets.map((target) => store.get(lockKey(target))));
    const held = entries.filter((entry) => entry !== null).filter(({ value }) => Number(value) === request);
    const guards = held.map(({ key, revision }) => ({ key, revision }));
    return { guards, puts: [], deletes: held.map(({ key }) => key) };
  }

  return {
    async create(operation, also) {
      const written = await store.transact(together(writesFor(operation, null), also));
      return written.kind === 'written';
    },
    get,
    open,
    async recent(limit) {
      const entries = await store.list('op/', { limit, reverse: true });
      return entries.map((entry) => versioned(entry).operation);
    },
    async update(request, next, also = NOTHING) {
      for (;;) {
        const seen = await get(request);
        const patch = seen === null ? null : next(seen.operation);
        if (seen === null || patch === null) return null;
        const operation = checked(seen.operation, { ...seen.operation, ...patch });
        const locks = mayHoldLocks(operation.state) ? NOTHING : await locksOf(operation);
        const written = await store.transact(together(writesFor(operation, seen.revision), locks, also));
        if (written.kind === 'written') return operation;
      }
    },
    async acquire({ request, targets }) {
      for (;;) {
        const held = await Promise.all(targets.map(async (target) => ({ target, by: await holder(target) })));
        const other = held.find(({ by }) => by !== null && by !== request);
        if (other?.by != null) return { kind: 'locked', by: other.by, target: other.target };
        const missing = held.filter(({ by }) => by === null).map(({ target }) => lockKey(target));
        if (missing.length === 0) return { kind: 'acquired' };
        const written = await store.transact({
          guards: missing.map((key) => ({ key, revision: null })),
          puts: missing.map((key) => ({ key, value: request })),
          deletes: [],
        });
        if (written.kind === 'written') return { kind: 'acquired' };
      }
    },
    async release(operation) {
      for (;;) {
        const locks = await locksOf(operation);
        if (locks.deletes.length === 0 || (await store.transact(locks)).kind === 'written') return;
      }
    },
    async dropStaleLocks() {
      for (const { key, value } of await store.list('lock/')) {
        const by = await get(Number(value));
        if (by !== null && holdsLocks(by.operation.state)) continue;
        await store.transact({ guards: [], puts: [], deletes: [key] });
      }
    },
    watch(listener) {
      return store.watch('op/', (keys) => listener(keys.map(numberIn)));
    },
  };
}

function checked(before: Operation, after: Operation): Operation {
  if (before.state !== after.state && !mayBecome(before.state, after.state)) {
    throw new Error(`operation ${after.request}: no way from ${before.state} to ${after.state}`);
  }
  return after;
}

/** The record itself, its place among the open ones, and the mark that its thread must be brought up to date. */
function writesFor(operation: Operation, revision: number | null): Writes {
  const { request, state } = operation;
  const over = isOver(state);
  return {
    guards: [{ key: opKey(request), revision }],
    puts: [
      { key: opKey(request), value: JsonValue.parse(operation) },
      { key: unsyncedKey(request), value: true },
      ...(over ? [] : [{ key: openKey(request), value: state }]),
    ],
    deletes: over ? [openKey(request)] : [],
  };
}

const NOTHING: Writes = { guards: [], puts: [], deletes: [] };

function together(...all: Writes[]): Writes {
  return {
    guards: all.flatMap(({ guards }) => guards),
    puts: all.flatMap(({ puts }) => puts),
    deletes: all.flatMap(({ deletes }) => deletes),
  };
}

function versioned(entry: Entry): Versioned {
  return { operation: OperationSchema.parse(entry.value), revision: entry.revision };
}
