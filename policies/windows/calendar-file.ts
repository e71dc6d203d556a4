/**
 * The written shape of a calendar file. What it means is in `read-calendar.ts`.
 *
 * Who a calendar is about is said by plain words (actions, risks, the target's owner, env and tags) and not in CEL: the
 * next opening must be found for a question that is not asked yet, so nothing here may depend on the time, the person or
 * the arguments. Those belong to the rules; a window only says when.
 */
import { z } from 'zod';
import { seconds } from '../../actions/args.ts';
import { WrittenRule } from '../rule-file.ts';
import { isZone } from './local-time.ts';

const Words = z.string().trim().min(1).max(300);
const Some = z.array(z.string().min(1).max(64)).min(1).max(50);

const Zone = z.string().max(64).refine(isZone, 'an IANA time zone, as in Europe/Berlin');

/** What a run does that is still going when the window closes. */
export const Overrun = z.enum(['finish', 'stop-after-step', 'refuse-start-if-not-fit']);
export type Overrun = z.infer<typeof Overrun>;

const common = { zone: Zone.optional(), overrun: Overrun.optional() };

/** Begins with each coming of a cron expression. `for` is elapsed time: 8 h are 8 h also when the clock is changed. */
export const CronWindow = z.strictObject({
  start: z.string().min(1).max(200),
  for: seconds({ min: 60, max: 31 * 86_400 }),
  ...common,
});
export type CronWindow = z.infer<typeof CronWindow>;

/** `to` is the end; a date alone means the whole day, so `to: 2027-01-03` lasts through the third. */
export const DateRange = z.strictObject({ from: z.string().max(40), to: z.string().max(40), ...common });
export type DateRange = z.infer<typeof DateRange>;

/**
 * The events of an iCalendar file that lies beside this one. `zone` is for whole days and times without a zone; `zones`
 * names the IANA zone behind a calendar program's own, as in `"W. Europe Standard Time": Europe/Berlin`.
 */
export const IcalEvents = z.strictObject({
  ical: z.string().regex(/^[\w][\w.-]{0,100}\.ics$/, 'a file in the same directory, as in holidays.ics'),
  zones: z.record(z.string().max(100), Zone).optional(),
  ...common,
});
export type IcalEvents = z.infer<typeof IcalEvents>;

export const WrittenTimes = z.union([CronWindow, DateRange, IcalEvents]);

export const WrittenCalendar = z.strictObject({
  /** Unique in all files. */
  name: WrittenRule.shape.name,
  /** allow: outside of it nothing it is about may start. deny: inside of it nothing may. Deny wins. */
  effect: z.enum(['allow', 'deny']),
  reason: Words.optional(),
  actions: WrittenRule.shape.actions,
  /** Without it, every risk but `read`. */
  risks: WrittenRule.shape.risks,
  /** All that is said must fit, of each list one. Without it, any target and none. */
  target: z
    .strictObject({ owner: Some.optional(), env: Some.optional(), tags: z.record(z.string().max(63), Some).optional() })
    .optional(),
  times: z.array(WrittenTimes).min(1).max(200),
  ...common,
});
export type WrittenCalendar = z.infer<typeof WrittenCalendar>;

export const CalendarFile = z.strictObject({ calendars: z.array(WrittenCalendar).max(500) });
export type CalendarFile = z.infer<typeof CalendarFile>;
