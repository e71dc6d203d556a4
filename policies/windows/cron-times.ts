/**
 * Cron expressions of five fields as sets of wall-clock times. `cron` reads each field (names, ranges, steps, lists); which
 * times follow is worked out here, because the library's own search costs 0.4 ms a step, gives up eight years from
 * today whatever it is asked about, and has rules of its own for clock changes.
 */
import { CronTime } from 'cron';
import { DAY_MS, MINUTE_MS, type WallMs } from './local-time.ts';

export interface Cron {
  text: string;
  /** Every hour of the day: counts hours rather than naming times. */
  everyHour: boolean;
  /** Ascending. */
  minutesOfDay: readonly number[];
  /** `day`: days since 1970-01-01. */
  onDay(day: number): boolean;
}

export type ReadCron = { kind: 'cron'; cron: Cron } | { kind: 'broken'; problem: string };

/** The units in the order of the fields, and the year 2023 in steps of each; it begins on a Sunday. */
const UNITS = [
  { name: 'minute', all: 60, read: (date: Date) => date.getUTCMinutes(), end: Date.UTC(2023, 0, 1, 1) },
  { name: 'hour', all: 24, read: (date: Date) => date.getUTCHours(), end: Date.UTC(2023, 0, 2) },
  { name: 'day', all: 31, read: (date: Date) => date.getUTCDate(), end: Date.UTC(2023, 1, 1) },
  { name: 'month', all: 12, read: (date: Date) => date.getUTCMonth() + 1, end: Date.UTC(2024, 0, 1) },
  { name: 'weekday', all: 7, read: (date: Date) => date.getUTCDay(), end: Date.UTC(2023, 0, 8) },
] as const;

/** 29 February comes at least every eight years. */
const LONGEST_PAUSE_DAYS = 8 * 366;
const MAX_CHARS = 200;

export function readCron(text: string): ReadCron {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== UNITS.length || text.length > MAX_CHARS)
    return {
      kind: 'broken',
      problem: `"${text}" has not five fields: minute hour day month weekday, as in "0 22 * * 1-5"`,
    };
  const sets: Set<number>[] = [];
  for (const [index, field] of fields.entries()) {
    const read = readField(index, field);
    if (read.kind === 'broken') return read;
    sets.push(read.values);
  }
  const cron = makeCron(fields.join(' '), sets);
  return neverComes(cron)
    ? { kind: 'broken', problem: `"${text}" names a day that never comes` }
    : { kind: 'cron', cron };
}

/** Ascending, from `fromWall` on, before `toWall`. */
export function* wallTimes({ onDay, minutesOfDay }: Cron, fromWall: WallMs, toWall: WallMs): Generator<WallMs> {
  for (let day = Math.floor(fromWall / DAY_MS); day * DAY_MS < toWall; day++) {
    if (!onDay(day)) continue;
    for (const minute of minutesOfDay) {
      const wall = day * DAY_MS + minute * MINUTE_MS;
      if (wall >= fromWall && wall < toWall) yield wall;
    }
  }
}

type Field = { kind: 'values'; values: Set<number> } | { kind: 'broken'; problem: string };

/** Asks the library for one field alone: where it comes in 2023. Its `toJSON` writes `1-30` as `*`. */
function readField(index: number, field: string): Field {
  const unit = UNITS[index];
  if (unit === undefined) return { kind: 'broken', problem: 'more than five fields' };
  try {
    const lower = UNITS.map((_, at) => (at === index ? field : lowest(at, index)));
    const times = new CronTime(lower.join(' '), 'UTC');
    return { kind: 'values', values: field === '*' ? everyValue(unit) : comings(times, unit) };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    return { kind: 'broken', problem: `the ${unit.name} "${field}" of the cron expression: ${why}` };
  }
}

type Unit = (typeof UNITS)[number];

/** Finer fields at their lowest, coarser ones open. */
function lowest(at: number, index: number): string {
  if (index === 4) return at < 2 ? '0' : '*';
  if (at > index) return '*';
  return at < 2 ? '0' : '1';
}

function everyValue({ name, all }: Unit): Set<number> {
  const first = name === 'day' || name === 'month' ? 1 : 0;
  return new Set(Array.from({ length: all }, (_, index) => first + index));
}

function comings(times: CronTime, { all, read, end }: Unit): Set<number> {
  const values = new Set<number>();
  let at = new Date(Date.UTC(2022, 11, 31, 23, 59, 59));
  while (values.size < all) {
    at = times.getNextDateFrom(at, 'UTC').toJSDate();
    if (at.getTime() >= end) break;
    values.add(read(at));
  }
  return values;
}

/** Day of the month and weekday both named: either will do, as cron always had it (crontab(5)). */
function makeCron(text: string, sets: Set<number>[]): Cron {
  const [minutes = new Set(), hours = new Set(), days = new Set(), months = new Set(), weekdays = new Set()] = sets;
  const byDay = days.size < 31;
  const byWeekday = weekdays.size < 7;
  const onDay = (day: number): boolean => {
    const date = new Date(day * DAY_MS);
    if (!months.has(date.getUTCMonth() + 1)) return false;
    const dayFits = days.has(date.getUTCDate());
    const weekdayFits = weekdays.has(date.getUTCDay());
    return byDay && byWeekday ? dayFits || weekdayFits : dayFits && weekdayFits;
  };
  const minutesOfDay = [...hours].flatMap((hour) => [...minutes].map((minute) => hour * 60 + minute));
  return { text, everyHour: hours.size === 24, minutesOfDay: minutesOfDay.sort((a, b) => a - b), onDay };
}

function neverComes({ onDay }: Cron): boolean {
  for (let day = 0; day < LONGEST_PAUSE_DAYS; day++) if (onDay(day)) return false;
  return true;
}
