/** The slots of a schedule: each exact time at which it is to run, under a name that is the same on every replica. */
import { createHash } from 'node:crypto';
import { formatWall } from '../../../policies/windows/local-time.ts';
import { type Occurrence, occurrences } from '../../../policies/windows/occurrences.ts';
import { cronOf, dstRulesOf, type Schedule } from './schedule.ts';

export interface Slot {
  /**
   * `nightly/2026-10-25T02:30[Europe/Berlin]`: what the schedule says, not when that is, so new zone rules do not make a
   * new slot. The second of two such times, where both run, ends in `/2`. To run a slot once, key its operation with it.
   */
  id: string;
  /** When it is due, ms since the epoch; slots are in this order. */
  atMs: number;
  /** When it starts: `atMs` and its jitter, never before the slot in front of it. */
  startMs: number;
  /** How a clock change moved or doubled it. */
  dst: Occurrence['kind'];
  /** What the expression names, as in `2026-10-25 02:30`. */
  named: string;
}

/** Due from `fromMs` on, before `toMs`; ascending, no time twice. Goes by `atMs`, so jitter moves no slot in or out. */
export function slotsBetween(schedule: Schedule, fromMs: number, toMs: number): Slot[] {
  const jitterMs = schedule.jitter * 1000;
  const found = occurrences(inZone(schedule), fromMs - jitterMs, toMs);
  let latestMs = Number.NEGATIVE_INFINITY;
  const slots = found.map((occurrence) => {
    const id = slotId(schedule, occurrence);
    latestMs = Math.max(latestMs, occurrence.atMs + delayMs(id, jitterMs));
    const { atMs, kind, wall } = occurrence;
    return { id, atMs, startMs: latestMs, dst: kind, named: formatWall(wall) };
  });
  return slots.filter(({ atMs }) => atMs >= fromMs);
}

/** A cron expression comes at least every eight years; looks ahead in growing steps. */
export function nextSlots(schedule: Schedule, fromMs: number, count: number): Slot[] {
  const slots: Slot[] = [];
  let atMs = fromMs;
  for (let stepMs = FIRST_STEP_MS; slots.length < count && atMs - fromMs < FARTHEST_MS; stepMs *= 2) {
    slots.push(...slotsBetween(schedule, atMs, atMs + stepMs));
    atMs += stepMs;
  }
  return slots.slice(0, count);
}

const FIRST_STEP_MS = 6 * 3_600_000;
const FARTHEST_MS = 40 * 366 * 86_400_000;

function inZone(schedule: Schedule) {
  return { cron: cronOf(schedule), zone: schedule.zone, dst: dstRulesOf(schedule) };
}

/** With only one of two runs the name does not say which, so that changing the rule in between runs nothing twice. */
function slotId(schedule: Schedule, { wall, kind }: Occurrence): string {
  const again = kind === 'second' && dstRulesOf(schedule).fold === 'both' ? '/2' : '';
  return `${schedule.id}/${formatWall(wall).replace(' ', 'T')}[${schedule.zone}]${again}`;
}

/** Whole seconds below `jitterMs`, spread evenly and the same for the same slot everywhere. */
function delayMs(id: string, jitterMs: number): number {
  if (jitterMs === 0) return 0;
  const number = createHash('sha256').update(id).digest().readUIntBE(0, 6);
  return (number % (jitterMs / 1000)) * 1000;
}
