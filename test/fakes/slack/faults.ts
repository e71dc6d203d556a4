/** What the fake Slack is told to do wrong. Each fault is used up by the requests that it hits. */

export interface Fault {
  /** Web API method; left out: every method. */
  method?: string;
  /** Only requests for this channel. */
  channel?: string;
  /** `{ok: false, error}` with HTTP 200. */
  error?: string;
  /** This HTTP status instead of an answer; the effect does not happen. */
  status?: number;
  /** 429 with this many seconds; together with `error`, HTTP 200 with them. */
  retryAfter?: number;
  /** ms before the request is looked at. */
  delay?: number;
  /** The connection is cut before anything happened. */
  drop?: boolean;
  /** The effect happens, then the connection is cut. */
  dropAfter?: boolean;
  /** How many requests it hits, 1 if left out. */
  times?: number;
}

export interface Faults {
  add(fault: Fault): void;
  /** The fault that hits this request, or null. Uses it up once. */
  take(method: string, channel: string | null): Fault | null;
  clear(): void;
}

export function createFaults(): Faults {
  const faults: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => {
      faults.push({ fault, left: fault.times ?? 1 });
    },
    take: (method, channel) => {
      const hit = faults.find(({ fault, left }) => left > 0 && matches(fault, method, channel));
      if (hit === undefined) return null;
      hit.left -= 1;
      return hit.fault;
    },
    clear: () => {
      faults.length = 0;
    },
  };
}

function matches(fault: Fault, method: string, channel: string | null): boolean {
  return (
    (fault.method === undefined || fault.method === method) &&
    (fault.channel === undefined || fault.channel === channel)
  );
}
