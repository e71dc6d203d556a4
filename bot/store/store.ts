/**
 * The store port: small records under keys, changed only in guarded transactions. SQLite holds it for one process
 * (`sqlite.ts`); a cluster store can hold it for several replicas without a change above this file.
 * Values are JSON; a key is a path such as `op/00000012`. Revisions grow by one with every transaction that writes.
 */
import type { Json } from '../../actions/action.ts';

export interface Entry {
  key: string;
  value: Json;
  /** Revision of the transaction that last wrote it: what a guard compares. */
  revision: number;
}

/** What must hold for a transaction to be written. `revision: null`: the key must be absent. */
export interface Guard {
  key: string;
  revision: number | null;
}

export interface Writes {
  guards: Guard[];
  puts: { key: string; value: Json }[];
  deletes: string[];
}

export type Written = { kind: 'written'; revision: number } | { kind: 'conflict'; key: string };

export interface Store {
  get(key: string): Promise<Entry | null>;
  /** All entries whose key begins with `prefix`, in key order. `after` and `limit` page through long ones. */
  list(prefix: string, page?: { after?: string; limit?: number; reverse?: boolean }): Promise<Entry[]>;
  /** All or nothing, durable when it resolves. */
  transact(writes: Writes): Promise<Written>;
  /** Called after each write under `prefix`, with the keys; at least once each. */
  watch(prefix: string, listener: (keys: string[]) => void): { stop(): void };
  close(): Promise<void>;
}

/** A store that cannot be opened because another process has it. */
export class StoreInUse extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreInUse';
  }
}
