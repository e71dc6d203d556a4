/**
 * The order in which calls go out. One call of a bucket is under way at a time; urgent ones (approvals, failures, answers)
 * go before progress, and progress leaves the last requests of a bucket and of the second to them. What a bucket holds is
 * read from Discord's headers, never assumed. Source: docs.discord.com/developers/topics/rate-limits
 */
import { OpsError } from '../../../actions/errors.ts';

export type Lane = 'urgent' | 'progress';

/** 50 a second are allowed in all. */
const PER_SECOND = 45;
/** Of those, for urgent calls alone. */
const GLOBAL_RESERVE = 15;
/** Requests of a bucket that progress leaves to urgent calls, where the bucket holds more than one. */
const BUCKET_RESERVE = 1;

interface Turn {
  /** Asked each time: a message's progress becomes urgent when its failure is to be shown. */
  lane: () => Lane;
  go(): void;
  refuse(error: OpsError): void;
}

interface Bucket {
  turns: Turn[];
  busy: boolean;
  limit: number;
  remaining: number;
  /** ms since the epoch at which it is full again. */
  resetAt: number;
  /** ms since the epoch before which nothing goes. */
  pausedUntil: number;
}

export interface BucketState {
  limit: number;
  remaining: number;
  resetAfterMs: number;
}

export interface Lanes {
  /** Runs `send` when it is its turn. Throws `cancelled` when the lanes are closed before. */
  run<T>(bucket: string, lane: () => Lane, send: () => Promise<T>): Promise<T>;
  /** What Discord's headers say. */
  observe(bucket: string, state: BucketState): void;
  /** After a long 429. */
  pause(bucket: string | null, ms: number): void;
  /** A waiting call became urgent. */
  wake(): void;
  close(): void;
}

export function createLanes(): Lanes {
  const buckets = new Map<string, Bucket>();
  const all = { tokens: PER_SECOND, at: Date.now(), pausedUntil: 0 };
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const bucketOf = (key: string): Bucket => {
    const known = buckets.get(key) ?? { turns: [], busy: false, limit: 1, remaining: 1, resetAt: 0, pausedUntil: 0 };
    buckets.set(key, known);
    return known;
  };

  /** Lets go whatever may go now; comes back by itself while somebody waits. */
  const serve = () => {
    const now = Date.now();
    all.tokens = Math.min(PER_SECOND, all.tokens + ((now - all.at) / 1000) * PER_SECOND);
    all.at = now;
    for (const lane of ['urgent', 'progress'] as const) {
      for (const bucket of buckets.values()) start(bucket, lane, now);
    }
    for (const [key, bucket] of buckets) if (isIdle(bucket, now)) buckets.delete(key);
    const waits = [...buckets.values()].some(({ turns, busy }) => turns.length > 0 && !busy);
    if (waits && timer === null && !closed) timer = setTimeout(again, LOOK_AGAIN_MS);
  };
  const again = () => {
    timer = null;
    serve();
  };

  const start = (bucket: Bucket, lane: Lane, now: number) => {
    if (bucket.busy || Math.max(bucket.pausedUntil, all.pausedUntil) > now) return;
    if (all.tokens < 1 + (lane === 'progress' ? GLOBAL_RESERVE : 0)) return;
    if (now < bucket.resetAt && bucket.remaining <= reserveOf(bucket, lane)) return;
    const turn = bucket.turns.find((candidate) => candidate.lane() === lane);
    if (turn === undefined) return;
    bucket.turns.splice(bucket.turns.indexOf(turn), 1);
    bucket.busy = true;
    all.tokens -= 1;
    turn.go();
  };

  const turn = (key: string, lane: () => Lane) =>
    new Promise<void>((resolve, reject) => {
      if (closed) return reject(cancelled());
      bucketOf(key).turns.push({ lane, go: resolve, refuse: reject });
      serve();
    });

  return {
    run: async (key, lane, send) => {
      await turn(key, lane);
      try {
        return await send();
      } finally {
        bucketOf(key).busy = false;
        serve();
      }
    },
    observe: (key, { limit, remaining, resetAfterMs }) => {
      Object.assign(bucketOf(key), { limit, remaining, resetAt: Date.now() + resetAfterMs });
    },
    pause: (key, ms) => {
      Object.assign(key === null ? all : bucketOf(key), { pausedUntil: Date.now() + ms });
    },
    wake: serve,
    close: () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      for (const { turns } of buckets.values()) for (const { refuse } of turns.splice(0)) refuse(cancelled());
    },
  };
}

/** How often a waiting call is looked at again. */
const LOOK_AGAIN_MS = 20;

function reserveOf({ limit }: Bucket, lane: Lane): number {
  return lane === 'progress' && limit > 1 ? BUCKET_RESERVE : 0;
}

function isIdle({ turns, busy, resetAt, pausedUntil }: Bucket, now: number): boolean {
  return turns.length === 0 && !busy && resetAt <= now && pausedUntil <= now;
}

function cancelled(): OpsError {
  return new OpsError('cancelled', 'waiting for a turn: Discord is being closed');
}
