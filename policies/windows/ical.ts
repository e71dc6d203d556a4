/**
 * Takes an iCalendar file apart into events with wall-clock times. ical.js knows the lines (folding, escapes, parameters);
 * everything behind them is checked here, because such files come from programs that nobody at this end has chosen.
 *
 * Zones are named, never taken from the file's own VTIMEZONE: a name has rules that are kept up to date.
 * Source: RFC 5545, RFC 7265 (jCal).
 */
import ICAL from 'ical.js';
import { z } from 'zod';
import { DAY_MS } from './local-time.ts';
import { Recurrence } from './recurrence.ts';
import { readTime, type WrittenTime } from './written-time.ts';

/** `zone` null: the one of the calendar, for a whole day or a time without a zone. */
export interface Moment {
  time: WrittenTime;
  zone: string | null;
}

export interface IcalEvent {
  /** Of its BEGIN:VEVENT, from 1. */
  line: number;
  uid: string;
  summary: string;
  start: Moment;
  /** Whole days are counted by the calendar, the rest by elapsed time. `until` stands for DTEND. */
  length: { kind: 'lasts'; days: number; ms: number } | { kind: 'until'; end: Moment };
  rule: Recurrence | null;
  extra: Moment[];
  without: Moment[];
  /** Stands in for the occurrence that began then. */
  replaces: Moment | null;
  cancelled: boolean;
}

export interface IcalProblem {
  line: number;
  problem: string;
}

export type ReadIcal = { kind: 'read'; events: IcalEvent[] } | { kind: 'broken'; problems: IcalProblem[] };

const MAX_EVENTS = 2000;

const Property = z.tuple([z.string(), z.record(z.string(), z.unknown()), z.string()]).rest(z.unknown());
type Property = z.infer<typeof Property>;

interface Component {
  name: string;
  properties: Property[];
  parts: Component[];
}

const Component: z.ZodType<Component> = z.lazy(() =>
  z
    .tuple([z.string(), z.array(Property), z.array(Component)])
    .transform(([name, properties, parts]) => ({ name, properties, parts })),
);
const Calendars = z.union([z.array(Component).min(1), Component.transform((one) => [one])]);

export function readIcal(text: string): ReadIcal {
  const calendars = parse(text);
  if (typeof calendars === 'string') return { kind: 'broken', problems: [{ line: 1, problem: calendars }] };
  const written = calendars.flatMap(({ parts }) => parts).filter(({ name }) => name === 'vevent');
  const lines = text.split(/\r?\n/).flatMap((line, index) => (/^BEGIN:VEVENT\s*$/i.test(line) ? [index + 1] : []));
  if (written.length > MAX_EVENTS)
    return { kind: 'broken', problems: [{ line: 1, problem: `${written.length} events are more than ${MAX_EVENTS}` }] };
  const read = written.map((event, index) => ({ line: lines[index] ?? 1, event: readEvent(event, lines[index] ?? 1) }));
  const problems = read.flatMap(({ line, event }) => (typeof event === 'string' ? [{ line, problem: event }] : []));
  if (problems.length > 0) return { kind: 'broken', problems };
  return { kind: 'read', events: read.flatMap(({ event }) => (typeof event === 'string' ? [] : [event])) };
}

function parse(text: string): Component[] | string {
  try {
    const parsed: unknown = ICAL.parse(text);
    const calendars = Calendars.safeParse(parsed);
    if (!calendars.success || calendars.data.some(({ name }) => name !== 'vcalendar')) return 'not an iCalendar file';
    return calendars.data;
  } catch (error) {
    return `not an iCalendar file: ${error instanceof Error ? error.message : 'unreadable'}`;
  }
}

/** Text: what is wrong with it. */
function readEvent(event: Component, line: number): IcalEvent | string {
  try {
    return {
      line,
      uid: textOf(event, 'uid') ?? `line ${line}`,
      summary: (textOf(event, 'summary') ?? 'an event').slice(0, 100),
      start: momentOf(event, 'dtstart') ?? wrong('it has no DTSTART'),
      length: lengthOf(event),
      rule: ruleOf(event),
      extra: momentsOf(event, 'rdate'),
      without: momentsOf(event, 'exdate'),
      replaces: momentOf(event, 'recurrence-id'),
      cancelled: textOf(event, 'status')?.toUpperCase() === 'CANCELLED',
    };
  } catch (error) {
    if (error instanceof EventError) return error.message;
    throw error;
  }
}

class EventError extends Error {}

function wrong(why: string): never {
  throw new EventError(`event: ${why}`);
}

function all({ properties }: Component, name: string): Property[] {
  return properties.filter((property) => property[0] === name);
}

function textOf(event: Component, name: string): string | null {
  const value = all(event, name)[0]?.[3];
  return typeof value === 'string' && value !== '' ? value : null;
}

function momentOf(event: Component, name: string): Moment | null {
  if (all(event, name).some(([, { range }]) => range !== undefined))
    wrong(`RECURRENCE-ID for this and all later events is not understood: write them as an event of their own`);
  return momentsOf(event, name)[0] ?? null;
}

function momentsOf(event: Component, name: string): Moment[] {
  return all(event, name).flatMap(([, { tzid }, type, ...values]) =>
    values.map((value) => {
      const time = typeof value === 'string' && type.startsWith('date') ? readTime(value) : null;
      if (time === null)
        return wrong(`${name.toUpperCase()} is no date or time: ${JSON.stringify(value).slice(0, 60)}`);
      return { time, zone: typeof tzid === 'string' && time.kind === 'local' ? tzid : null };
    }),
  );
}

const DURATION = /^P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/;

function lengthOf(event: Component): IcalEvent['length'] {
  const end = momentOf(event, 'dtend');
  if (end !== null) return { kind: 'until', end };
  const start = momentOf(event, 'dtstart');
  const text = textOf(event, 'duration');
  if (text === null) return start?.time.kind === 'date' ? lasts(1, 0) : wrong('it has neither DTEND nor DURATION');
  const match = DURATION.exec(text) ?? wrong(`DURATION is ${text}, not as in PT2H or P3D`);
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return lasts(weeks * 7 + days, ((hours * 60 + minutes) * 60 + seconds) * 1000);
}

function lasts(days: number, ms: number): IcalEvent['length'] {
  return days * DAY_MS + ms > 0 ? { kind: 'lasts', days, ms } : wrong('it takes no time');
}

function ruleOf(event: Component): Recurrence | null {
  const rules = all(event, 'rrule');
  if (rules.length > 1 || all(event, 'exrule').length > 0)
    wrong('more than one RRULE, or an EXRULE, is not understood');
  const value = rules[0]?.[3];
  if (value === undefined) return null;
  const read = Recurrence.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : (issue?.path.join('.') ?? '');
  return wrong(`RRULE ${where.toUpperCase()} is not understood: ${issue?.message ?? ''}`);
}
