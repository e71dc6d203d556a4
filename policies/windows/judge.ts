/**
 * May this start now, as far as windows go: one answer for chat, schedules, API, command line and retries. Pure: the time
 * comes with the question. No calendar that is about the question: open.
 */
import type { RuleRef } from '../decision.ts';
import { type Calendar, isAbout, type WindowQuestion } from './calendar.ts';
import type { Overrun } from './calendar-file.ts';
import { DAY_MS } from './local-time.ts';
import { type Blocker, type Layout, layOut, type Opening } from './openings.ts';

export interface WindowAsk {
  calendars: readonly Calendar[];
  question: WindowQuestion;
  /** How long the run is expected to take; null: nobody knows, and it is not checked whether it fits. */
  neededMs: number | null;
}

export type WindowJudgement =
  | {
      kind: 'open';
      /** Null: not within the next `HORIZON_MS`. */
      untilMs: number | null;
      by: RuleRef[];
      /** What a run does that is still going at `untilMs`. */
      overrun: Overrun;
    }
  | { kind: 'closed'; by: Blocker[]; opensAtMs: number | null; next: Opening | null }
  /** Open, and over before the run would be. */
  | { kind: 'too-short'; needsMs: number; leftMs: number; untilMs: number; by: RuleRef[]; next: Opening | null };

/** How far ahead is looked for an opening. */
export const HORIZON_MS = 60 * DAY_MS;
/** Mostly the answer is near; looking 60 days ahead costs about ten times as much. */
const SHORTER_LOOKS_MS = [3 * DAY_MS, 14 * DAY_MS];

/** `next` is the first opening in which the run fits. */
export function judgeWindow(ask: WindowAsk): WindowJudgement {
  const calendars = ask.calendars.filter((calendar) => isAbout(calendar, ask.question));
  if (calendars.length === 0) return { kind: 'open', untilMs: null, by: [], overrun: 'finish' };
  for (const lookMs of SHORTER_LOOKS_MS) {
    const judgement = judgeWithin(ask, calendars, lookMs);
    if (isFinal(judgement)) return judgement;
  }
  return judgeWithin(ask, calendars, HORIZON_MS);
}

/** The next `count` openings in which the run fits, the present one included. */
export function whenCan(ask: WindowAsk, count: number, horizonMs = HORIZON_MS): Opening[] {
  const { now } = ask.question;
  const calendars = ask.calendars.filter((calendar) => isAbout(calendar, ask.question));
  const { openings } = lookAhead(calendars, now, horizonMs, ask.neededMs);
  return openings.filter((opening) => fits(opening, ask.neededMs)).slice(0, count);
}

/** Looks at openings that begin within `lookMs`, and at each for at least `neededMs`: one without an end is long enough. */
function lookAhead(calendars: readonly Calendar[], now: number, lookMs: number, neededMs: number | null): Layout {
  const { openings, blockers } = layOut(calendars, now, now + lookMs + (neededMs ?? 0));
  return { openings: openings.filter(({ fromMs }) => fromMs < now + lookMs), blockers };
}

function fits({ fromMs, untilMs, overrun }: Opening, neededMs: number | null): boolean {
  if (neededMs === null || untilMs === null || overrun !== 'refuse-start-if-not-fit') return true;
  return untilMs - fromMs >= neededMs;
}

function judgeWithin(
  { question: { now }, neededMs }: WindowAsk,
  calendars: readonly Calendar[],
  lookMs: number,
): WindowJudgement {
  const { openings, blockers } = lookAhead(calendars, now, lookMs, neededMs);
  const [first, ...later] = openings;
  if (first === undefined || first.fromMs > now) {
    const next = openings.find((opening) => fits(opening, neededMs)) ?? null;
    return { kind: 'closed', by: blockers, opensAtMs: first?.fromMs ?? null, next };
  }
  const { untilMs, by, overrun, endsBy } = first;
  if (neededMs === null || untilMs === null || fits(first, neededMs)) return { kind: 'open', untilMs, by, overrun };
  const next = later.find((opening) => fits(opening, neededMs)) ?? null;
  return { kind: 'too-short', needsMs: neededMs, leftMs: untilMs - now, untilMs, by: endsBy, next };
}

/** Looking further would not change it. */
function isFinal(judgement: WindowJudgement): boolean {
  if (judgement.kind === 'open') return judgement.untilMs !== null;
  return judgement.next !== null && judgement.next.untilMs !== null;
}
