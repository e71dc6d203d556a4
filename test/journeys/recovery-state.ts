/**
 * What a Drover has on its disk, read beside it: its store is open to one process only, so a copy is looked at. A copy
 * that was made in the middle of a write is made again.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { StoredMessage } from '../../bot/chat/web/message.ts';
import { type Operation, OperationSchema } from '../../bot/operations/operation.ts';

const Row = z.object({ key: z.string(), value: z.string() });

export interface StateSeen {
  operations: Operation[];
  messages: (StoredMessage & { id: string })[];
  /** Keys of locks, open operations, open events and threads that are not up to date. */
  loose: { locks: string[]; open: string[]; inbox: string[]; unsynced: string[] };
}

export async function readState(stateDir: string): Promise<StateSeen> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await readCopy(stateDir);
    } catch (error) {
      if (tries === 50) throw error;
      await delay(50);
    }
  }
}

/** The state, once `accepts` it. Throws with `what` and the last one seen. */
export async function untilState(
  stateDir: string,
  what: string,
  accepts: (seen: StateSeen) => boolean,
  limitMs = 60_000,
): Promise<StateSeen> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const seen = await readState(stateDir);
    if (accepts(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s for ${what}; ${summary(seen)}`);
    await delay(100);
  }
}

/** Nothing is under way: every event was dealt with, every thread shows its state, and what is open waits for a person. */
export function isSettled({ operations, loose }: StateSeen): boolean {
  const open = operations.filter(({ request }) => loose.open.some((key) => Number(key.slice(-10)) === request));
  const still = open.every(({ state }) => state === 'waiting' || state === 'unknown');
  return still && loose.inbox.length === 0 && loose.unsynced.length === 0;
}

function summary({ operations, loose }: StateSeen): string {
  const states = operations
    .filter(({ request }) => loose.open.some((key) => Number(key.slice(-10)) === request))
    .map(({ request, state, line, steps, notes }) => {
      const last = steps.at(-1);
      return `#${request} ${line} ${state}, ${last?.title ?? ''} ${last?.status ?? ''} ${last?.evidence ?? ''} ${notes.map(({ text }) => text).join('; ')}`;
    });
  return `open: ${states.join(' | ') || 'nothing'}; ${JSON.stringify(loose)}`;
}

async function readCopy(stateDir: string): Promise<StateSeen> {
  const directory = await mkdtemp(join(tmpdir(), 'drover-look-'));
  try {
    const copy = join(directory, 'drover.db');
    await copyFile(join(stateDir, 'drover.db'), copy);
    await copyFile(join(stateDir, 'drover.db-wal'), `${copy}-wal`).catch(() => {});
    return readDatabase(copy);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function readDatabase(path: string): StateSeen {
  const db = new DatabaseSync(path);
  try {
    const all = db
      .prepare('SELECT key, value FROM entry ORDER BY key')
      .all()
      .map((row) => Row.parse(row));
    const under = (prefix: string) => all.filter(({ key }) => key.startsWith(prefix));
    const keys = (prefix: string) => under(prefix).map(({ key }) => key);
    return {
      operations: under('op/').map(({ value }) => OperationSchema.parse(JSON.parse(value))),
      messages: under('web/message/').map(({ key, value }) => ({
        ...StoredMessage.parse(JSON.parse(value)),
        id: key.slice('web/message/'.length),
      })),
      loose: {
        locks: keys('lock/'),
        open: keys('open/'),
        inbox: keys('inbox-open/'),
        unsynced: keys('unsynced/'),
      },
    };
  } finally {
    db.close();
  }
}
