/** The instants of a cron expression in a zone, by the rules for times that the clock jumps over or shows twice. */
import { type Cron, wallTimes } from './cron-times.ts';
import { DAY_MS, fromWall, toWall, type WallMs } from './local-time.ts';

export interface DstRules {
  /** A time that does not come that day: run as long after the jump as it would have been after its start, or not. */
  gap: 'shift-forward' | 'skip';
  /** A time that comes twice that day. */
  fold: 'first' | 'second' | 'both';
}

export interface Occurrence {
  atMs: number;
  /** What the expression names; for a shifted one, not what the clock shows at `atMs`. */
  wall: WallMs;
  kind: 'plain' | 'shifted' | 'first' | 'second';
}

export interface CronInZone {
  cron: Cron;
  /** IANA name. */
  zone: string;
  dst: DstRules;
}

/** Ascending, no instant twice, from `fromMs` on, before `toMs`. */
export function occurrences({ cron, zone, dst }: CronInZone, fromMs: number, toMs: number): Occurrence[] {
  if (toMs <= fromMs) return [];
  const found = new Map<number, Occurrence>();
  const walls = wallTimes(cron, Math.min(...wallsAround(zone, fromMs)), Math.max(...wallsAround(zone, toMs)));
  for (const wall of walls) {
    for (const one of place(wall, zone, dst)) {
      const there = one.kind === 'shifted' && found.has(one.atMs);
      if (one.atMs >= fromMs && one.atMs < toMs && !there) found.set(one.atMs, one);
    }
  }
  return [...found.values()].sort((a, b) => a.atMs - b.atMs);
}

/** By every offset that is used within a day of it, so by both of a change nearby. Samoa's jump in 2011 was a day wide. */
function wallsAround(zone: string, ms: number): WallMs[] {
  return [-DAY_MS, 0, DAY_MS].map((away) => toWall(zone, ms + away) - away);
}

function place(wall: WallMs, zone: string, { gap, fold }: DstRules): Occurrence[] {
  const instants = fromWall(zone, wall);
  switch (instants.kind) {
    case 'once':
      return [{ atMs: instants.ms, wall, kind: 'plain' }];
    case 'never':
      return gap === 'skip' ? [] : [{ atMs: instants.ms, wall, kind: 'shifted' }];
    case 'twice': {
      const first: Occurrence = { atMs: instants.firstMs, wall, kind: 'first' };
      const second: Occurrence = { atMs: instants.secondMs, wall, kind: 'second' };
      return fold === 'both' ? [first, second] : fold === 'first' ? [first] : [second];
    }
  }
}
