/**
 * Brings threads up to date with the records. One writer a thread, the newest state wins, what was posted is kept
 * in the store with its message id: after a crash the same messages are edited on. A platform that fails is tried
 * again with growing pauses; the operation itself never waits for it.
 */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Card, ChatPlatform, Place } from './chat/card.ts';
import { judgeBallot } from './judge.ts';
import type { Operation } from './operations/operation.ts';
import { numberIn, type Operations, opKey, unsyncedKey } from './operations/operations.ts';
import { holdsLocks, isOver } from './operations/states.ts';
import type { People } from './people.ts';
import type { ThreadContext } from './status-line.ts';
import type { Store } from './store/store.ts';
import { renderThread } from './thread.ts';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 60_000;
/** How often somebody who waits for the threads looks whether one of them has begun to fail. */
const LOOK_MS = 100;

/** Changes that come together make one edit, and an effect does not wait for the disk writes of the talk about it. */
const COALESCE_MS = 25;

/** A decision that comes sooner needs no sign before it; most do, and a refusal then stays with its addressee. */
const QUIET_MS = 400;
/** At the first gates a no is for the requester alone; what had a plan and fell at the last ones is told in the thread. */
function wasToldAlone({ state, plan }: Operation): boolean {
  return (state === 'refused' || state === 'denied') && plan === null;
}

const postedKey = (request: number, slot: string) => `posted/${request}/${slot}`;

/** `message` '': about to be posted, or tried and not heard of again. */
const Posted = z.object({ message: z.string(), hash: z.string() });

export interface OutboxPorts {
  store: Store;
  operations: Operations;
  people: People;
  platform(name: string): ChatPlatform | undefined;
  /** Channels that see every request that needs approval. */
  mirrors: readonly Place[];
  log: Logger;
}

export interface Outbox {
  /** Catches up with what a former process left, then follows every change. */
  start(): Promise<void>;
  /** Resolves when every thread shows the newest state, or its platform keeps failing. */
  settled(): Promise<void>;
  /** Whether no process can have tried to post this key before: then nobody needs to look for an earlier copy. */
  isFirstTry(key: string): boolean;
  /** What a thread needs beside the record. */
  contextOf(operation: Operation): Promise<ThreadContext>;
  stop(): void;
}

export function createOutbox(ports: OutboxPorts): Outbox {
  const { store, operations, log } = ports;
  const busy = new Map<number, Promise<void>>();
  const dirty = new Set<number>();
  const failing = new Set<number>();
  const firstTries = new Set<string>();
  let stopped = false;

  function touch(request: number): void {
    dirty.add(request);
    if (!stopped && !busy.has(request))
      busy.set(
        request,
        follow(request).finally(() => leave(request)),
      );
  }

  /** What was touched while the last look ended is looked at again. */
  function leave(request: number): void {
    busy.delete(request);
    failing.delete(request);
    if (dirty.has(request)) touch(request);
  }

  async function follow(request: number): Promise<void> {
    for (let pause = RETRY_FIRST_MS; dirty.has(request); ) {
      await new Promise((resolve) => setTimeout(resolve, COALESCE_MS));
      if (stopped) return;
      dirty.delete(request);
      try {
        await sync(request);
        pause = RETRY_FIRST_MS;
        failing.delete(request);
      } catch (error) {
        log.warn({ request, err: error }, 'thread not brought up to date; trying again');
        dirty.add(request);
        failing.add(request);
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
        pause = Math.min(pause * 2, RETRY_MAX_MS);
      }
    }
  }

  async function sync(request: number): Promise<void> {
    const seen = await operations.get(request);
    if (seen === null) return;
    const { operation } = seen;
    if (operation.state === 'received' && Date.now() - operation.receivedAt < QUIET_MS) {
      setTimeout(touch, QUIET_MS, request).unref();
      return;
    }
    const { card, closing } = renderThread(operation, await contextOf(operation, ports));
    const told = wasToldAlone(operation) && (await store.get(postedKey(request, 'card'))) === null;
    if (!told) await show(operation, operation.place, 'card', card);
    for (const place of mirrorsOf(operation, ports.mirrors)) {
      await show(operation, place, `card@${place.platform}/${place.channel}`, card);
    }
    if (!told && closing !== null) await show(operation, operation.place, `closing-${operation.state}`, closing);
    await store.transact({
      guards: [{ key: opKey(request), revision: seen.revision }],
      puts: [],
      // A platform that this process does not have is brought up to date by one that has it.
      deletes: placesOf(operation).every(({ platform }) => ports.platform(platform) !== undefined)
        ? [unsyncedKey(request)]
        : [],
    });
    if (isOver(operation.state)) await touchQueued(operation);
  }

  function placesOf(operation: Operation): Place[] {
    return [operation.place, ...mirrorsOf(operation, ports.mirrors)];
  }

  /** Those that waited for this one say so no more. */
  async function touchQueued({ targets }: Operation): Promise<void> {
    for (const { operation } of await operations.open()) {
      if (operation.state === 'queued' && operation.targets.some((vm) => targets.includes(vm)))
        touch(operation.request);
    }
  }

  async function show({ request }: Operation, place: Place, slot: string, card: Card): Promise<void> {
    const platform = ports.platform(place.platform);
    if (platform === undefined) return;
    const key = postedKey(request, slot);
    const hash = createHash('sha256').update(JSON.stringify(card)).digest('base64url');
    const entry = await store.get(key);
    const posted = entry === null ? null : Posted.parse(entry.value);
    if (posted?.hash === hash) return;
    const message = posted?.message || (await post(platform, place, `${request}/${slot}`, card, entry === null));
    if (posted !== null && posted.message !== '') await platform.edit(place, message, card);
    await store.transact({ guards: [], puts: [{ key, value: { message, hash } }], deletes: [] });
  }

  /** The try is on record before it is made, so that a later process knows that there may be a copy. */
  async function post(
    platform: ChatPlatform,
    place: Place,
    posting: string,
    card: Card,
    first: boolean,
  ): Promise<string> {
    if (first) {
      await store.transact({
        guards: [],
        puts: [{ key: `posted/${posting}`, value: { message: '', hash: '' } }],
        deletes: [],
      });
      firstTries.add(posting);
    }
    try {
      return await platform.post(place, posting, card);
    } finally {
      firstTries.delete(posting);
    }
  }

  const watching = operations.watch((requests) => requests.forEach(touch));

  return {
    async start() {
      for (const { key } of await store.list('unsynced/')) touch(numberIn(key));
    },
    async settled() {
      // The store tells of a write in a task of its own, after it.
      await new Promise((resolve) => setImmediate(resolve));
      for (;;) {
        const working = [...busy].filter(([request]) => !failing.has(request)).map(([, done]) => done);
        if (working.length === 0) return;
        await Promise.race([Promise.all(working), new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
      }
    },
    isFirstTry: (key) => firstTries.has(key),
    contextOf: (operation) => contextOf(operation, ports),
    stop() {
      stopped = true;
      watching.stop();
    },
  };
}

/** Approvers are told where they are, wherever it was asked. */
export function mirrorsOf({ demand, place }: Operation, mirrors: readonly Place[]): Place[] {
  if (demand?.kind !== 'ask') return [];
  return mirrors.filter(({ platform, channel }) => platform !== place.platform || channel !== place.channel);
}

async function contextOf(operation: Operation, { operations, people }: OutboxPorts): Promise<ThreadContext> {
  if (operation.state === 'waiting') {
    const ballot = judgeBallot(operation, await people.members());
    const missing = ballot.kind === 'missing' ? ballot.missing : ballot.kind === 'impossible' ? [ballot.why] : [];
    return { missing, ahead: null };
  }
  if (operation.state !== 'queued') return { missing: [], ahead: null };
  const shares = (other: Operation) => other.targets.some((target) => operation.targets.includes(target));
  const before = (await operations.open())
    .map(({ operation: other }) => other)
    .find((other) => shares(other) && (holdsLocks(other.state) || isQueuedBefore(other, operation)));
  return { missing: [], ahead: before ?? null };
}

function isQueuedBefore(other: Operation, operation: Operation): boolean {
  return other.state === 'queued' && other.request < operation.request;
}
