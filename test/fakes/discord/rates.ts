/**
 * Rate limits as Discord has them: a bucket for each route and major parameter, told in X-RateLimit headers, and 50 requests
 * a second in all. Interaction callbacks are exempt from both. Source: docs.discord.com/developers/topics/rate-limits
 */

export interface BucketRule {
  /** A piece of the route, such as `PATCH /channels/:channel/messages/:message`. */
  route: string;
  limit: number;
  perMs: number;
}

export type Verdict =
  | { kind: 'pass'; headers: Record<string, string> }
  | { kind: 'limited'; global: boolean; retryAfter: number; headers: Record<string, string> };

export interface Rates {
  /** The first rule that fits a route holds. */
  rule(rule: BucketRule): void;
  check(route: string, major: string): Verdict;
  /** How many requests were answered 429 by a limit (not by a fault). */
  limited(): number;
}

/** Wide, so that most tests need not wait; real channels take about 5 in 5 s. */
const DEFAULT = { limit: 100, perMs: 1_000 };

export function createRates(globalPerSecond: number): Rates {
  const rules: BucketRule[] = [];
  const buckets = new Map<string, { left: number; resetAt: number }>();
  const all = { left: globalPerSecond, resetAt: 0 };
  let limited = 0;

  const takeGlobal = (at: number): number | null => {
    if (at >= all.resetAt) Object.assign(all, { left: globalPerSecond, resetAt: at + 1_000 });
    all.left -= 1;
    return all.left >= 0 ? null : (all.resetAt - at) / 1000;
  };

  return {
    rule: (rule) => {
      rules.unshift(rule);
    },
    check: (route, major) => {
      if (route.includes('/callback')) return { kind: 'pass', headers: {} };
      const at = Date.now();
      const wait = takeGlobal(at);
      if (wait !== null) {
        limited += 1;
        return { kind: 'limited', global: true, retryAfter: wait, headers: { 'x-ratelimit-global': 'true' } };
      }
      const { limit, perMs } = rules.find((rule) => route.includes(rule.route)) ?? DEFAULT;
      const key = `${route} ${major}`;
      const known = buckets.get(key);
      const bucket = known === undefined || at >= known.resetAt ? { left: limit, resetAt: at + perMs } : known;
      buckets.set(key, bucket);
      const resetAfter = (bucket.resetAt - at) / 1000;
      const headers = (left: number) => ({
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(left),
        'x-ratelimit-reset': String(bucket.resetAt / 1000),
        'x-ratelimit-reset-after': String(resetAfter),
        'x-ratelimit-bucket': hash(route),
      });
      if (bucket.left === 0) {
        limited += 1;
        const scope = { 'x-ratelimit-scope': 'user' };
        return { kind: 'limited', global: false, retryAfter: resetAfter, headers: { ...headers(0), ...scope } };
      }
      bucket.left -= 1;
      return { kind: 'pass', headers: headers(bucket.left) };
    },
    limited: () => limited,
  };
}

/** Discord names buckets by opaque words; the library only compares them. */
function hash(route: string): string {
  let value = 0;
  for (const char of route) value = (value * 31 + char.charCodeAt(0)) % 2_147_483_647;
  return value.toString(36);
}
