/**
 * Break-glass: going through a closed window on one's own, on record. It is narrow and short, and somebody else must look at
 * it afterwards: until that is done nobody breaks the glass again. Judgement only; who is told, and how a person proves
 * who they are, is the caller's.
 */
import { z } from 'zod';
import type { WindowQuestion } from './calendar.ts';

const Name = z.string().min(1).max(64);
const Ms = z.int().nonnegative();

/** Names, not patterns: whoever breaks the glass says what for. */
export const BreakGlassScope = z.strictObject({
  actions: z.array(z.string().min(1).max(64)).min(1).max(10),
  targets: z.array(z.string().min(1).max(64)).min(1).max(50),
});
export type BreakGlassScope = z.infer<typeof BreakGlassScope>;

export const BreakGlass = z.strictObject({
  id: z.string().min(1).max(64),
  by: Name,
  reason: z.string().trim().min(10).max(1000),
  scope: BreakGlassScope,
  fromMs: Ms,
  /** Not included. */
  untilMs: Ms,
  /** By when somebody must have looked at it. */
  reviewByMs: Ms,
  /** Null: nobody has yet. */
  review: z
    .strictObject({ by: Name, atMs: Ms, verdict: z.enum(['justified', 'not-justified']), note: z.string().max(1000) })
    .nullable(),
});
export type BreakGlass = z.infer<typeof BreakGlass>;

export interface BreakGlassAsk {
  id: string;
  by: string;
  reason: string;
  scope: BreakGlassScope;
  forMs: number;
  now: number;
}

export type BreakGlassAnswer =
  | { kind: 'may'; record: BreakGlass }
  /** `open`: the reviews that must be closed first. */
  | { kind: 'may-not'; reason: string; hint: string; open: BreakGlass[] };

/** Long enough to mend something, too short to become a habit. */
const MAX_FOR_MS = 4 * 3_600_000;
const REVIEW_WITHIN_MS = 72 * 3_600_000;

export function mayBreakGlass(records: readonly BreakGlass[], ask: BreakGlassAsk): BreakGlassAnswer {
  const open = records.filter((record) => !isReviewed(record));
  const [oldest] = open.toSorted((a, b) => a.fromMs - b.fromMs);
  if (oldest !== undefined) {
    const late = ask.now > oldest.reviewByMs ? ', which is overdue' : '';
    const reason = `${open.length} earlier use${open.length === 1 ? ' is' : 's are'} not reviewed yet, the oldest by ${oldest.by}${late}`;
    return { kind: 'may-not', reason, hint: `anybody but ${oldest.by} can review ${oldest.id}`, open };
  }
  if (!(ask.forMs > 0 && ask.forMs <= MAX_FOR_MS))
    return {
      kind: 'may-not',
      reason: 'it is for too long',
      hint: `ask for ${MAX_FOR_MS / 3_600_000} h or less`,
      open: [],
    };
  const untilMs = ask.now + ask.forMs;
  const { id, by, reason, scope, now: fromMs } = ask;
  const written = { id, by, reason, scope, fromMs, untilMs, reviewByMs: untilMs + REVIEW_WITHIN_MS, review: null };
  const record = BreakGlass.safeParse(written);
  if (record.success) return { kind: 'may', record: record.data };
  const [issue] = record.error.issues;
  const hint = 'say in a sentence why it cannot wait, for which actions and which VMs';
  return { kind: 'may-not', reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, hint, open: [] };
}

/** A review by the one who broke the glass is none. */
export function isReviewed({ by, review }: BreakGlass): boolean {
  return review !== null && review.by !== by;
}

/** The record that lets this through now, for this person; null: none. */
export function openedBy(
  records: readonly BreakGlass[],
  question: WindowQuestion & { person: string },
): BreakGlass | null {
  const { person, action, target, now } = question;
  const covers = ({ by, scope, fromMs, untilMs }: BreakGlass) =>
    by === person &&
    fromMs <= now &&
    now < untilMs &&
    scope.actions.includes(action.name) &&
    target !== null &&
    scope.targets.includes(target.name);
  return records.find(covers) ?? null;
}
