/** Makes calendar entries of cron windows and of ranges: when each lasts, read carefully where a clock is changed. */
import { typeSeconds } from '../../actions/units.ts';
import type { RuleRef } from '../decision.ts';
import type { Problem } from '../document.ts';
import type { Calendar, Entry } from './calendar.ts';
import type { CronWindow, DateRange, Overrun } from './calendar-file.ts';
import { readCron } from './cron-times.ts';
import { DAY_MS } from './local-time.ts';
import { occurrences } from './occurrences.ts';
import { placeTime, readTime } from './written-time.ts';

export interface Read<T> {
  made: T;
  problems: Problem[];
}

/** Where an entry stands, and what its calendar says about all entries. */
export interface Ground {
  ref: RuleRef;
  effect: Calendar['effect'];
  overrun: Overrun;
  /** Null: the file names none. */
  zone: string | null;
  /** A problem at a key of the entry. */
  at(key: string, problem: string): Problem;
}

export const NO_ZONE = 'say in which zone, as in zone: Europe/Berlin';

/**
 * A start that the clock jumps over comes after the jump. One that comes twice opens an allow window once and begins a
 * deny window both times, the careful reading of each.
 */
export function windowEntry(written: CronWindow, { ref, effect, overrun, zone, at }: Ground): Read<Entry[]> {
  const read = readCron(written.start);
  if (read.kind === 'broken') return { made: [], problems: [at('start', read.problem)] };
  if (zone === null) return { made: [], problems: [at('start', NO_ZONE)] };
  const lengthMs = written.for * 1000;
  const fold = effect === 'deny' ? 'both' : 'first';
  const starts = { cron: read.cron, zone, dst: { gap: 'shift-forward', fold } } as const;
  const entry: Entry = {
    ref,
    label: `${read.cron.text} for ${typeSeconds(written.for)}, ${zone}`,
    overrun,
    spans: (fromMs, toMs) =>
      occurrences(starts, fromMs - lengthMs + 1, toMs).map(({ atMs }) => ({ fromMs: atMs, toMs: atMs + lengthMs })),
  };
  return { made: [entry], problems: [] };
}

/** Where the clock shows an end twice, a deny range takes the wider reading and an allow range the narrower. */
export function rangeEntry(written: DateRange, { ref, effect, overrun, zone, at }: Ground): Read<Entry[]> {
  const [from, to] = [readTime(written.from), readTime(written.to)];
  const wrong = (key: string, text: string) =>
    at(key, `"${text}" is no time: as in 2026-12-20, 2026-12-20T08:00 or 2026-12-20T08:00:00+01:00`);
  if (from === null) return { made: [], problems: [wrong('from', written.from)] };
  if (to === null) return { made: [], problems: [wrong('to', written.to)] };
  const local = from.kind !== 'instant' || to.kind !== 'instant';
  if (zone === null && local) return { made: [], problems: [at('from', NO_ZONE)] };
  const end = to.kind === 'date' ? { ...to, wall: to.wall + DAY_MS } : to;
  const wide = effect === 'deny';
  const fromMs = placeTime(from, zone ?? 'UTC', wide ? 'first' : 'second');
  const toMs = placeTime(end, zone ?? 'UTC', wide ? 'second' : 'first');
  if (toMs <= fromMs) return { made: [], problems: [at('to', `"${written.to}" is not after "${written.from}"`)] };
  const entry: Entry = {
    ref,
    label: `${written.from} to ${written.to}${zone === null ? '' : `, ${zone}`}`,
    overrun,
    spans: (askedFrom, askedTo) => (fromMs < askedTo && toMs > askedFrom ? [{ fromMs, toMs }] : []),
  };
  return { made: [entry], problems: [] };
}
