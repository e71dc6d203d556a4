/** A schedule: when something is to run, and what holds when that time is missed, doubled, skipped by the clock or taken. */
import { z } from 'zod';
import { seconds } from '../../../actions/args.ts';
import { type Cron, readCron } from '../../../policies/windows/cron-times.ts';
import { isZone } from '../../../policies/windows/local-time.ts';
import type { DstRules } from '../../../policies/windows/occurrences.ts';

const DAY_S = 86_400;

export const Schedule = z.strictObject({
  /** Part of every slot's id: a schedule that is given another id runs its slots again. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens, at most 64'),
  /** Five fields. */
  cron: z.string().superRefine((text, ctx) => {
    const read = readCron(text);
    if (read.kind === 'broken') ctx.addIssue({ code: 'custom', message: read.problem });
  }),
  zone: z.string().max(64).refine(isZone, 'an IANA time zone, as in Europe/Berlin'),
  /** How late a missed run may still start, in seconds. None: a run that was missed is not made up for. */
  catchUp: seconds({ min: 0, max: 7 * DAY_S }).default(0),
  /** While the run before is going: skip this one, let one wait, or run both. */
  overlap: z.enum(['skip', 'queue', 'parallel']).default('skip'),
  /** A time that the clock jumps over. Without it: shifted, but skipped by what runs every hour anyway. */
  dstGap: z.enum(['shift-forward', 'skip']).optional(),
  /** A time that the clock shows twice. Without it: the first, but both by what runs every hour anyway. */
  dstFold: z.enum(['first', 'second', 'both']).optional(),
  /** Each run starts up to so many seconds later, always as much for the same slot. */
  jitter: seconds({ min: 0, max: DAY_S }).default(0),
  paused: z.boolean().default(false),
});
export type Schedule = z.infer<typeof Schedule>;

/** The parsed expression of a checked schedule. Kept: parsing costs milliseconds and is asked for on every tick. */
export function cronOf({ cron }: Schedule): Cron {
  const known = crons.get(cron);
  if (known !== undefined) return known;
  const read = readCron(cron);
  if (read.kind === 'broken') throw new Error(`schedule not checked: ${read.problem}`);
  if (crons.size >= MAX_CRONS) crons.clear();
  crons.set(cron, read.cron);
  return read.cron;
}

const MAX_CRONS = 10_000;
const crons = new Map<string, Cron>();

/**
 * What runs every hour is about the pause between runs, so the clock's changes leave it alone; what names an hour is about
 * the day, and comes once a day. Debian's cron draws the same line (cron(8), "daylight saving time").
 */
export function dstRulesOf(schedule: Schedule): DstRules {
  const { everyHour } = cronOf(schedule);
  return {
    gap: schedule.dstGap ?? (everyHour ? 'skip' : 'shift-forward'),
    fold: schedule.dstFold ?? (everyHour ? 'both' : 'first'),
  };
}
