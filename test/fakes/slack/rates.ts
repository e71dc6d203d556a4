/**
 * Slack's rate limits, if they are switched on. A call too early is answered 429 with the seconds to wait.
 * Source: docs.slack.dev/apis/web-api/rate-limits
 */

/** Calls that may come at once, and calls a second after that. */
const perChannelPost = { burst: 4, perSecond: 1 };
const tiers: Record<string, { burst: number; perSecond: number }> = {
  'chat.update': { burst: 10, perSecond: 50 / 60 },
  'conversations.replies': { burst: 10, perSecond: 50 / 60 },
  'conversations.history': { burst: 10, perSecond: 50 / 60 },
};

export interface Rates {
  tooEarly(method: string, channel: string | null): number | null;
}

export function createRates(enforced: boolean): Rates {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    tooEarly: (method, channel) => {
      const limit = method === 'chat.postMessage' ? perChannelPost : tiers[method];
      if (!enforced || limit === undefined) return null;
      const key = method === 'chat.postMessage' ? `${method} ${channel}` : method;
      const now = Date.now();
      const bucket = buckets.get(key) ?? { tokens: limit.burst, at: now };
      const tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1000) * limit.perSecond);
      const allowed = tokens >= 1;
      buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at: now });
      return allowed ? null : Math.ceil((1 - tokens) / limit.perSecond);
    },
  };
}
