/** How many lines one person may send: a window that slides with time. */
import { LIMITS } from './limits.ts';

export interface Rate {
  /** Counts one more; gives the ms to wait when that is one too many, else 0. */
  take(person: string): number;
}

export function createRate(now: () => number): Rate {
  const taken = new Map<string, number[]>();
  return {
    take(person) {
      const time = now();
      const recent = (taken.get(person) ?? []).filter((at) => at > time - LIMITS.rateWindowMs);
      const [first] = recent;
      const full = first !== undefined && recent.length >= LIMITS.linesPerWindow;
      taken.set(person, full ? recent : [...recent, time]);
      return full ? first + LIMITS.rateWindowMs - time : 0;
    },
  };
}
