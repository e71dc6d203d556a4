/** What the fake Discord is told to do wrong. Each fault is used up by the requests that it hits. */

export interface Fault {
  /** HTTP method; left out: any. */
  method?: string;
  /** A piece of the path, such as `/callback` or `/messages`; left out: every route. */
  path?: string;
  /** This HTTP status instead of an answer; the effect does not happen. */
  status?: number;
  /** Discord's own error code beside `status`. */
  code?: number;
  /** 429 with this many seconds. */
  retryAfter?: number;
  /** The 429 holds for all routes. */
  global?: boolean;
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
  take(method: string, path: string): Fault | null;
  clear(): void;
}

export function createFaults(): Faults {
  const faults: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => {
      faults.push({ fault, left: fault.times ?? 1 });
    },
    take: (method, path) => {
      const hit = faults.find(({ fault, left }) => left > 0 && matches(fault, method, path));
      if (hit === undefined) return null;
      hit.left -= 1;
      return hit.fault;
    },
    clear: () => {
      faults.length = 0;
    },
  };
}

function matches(fault: Fault, method: string, path: string): boolean {
  return (
    (fault.method === undefined || fault.method === method) && (fault.path === undefined || path.includes(fault.path))
  );
}
