/** Calendars as Drover holds them: who each is about, and when each of its entries lasts. */
import type { Risk } from '../../actions/action.ts';
import type { PolicyQuestion, RuleRef } from '../decision.ts';
import type { Overrun } from './calendar-file.ts';

/** Half open, ms since the epoch. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** One line of a calendar: a cron window, a range or an event. */
export interface Entry {
  /** The calendar's name and where the entry stands; an event's place is in its own file. */
  ref: RuleRef;
  /** For people: `0 22 * * 1-5 for 8h`, an event's summary. */
  label: string;
  overrun: Overrun;
  /** Every span that touches [`fromMs`, `toMs`), whole, ascending. */
  spans(fromMs: number, toMs: number): Span[];
}

export interface Scope {
  actions: ReadonlySet<string>;
  risks: ReadonlySet<Risk>;
  /** Null: any target, and none. */
  target: TargetScope | null;
}

/** Each one set: the value must be among them. */
export interface TargetScope {
  owner: ReadonlySet<string> | null;
  env: ReadonlySet<string> | null;
  tags: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Calendar {
  ref: RuleRef;
  effect: 'allow' | 'deny';
  /** Why it is there, for people; null when its author gave none. */
  reason: string | null;
  scope: Scope;
  entries: readonly Entry[];
}

/** What is asked about; the rest of a policy's question plays no part. */
export type WindowQuestion = Pick<PolicyQuestion, 'action' | 'target' | 'now'>;

/** A calendar that names targets is not about an action without one, as with a rule's condition. */
export function isAbout({ scope }: Calendar, { action, target }: WindowQuestion): boolean {
  if (!scope.actions.has(action.name) || !scope.risks.has(action.risk)) return false;
  if (scope.target === null) return true;
  if (target === null) return false;
  const { owner, env, tags } = scope.target;
  const tag = (name: string) => (Object.hasOwn(target.tags, name) ? (target.tags[name] ?? '') : '');
  if (owner?.has(target.owner) === false || env?.has(tag('env')) === false) return false;
  return [...tags].every(([name, values]) => values.has(tag(name)));
}
