/**
 * Keeps calls within Slack's rate limits before Slack has to say so: a bucket of tokens for each method, or for each method
 * and channel. Urgent calls (approvals, failures, replies) go before progress, and progress never takes the last tokens.
 * Source: https://docs.slack.dev/apis/web-api/rate-limits
 */
import { OpsError } from '../../../actions/errors.ts';

export type Lane = 'urgent' | 'progress';

export interface Rate {
  /** Calls that may go at once. */
  burst: number;
  perMinute: number;
  /** What the limit is counted over. */
  per: 'channel' | 'workspace';
  /** Tokens that progress leaves to urgent calls. */
  reserve: number;
}

export type Rates = Record<string, Rate>;

/** Tier 3 is 50 a minute, tier 4 100, tier 2 20. chat.postMessage: about 1 a second in a channel, short bursts go through. */
export const slackRates: Rates = {
  'chat.postMessage': { burst: 4, perMinute: 60, per: 'channel', reserve: 1 },
  'chat.update': { burst: 10, perMinute: 50, per: 'workspace', reserve: 5 },
  'chat.postEphemeral': { burst: 10, perMinute: 100, per: 'workspace', reserve: 0 },
  'conversations.history': { burst: 10, perMinute: 50, per: 'workspace', reserve: 0 },
  'conversations.replies': { burst: 10, perMinute: 50, per: 'workspace', reserve: 0 },
  'usergroups.users.list': { burst: 5, perMinute: 20, per: 'workspace', reserve: 0 },
};

interface Turn {
  /** Asked each time: a message's progress becomes urgent when its failure is to be shown. */
  lane: () => Lane;
  /** Method and channel: what a 429 pauses. */
  place: string;
  go(): void;
  refuse(error: OpsError): void;
}

interface Bucket {
  rate: Rate;
  tokens: number;
  /** ms since the epoch of the last refill. */
  at: number;
  turns: Turn[];
  timer: NodeJS.Timeout | null;
}

export interface Limiter {
  /** Waits for its turn. Throws `cancelled` when the limiter is closed. */
  turn(method: string, channel: string | null, lane: () => Lane): Promise<void>;
  /** A waiting call became urgent. */
  wake(method: string): void;
  /** After a 429: nothing more for this method and channel until then. */
  pause(method: string, channel: string | null, ms: number): void;
  close(): void;
}

export function createLimiter(rates: Rates): Limiter {
  const buckets = new Map<string, Bucket>();
  /** Method and channel → ms since the epoch. */
  const pausedUntil = new Map<string, number>();
  let closed = false;

  const serve = (key: string, bucket: Bucket) => {
    if (bucket.timer !== null) clearTimeout(bucket.timer);
    bucket.timer = null;
    refill(bucket, Date.now());
    for (let turn = nextTurn(bucket, pausedUntil); turn !== null; turn = nextTurn(bucket, pausedUntil)) {
      bucket.turns.splice(bucket.turns.indexOf(turn), 1);
      bucket.tokens -= 1;
      turn.go();
    }
    if (bucket.turns.length > 0) bucket.timer = setTimeout(() => serve(key, bucket), waitMs(bucket, pausedUntil));
    else if (bucket.tokens >= bucket.rate.burst) buckets.delete(key);
  };

  return {
    turn: (method, channel, lane) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new OpsError('cancelled', `calling ${method}: Slack is being closed`));
        const rate = rates[method] ?? unlimited;
        const key = rate.per === 'channel' ? `${method} ${channel}` : method;
        const bucket = buckets.get(key) ?? { rate, tokens: rate.burst, at: Date.now(), turns: [], timer: null };
        buckets.set(key, bucket);
        bucket.turns.push({ lane, place: `${method} ${channel}`, go: resolve, refuse: reject });
        serve(key, bucket);
      }),
    wake: (method) => {
      for (const [key, bucket] of buckets) if (key.split(' ')[0] === method) serve(key, bucket);
    },
    pause: (method, channel, ms) => {
      const now = Date.now();
      for (const [place, until] of pausedUntil) if (until <= now) pausedUntil.delete(place);
      pausedUntil.set(`${method} ${channel}`, now + ms);
    },
    close: () => {
      closed = true;
      for (const { turns, timer } of buckets.values()) {
        if (timer !== null) clearTimeout(timer);
        for (const turn of turns)
          turn.refuse(new OpsError('cancelled', `calling ${turn.place}: Slack is being closed`));
      }
      buckets.clear();
    },
  };
}

/** Methods without a row: they are rare, and a 429 still pauses them. */
const unlimited: Rate = { burst: Number.POSITIVE_INFINITY, perMinute: 1, per: 'workspace', reserve: 0 };

function refill(bucket: Bucket, now: number): void {
  const gained = ((now - bucket.at) / 60_000) * bucket.rate.perMinute;
  bucket.tokens = Math.min(bucket.rate.burst, bucket.tokens + Math.max(0, gained));
  bucket.at = now;
}

function nextTurn(bucket: Bucket, pausedUntil: Map<string, number>): Turn | null {
  const now = Date.now();
  const free = bucket.turns.filter(({ place }) => (pausedUntil.get(place) ?? 0) <= now);
  const urgent = free.find(({ lane }) => lane() === 'urgent');
  if (urgent !== undefined) return bucket.tokens >= 1 ? urgent : null;
  return bucket.tokens >= 1 + bucket.rate.reserve ? (free[0] ?? null) : null;
}

/** Until the next token or the end of the next pause, whichever can help. */
function waitMs(bucket: Bucket, pausedUntil: Map<string, number>): number {
  const now = Date.now();
  const waits = bucket.turns.map(({ lane, place }) => {
    const needed = 1 + (lane() === 'progress' ? bucket.rate.reserve : 0) - bucket.tokens;
    return Math.max((pausedUntil.get(place) ?? 0) - now, (needed / bucket.rate.perMinute) * 60_000, 1);
  });
  return Math.ceil(Math.min(...waits));
}
