/**
 * The days of an iCalendar recurrence rule. Worked out day by day within whole periods, so it always comes to an end;
 * ical.js's own iterator does not for rules that name no day (its issue 1038, open at 2.2.1), and it must walk from the
 * first day each time.
 *
 * Source: RFC 5545, 3.3.10 and 3.8.5.3. Left out, and refused: rules finer than days, BYHOUR and finer, BYYEARDAY, BYWEEKNO.
 */
import { z } from 'zod';

const list = <T extends z.ZodType>(of: T) => z.union([of.transform((one) => [one]), z.array(of).min(1).max(100)]);
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;

/** `MO`, `-1FR`; `nth` 0: every one. */
const ByDay = z
  .string()
  .regex(/^[+-]?\d{0,2}(SU|MO|TU|WE|TH|FR|SA)$/, 'a weekday, as in MO or -1FR')
  .transform((text) => ({
    weekday: WEEKDAYS.findIndex((name) => text.endsWith(name)),
    nth: Number(text.slice(0, -2)),
  }));

const nonZero = (limit: number) =>
  z
    .int()
    .min(-limit)
    .max(limit)
    .refine((value) => value !== 0, 'not zero');

/** jCal has the name, ical.js makes a number of it: 1 is Sunday. */
const WeekStart = z.union([z.int().min(1).max(7), z.enum(WEEKDAYS).transform((name) => WEEKDAYS.indexOf(name) + 1)]);

/** As jCal writes a rule (RFC 7265, 3.6.10). */
export const Recurrence = z.strictObject({
  freq: z.enum(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']),
  interval: z.int().min(1).max(1000).default(1),
  count: z.int().min(1).max(10_000).optional(),
  until: z.string().optional(),
  bymonth: list(z.int().min(1).max(12)).optional(),
  bymonthday: list(nonZero(31)).optional(),
  byday: list(ByDay).optional(),
  bysetpos: list(nonZero(366)).optional(),
  wkst: WeekStart.default(2),
});
export type Recurrence = z.infer<typeof Recurrence>;

const DAY_MS = 86_400_000;

/** Days since 1970-01-01, ascending; the first day is always among them (3.8.5.3), whether the rule names it or not. */
export function recurringDays(rule: Recurrence, first: number, fromDay: number, toDay: number): number[] {
  const found: number[] = first >= fromDay && first <= toDay ? [first] : [];
  let left = (rule.count ?? Number.POSITIVE_INFINITY) - 1;
  const start = rule.count === undefined ? Math.max(first, fromDay) : first;
  for (let period = periodOf(rule, first, start); left > 0; period += rule.interval) {
    const [begin, end] = bounds(rule, first, period);
    if (begin > toDay) break;
    const days = needsWholePeriods(rule)
      ? named(rule, first, begin, end)
      : named(rule, first, Math.max(begin, fromDay), Math.min(end, toDay + 1));
    for (const day of days) {
      if (day <= first || left <= 0) continue;
      left -= 1;
      if (day >= fromDay && day <= toDay) found.push(day);
    }
  }
  return found;
}

/** To count days, or to pick some by their place. */
function needsWholePeriods({ count, bysetpos }: Recurrence): boolean {
  return count !== undefined || bysetpos !== undefined;
}

/** The last period of the rule, counted from the first day's, that does not begin after `day`. */
function periodOf(rule: Recurrence, first: number, day: number): number {
  return Math.floor((number(rule, day) - number(rule, first)) / rule.interval) * rule.interval;
}

/** A running number of the day, week, month or year that a day is in. */
function number(rule: Recurrence, day: number): number {
  const date = new Date(day * DAY_MS);
  switch (rule.freq) {
    case 'DAILY':
      return day;
    case 'WEEKLY':
      return Math.floor((day - weekShift(rule)) / 7);
    case 'MONTHLY':
      return date.getUTCFullYear() * 12 + date.getUTCMonth();
    case 'YEARLY':
      return date.getUTCFullYear();
  }
}

/** 1970-01-01 was a Thursday. */
function weekShift({ wkst }: Recurrence): number {
  return wkst - 1 - 4;
}

/** First day of a period and of the next. */
function bounds(rule: Recurrence, first: number, period: number): [begin: number, end: number] {
  const at = number(rule, first) + period;
  switch (rule.freq) {
    case 'DAILY':
      return [at, at + 1];
    case 'WEEKLY':
      return [at * 7 + weekShift(rule), (at + 1) * 7 + weekShift(rule)];
    case 'MONTHLY':
      return [monthStart(at), monthStart(at + 1)];
    case 'YEARLY':
      return [monthStart(at * 12), monthStart((at + 1) * 12)];
  }
}

/** `month`: years times twelve, January 0. */
function monthStart(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY_MS;
}

/** The days of one period that the rule names. */
function named(rule: Recurrence, first: number, begin: number, end: number): number[] {
  const days = Array.from({ length: Math.max(0, end - begin) }, (_, index) => begin + index).filter((day) =>
    fits(rule, first, day),
  );
  if (rule.bysetpos === undefined) return days;
  const places = new Set(rule.bysetpos.map((place) => (place > 0 ? place - 1 : days.length + place)));
  return days.filter((_, index) => places.has(index));
}

function fits(rule: Recurrence, first: number, day: number): boolean {
  const date = new Date(day * DAY_MS);
  const start = new Date(first * DAY_MS);
  const { freq, bymonth, bymonthday, byday } = rule;
  if (bymonth !== undefined && !bymonth.includes(date.getUTCMonth() + 1)) return false;
  if (bymonthday !== undefined && !isMonthday(bymonthday, date)) return false;
  if (byday !== undefined) return byday.some((each) => isWeekday(each, rule, date));
  if (freq === 'DAILY' || bymonthday !== undefined) return true;
  if (freq === 'WEEKLY') return date.getUTCDay() === start.getUTCDay();
  const sameMonth = freq === 'MONTHLY' || bymonth !== undefined || date.getUTCMonth() === start.getUTCMonth();
  return sameMonth && date.getUTCDate() === start.getUTCDate();
}

function isMonthday(wanted: number[], date: Date): boolean {
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  const day = date.getUTCDate();
  return wanted.includes(day) || wanted.includes(day - length - 1);
}

/** `2MO` counts within the month, in a yearly rule without months within the year; elsewhere the number has no meaning. */
function isWeekday({ weekday, nth }: { weekday: number; nth: number }, rule: Recurrence, date: Date): boolean {
  if (date.getUTCDay() !== weekday) return false;
  if (nth === 0) return true;
  const inYear = rule.freq === 'YEARLY' && rule.bymonth === undefined;
  const year = date.getUTCFullYear();
  const begin = Date.UTC(year, inYear ? 0 : date.getUTCMonth(), 1);
  const end = inYear ? Date.UTC(year + 1, 0, 1) : Date.UTC(year, date.getUTCMonth() + 1, 1);
  const weeks = nth > 0 ? (date.getTime() - begin) / DAY_MS / 7 : (end - DAY_MS - date.getTime()) / DAY_MS / 7;
  return Math.floor(weeks) + 1 === Math.abs(nth);
}
