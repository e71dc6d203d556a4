/** The next runs of a schedule for a person: in their zone, with what a clock change does to each and what will block it. */
import type { Calendar, WindowQuestion } from '../../../policies/windows/calendar.ts';
import { judgeWindow, type WindowJudgement } from '../../../policies/windows/judge.ts';
import { formatAt } from '../../../policies/windows/local-time.ts';
import { whyNotNow } from '../../../policies/windows/why-not.ts';
import type { Schedule } from './schedule.ts';
import { nextSlots, type Slot } from './slots.ts';

export interface NextRunsAsk {
  schedule: Schedule;
  count: number;
  /** IANA name. */
  readerZone: string;
  now: number;
  calendars: readonly Calendar[];
  /** One for each target; a run is blocked when one of them is. */
  questions: readonly Omit<WindowQuestion, 'now'>[];
  /** Null: nobody knows how long it takes. */
  neededMs: number | null;
}

export interface NextRun {
  slot: Slot;
  /** `Sun 2026-03-29 03:30 Europe/Berlin (UTC+2)` */
  starts: string;
  /** What a clock change does to it; null: nothing. */
  note: string | null;
  /** The first window in the way as it will be then; null: none, or the schedule is paused. */
  blockedBy: Exclude<WindowJudgement, { kind: 'open' }> | null;
  /** The same for people; empty: it will run. */
  why: string[];
}

export function nextRuns(ask: NextRunsAsk): NextRun[] {
  return nextSlots(ask.schedule, ask.now, ask.count).map((slot) => describe(ask, slot));
}

function describe(ask: NextRunsAsk, slot: Slot): NextRun {
  const blockedBy = blockerOf(ask, slot);
  const why = blockedBy === null ? [] : whyNotNow(blockedBy, { zone: ask.readerZone, now: slot.startMs });
  return {
    slot,
    starts: formatAt(slot.startMs, ask.readerZone),
    note: noteOn(slot, ask.schedule),
    blockedBy,
    why: ask.schedule.paused ? ['the schedule is paused', ...why] : why,
  };
}

function blockerOf({ calendars, questions, neededMs }: NextRunsAsk, { startMs }: Slot): NextRun['blockedBy'] {
  for (const question of questions) {
    const judgement = judgeWindow({ calendars, question: { ...question, now: startMs }, neededMs });
    if (judgement.kind !== 'open') return judgement;
  }
  return null;
}

function noteOn({ dst, named, atMs }: Slot, { zone }: Schedule): string | null {
  switch (dst) {
    case 'plain':
      return null;
    case 'shifted':
      return `${named} does not come in ${zone}; it runs at ${formatAt(atMs, zone)} instead`;
    case 'first':
      return `${named} comes twice in ${zone}; this is the first`;
    case 'second':
      return `${named} comes twice in ${zone}; this is the second`;
  }
}
