/**
 * Makes calendar entries of an iCalendar file's events: recurrence, exceptions, moved and cancelled occurrences, whole days.
 * A time the clock jumps over or shows twice is read as RFC 5545, 3.3.5 says: by the offset before the jump, the first.
 */
import type { Problem } from '../document.ts';
import type { Entry, Span } from './calendar.ts';
import type { Ground, Read } from './entries.ts';
import { type IcalEvent, type Moment, readIcal } from './ical.ts';
import { DAY_MS, isZone, type WallMs } from './local-time.ts';
import { type Recurrence, recurringDays } from './recurrence.ts';
import { placeTime, readTime } from './written-time.ts';

export interface IcalGround extends Omit<Ground, 'zone'> {
  /** For whole days, and for times without a zone. */
  zone: string;
  /** A calendar program's own zone names. */
  zones: Readonly<Record<string, string>>;
}

export function eventEntries(source: { file: string; text: string }, ground: IcalGround): Read<Entry[]> {
  const read = readIcal(source.text);
  const at = (line: number, problem: string): Problem => ({ file: source.file, line, column: 1, problem });
  if (read.kind === 'broken') return { made: [], problems: read.problems.map((each) => at(each.line, each.problem)) };
  const unknown = read.events.flatMap((event) =>
    unknownZones(event, ground).map((zone) => ({ line: event.line, zone })),
  );
  if (unknown.length > 0) {
    const hint = (zone: string) =>
      `unknown zone "${zone}": name it in the calendar, as in zones: { "${zone}": Europe/Berlin }`;
    return { made: [], problems: unknown.map(({ line, zone }) => at(line, hint(zone))) };
  }
  const odd = read.events.flatMap((event) => eventProblems(event, ground).map((problem) => at(event.line, problem)));
  const living = read.events.filter(({ cancelled }) => !cancelled);
  const made = living.map((event) => makeEntry(event, instead(event, read.events, ground), source.file, ground));
  return { made, problems: odd };
}

function makeEntry(event: IcalEvent, replaced: number[], file: string, ground: IcalGround): Entry {
  return {
    ref: { name: ground.ref.name, file, line: event.line },
    label: event.summary,
    overrun: ground.overrun,
    spans: makeSpans(event, replaced, ground),
  };
}

/** Starts of this event's occurrences for which another event stands in. */
function instead(event: IcalEvent, events: readonly IcalEvent[], ground: IcalGround): number[] {
  if (event.replaces !== null) return [];
  const others = events.filter(({ uid, replaces }) => uid === event.uid && replaces !== null);
  return others.flatMap(({ replaces }) => (replaces === null ? [] : [place(replaces, ground)]));
}

function makeSpans(event: IcalEvent, replaced: number[], ground: IcalGround): Entry['spans'] {
  const zone = zoneOf(event.start, ground);
  const { time } = event.start;
  const firstWall = time.kind === 'instant' ? time.ms : time.wall;
  const lengthOf = measure(event, ground);
  const longestMs = lengthOf(firstWall, place(event.start, ground)) + 2 * DAY_MS;
  const dropped = new Set([...replaced, ...event.without.filter(isTimed).map((each) => place(each, ground))]);
  const droppedDays = new Set(
    event.without.flatMap((each) => (each.time.kind === 'date' ? [dayOf(each.time.wall)] : [])),
  );
  const lastMs = event.rule === null ? Number.POSITIVE_INFINITY : untilMs(event.rule, zone);

  function starts(fromMs: number, toMs: number): [wall: WallMs, ms: number][] {
    const days = daysOf(event.rule, dayOf(firstWall), dayOf(fromMs) - 2, dayOf(toMs) + 2);
    const clock = firstWall - dayOf(firstWall) * DAY_MS;
    const ruled = days.map((day): [WallMs, number] => {
      const wall = day * DAY_MS + clock;
      return [
        wall,
        placeTime(time.kind === 'instant' ? { kind: 'instant', ms: wall } : { ...time, wall }, zone, 'first'),
      ];
    });
    const extra = event.extra.map((each): [WallMs, number] => [wallOf(each), place(each, ground)]);
    return [...ruled.filter(([, ms]) => ms <= lastMs), ...extra];
  }

  return (fromMs, toMs) => {
    const kept = starts(fromMs - longestMs, toMs).filter(
      ([wall, ms]) => !dropped.has(ms) && !droppedDays.has(dayOf(wall)),
    );
    const spans = new Map(
      kept.map(([wall, ms]): [number, Span] => [ms, { fromMs: ms, toMs: ms + lengthOf(wall, ms) }]),
    );
    const touching = [...spans.values()].filter((span) => span.fromMs < toMs && span.toMs > fromMs);
    return touching.sort((a, b) => a.fromMs - b.fromMs);
  };
}

function daysOf(rule: Recurrence | null, first: number, fromDay: number, toDay: number): number[] {
  if (rule !== null) return recurringDays(rule, first, fromDay, toDay);
  return first >= fromDay && first <= toDay ? [first] : [];
}

/** How long an occurrence lasts, ms: days by the calendar of its zone, the rest elapsed. */
function measure({ start, length }: IcalEvent, ground: IcalGround): (wall: WallMs, ms: number) => number {
  const zone = zoneOf(start, ground);
  const whole = (days: number, rest: number) => (wall: WallMs, ms: number) =>
    (start.time.kind === 'instant'
      ? wall + days * DAY_MS
      : placeTime({ kind: 'local', wall: wall + days * DAY_MS }, zone, 'first')) -
    ms +
    rest;
  if (length.kind === 'lasts') return whole(length.days, length.ms);
  if (start.time.kind === 'date' && length.end.time.kind === 'date')
    return whole(dayOf(length.end.time.wall) - dayOf(start.time.wall), 0);
  const ms = place(length.end, ground) - place(start, ground);
  return () => ms;
}

/** A day alone ends with that day. */
function untilMs({ until }: Recurrence, zone: string): number {
  const time = until === undefined ? null : readTime(until);
  if (time === null) return Number.POSITIVE_INFINITY;
  if (time.kind !== 'date') return placeTime(time, zone, 'second');
  return placeTime({ ...time, wall: time.wall + DAY_MS }, zone, 'second') - 1;
}

function eventProblems(event: IcalEvent, ground: IcalGround): string[] {
  const { length, start, rule } = event;
  const begins = place(start, ground);
  const dates = start.time.kind === 'date';
  if (length.kind === 'until' && (length.end.time.kind === 'date') !== dates)
    return ['event: one of DTSTART and DTEND is a day and the other a time'];
  if (length.kind === 'until' && place(length.end, ground) <= begins) return ['event: DTEND is not after DTSTART'];
  if (rule?.until !== undefined && readTime(rule.until) === null)
    return [`event: UNTIL is no date or time: ${rule.until}`];
  return [];
}

function unknownZones(event: IcalEvent, ground: IcalGround): string[] {
  const end = event.length.kind === 'until' ? [event.length.end] : [];
  const moments = [
    event.start,
    ...end,
    ...event.extra,
    ...event.without,
    ...(event.replaces === null ? [] : [event.replaces]),
  ];
  const names = moments.flatMap(({ zone }) => (zone !== null && knownZone(zone, ground) === null ? [zone] : []));
  return [...new Set(names)];
}

/** Programs put a path before the IANA name, as in `/freeassociation.sourceforge.net/Europe/Berlin`. */
function knownZone(name: string, { zones }: IcalGround): string | null {
  const mapped = Object.hasOwn(zones, name) ? zones[name] : undefined;
  if (mapped !== undefined) return mapped;
  if (isZone(name)) return name;
  const short = name.startsWith('/') ? name.split('/').slice(-2).join('/') : '';
  return isZone(short) ? short : null;
}

function zoneOf({ zone }: Moment, ground: IcalGround): string {
  return (zone === null ? null : knownZone(zone, ground)) ?? ground.zone;
}

function place(moment: Moment, ground: IcalGround): number {
  return placeTime(moment.time, zoneOf(moment, ground), 'first');
}

function isTimed({ time }: Moment): boolean {
  return time.kind !== 'date';
}

function wallOf({ time }: Moment): WallMs {
  return time.kind === 'instant' ? time.ms : time.wall;
}

function dayOf(wall: WallMs): number {
  return Math.floor(wall / DAY_MS);
}
