/** Dates and times as they stand in calendar files: checked, so that 31 February is found and not moved to March. */
import { instantOf, type WallMs } from './local-time.ts';

export type WrittenTime =
  /** A whole day. */
  | { kind: 'date'; wall: WallMs }
  /** A wall-clock time whose zone is told elsewhere. */
  | { kind: 'local'; wall: WallMs }
  | { kind: 'instant'; ms: number };

const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|z|[+-]\d\d:\d\d)?)?$/;
/** Before 1970 zones have offsets with seconds; after 2199 nobody plans. */
const YEARS = { min: 1970, max: 2199 };

/** `2026-12-20`, `2026-12-20T08:00`, `2026-12-20 08:00:00`, RFC 3339 `2026-12-20T08:00:00+01:00`; null: none of them. */
export function readTime(text: string): WrittenTime | null {
  const match = WRITTEN.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour, minute = '0', second = '0', offset] = match;
  const wall = wallOf([year, month, day, hour ?? '0', minute, second].map(Number));
  if (wall === null) return null;
  if (hour === undefined) return { kind: 'date', wall };
  if (offset === undefined) return { kind: 'local', wall };
  const shift = offsetOf(offset);
  return shift === null ? null : { kind: 'instant', ms: wall - shift };
}

/** The instant of a time; `which` of the two where the clock shows it twice. */
export function placeTime(time: WrittenTime, zone: string, which: 'first' | 'second'): number {
  return time.kind === 'instant' ? time.ms : instantOf(zone, time.wall, which);
}

function wallOf(parts: number[]): WallMs | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const there = new Date(wall);
  const kept = there.getUTCMonth() === month - 1 && there.getUTCDate() === day && hour < 24 && minute < 60;
  return kept && second < 60 && year >= YEARS.min && year <= YEARS.max ? wall : null;
}

function offsetOf(text: string): number | null {
  if (/^z$/i.test(text)) return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4));
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
