/**
 * A second way to know when something is due, sharing no arithmetic with the first: walk through time minute by minute, look
 * at what the zone's wall clock shows, and count how often each wall-clock minute is seen.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

/** What a clock on the wall shows. `text`: `2026-10-25 02:30`. */
export interface Shown {
  ms: number;
  text: string;
}

export interface Wanted {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  /** Sunday is 0. */
  weekday: number;
}

export function watchClock(zone: string, fromMs: number, toMs: number, stepMs = MINUTE_MS): Shown[] {
  const two = '2-digit' as const;
  const parts = { year: 'numeric', month: two, day: two, hour: two, minute: two } as const;
  // Sweden writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, hourCycle: 'h23', ...parts });
  const shown: Shown[] = [];
  for (let ms = fromMs; ms < toMs; ms += stepMs) shown.push({ ms, text: format.format(ms) });
  return shown;
}

/** UTC days in which the clock is changed: the days on which a day on the wall is not 24 hours long. */
export function daysOfChange(zone: string, fromMs: number, toMs: number): number[] {
  const midnights = watchClock(zone, fromMs, toMs, DAY_MS);
  return midnights.flatMap(({ ms, text }, index) => {
    const next = midnights[index + 1];
    return next !== undefined && next.text.slice(11) !== text.slice(11) ? [ms] : [];
  });
}

export interface Rules {
  gap: 'shift-forward' | 'skip';
  fold: 'first' | 'second' | 'both';
}

/** A minute on the wall and the instants at which it was shown; for one that was jumped over, when it is made up for. */
export interface WallMinute {
  wall: Wanted;
  shownMs: number[];
  insteadMs: number | null;
}

export function wallMinutes(shown: readonly Shown[]): WallMinute[] {
  const seen = Map.groupBy(shown, ({ text }) => text);
  const there = [...seen].map(([text, times]) => ({
    wall: read(text),
    shownMs: times.map(({ ms }) => ms),
    insteadMs: null,
  }));
  return [...there, ...jumpedOver(shown, seen)];
}

/** As long after the jump as they lie behind the last minute before it. */
function* jumpedOver(shown: readonly Shown[], seen: Map<string, Shown[]>): Generator<WallMinute> {
  for (const [index, { text }] of shown.entries()) {
    const next = shown[index + 1];
    let minute = following(text);
    for (let behind = 0; next !== undefined && minute < next.text && !seen.has(minute); behind++) {
      yield { wall: read(minute), shownMs: [], insteadMs: next.ms + behind * MINUTE_MS };
      minute = following(minute);
    }
  }
}

/** Instants at which what `wants` names is due, among the minutes that were watched. */
export function dueTimes(
  minutes: readonly WallMinute[],
  wants: (wall: Wanted) => boolean,
  { gap, fold }: Rules,
): number[] {
  const due = new Set<number>();
  for (const { wall, shownMs, insteadMs } of minutes) {
    if (!wants(wall)) continue;
    const [first, second] = shownMs;
    if (first !== undefined && (second === undefined || fold !== 'second')) due.add(first);
    if (second !== undefined && fold !== 'first') due.add(second);
    if (insteadMs !== null && gap === 'shift-forward') due.add(insteadMs);
  }
  return [...due].sort((a, b) => a - b);
}

function following(text: string): string {
  const next = new Date(Date.parse(`${text.replace(' ', 'T')}Z`) + MINUTE_MS).toISOString();
  return next.slice(0, 16).replace('T', ' ');
}

function read(text: string): Wanted {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[- :]/).map(Number);
  return { year, month, day, hour, minute, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() };
}
