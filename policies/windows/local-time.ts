/**
 * Wall-clock time in IANA zones: which instants a wall-clock time stands for, with clock changes, and times as text.
 * The host's own zone plays no part. Zone rules are those of Node's ICU (`process.versions.tz`).
 *
 * Not by `cron`'s own zone handling: it fires 15 minutes early in Lord Howe's gap, and treats the same gap differently
 * in Berlin and in Casablanca (4.4.0).
 */

/** What a wall clock shows, as the ms since the epoch at which a clock set to UTC shows the same. */
export type WallMs = number;

export type Instants =
  | { kind: 'once'; ms: number }
  /** The clock jumps over it. `ms`: as long after the jump as the wall-clock time is after the jump's start. */
  | { kind: 'never'; ms: number }
  /** The clock is set back and shows it again. */
  | { kind: 'twice'; firstMs: number; secondMs: number };

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export function isZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && clockOf(name) !== null;
}

export function toWall(zone: string, ms: number): WallMs {
  return ms + offsetMs(zone, ms);
}

export function fromWall(zone: string, wall: WallMs): Instants {
  const before = offsetMs(zone, wall - DAY_MS);
  const after = offsetMs(zone, wall + DAY_MS);
  const found = [...new Set([before, after])].map((offset) => wall - offset);
  const [first, second] = found.filter((ms) => toWall(zone, ms) === wall).sort((a, b) => a - b);
  if (first === undefined) return { kind: 'never', ms: wall - before };
  return second === undefined ? { kind: 'once', ms: first } : { kind: 'twice', firstMs: first, secondMs: second };
}

/** The instant of a wall-clock time; of one shown twice the asked one, of one never shown the one after the jump. */
export function instantOf(zone: string, wall: WallMs, which: 'first' | 'second'): number {
  const instants = fromWall(zone, wall);
  if (instants.kind !== 'twice') return instants.ms;
  return which === 'first' ? instants.firstMs : instants.secondMs;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Sun 2026-10-25 02:30 Europe/Berlin (UTC+1)` */
export function formatAt(ms: number, zone: string): string {
  const shown = new Date(toWall(zone, ms));
  const offset = offsetMs(zone, ms) / MINUTE_MS;
  const hours = Math.floor(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  const utc = `UTC${offset < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : `:${String(minutes).padStart(2, '0')}`}`;
  return `${WEEKDAYS[shown.getUTCDay()]} ${formatWall(shown.getTime())} ${zone} (${utc})`;
}

/** `2026-10-25 02:30` */
export function formatWall(wall: WallMs): string {
  return new Date(wall).toISOString().slice(0, 16).replace('T', ' ');
}

interface ZoneClock {
  format: Intl.DateTimeFormat;
  /** UTC day to the offset at its beginning. */
  days: Map<number, number>;
}

/** Enough for 27 years; asking the format again costs 2 µs a day. */
const MAX_DAYS = 10_000;

/** Making a format costs 50 µs. Zones come from checked files and people's settings, so the map stays small. */
const clocks = new Map<string, ZoneClock | null>();

function clockOf(zone: string): ZoneClock | null {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = makeClock(zone);
  clocks.set(zone, made);
  return made;
}

function makeClock(timeZone: string): ZoneClock | null {
  try {
    const two = '2-digit' as const;
    const parts = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const;
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, calendar: 'gregory', hourCycle: 'h23', ...parts });
    return { format, days: new Map() };
  } catch {
    return null;
  }
}

/** No zone changes its clock twice within a UTC day, so a day that ends as it began has one offset. */
function offsetMs(zone: string, ms: number): number {
  const clock = clockOf(zone);
  if (clock === null) throw new RangeError(`unknown time zone ${zone}`);
  const day = Math.floor(ms / DAY_MS);
  const offset = dayOffset(clock, day);
  return offset === dayOffset(clock, day + 1) ? offset : readOffset(clock.format, ms);
}

function dayOffset({ format, days }: ZoneClock, day: number): number {
  const known = days.get(day);
  if (known !== undefined) return known;
  if (days.size >= MAX_DAYS) days.clear();
  const offset = readOffset(format, day * DAY_MS);
  days.set(day, offset);
  return offset;
}

function readOffset(format: Intl.DateTimeFormat, ms: number): number {
  const of: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(ms)) of[type] = Number(value);
  const { year = 0, month = 1, day, hour, minute, second } = of;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}
