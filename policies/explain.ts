/**
 * Explains a decision: every rule that speaks of the action, where it stands, what in it decided, and the smallest change
 * that would pass. As data for programs, and as lines for people.
 */
import { type CelContext, celContext } from './context.ts';
import { countsAsMatch, matchRule, ruleFacts } from './decide.ts';
import type { Decision, PolicyQuestion, RuleRef } from './decision.ts';
import { decisiveLeaves, leafFacts } from './facts.ts';
import type { LoadedPolicy } from './load.ts';
import { describeRequirement } from './requirement.ts';
import { rulesFor } from './rule-index.ts';
import type { Rule } from './rules.ts';
import { smallestChange } from './smallest-change.ts';

/**
 * `operator` sees all. `requester` sees nothing on the VM unless policy lets him act on it: what depends on the VM is
 * then quoted as written and not judged.
 */
export type Audience = 'operator' | 'requester';

export interface ConsideredRule {
  rule: RuleRef;
  effect: 'allow' | 'ask' | 'deny';
  /** Null: depends on the VM, which is not for this audience. */
  matched: boolean | null;
  /** Short sentences: the facts that decided. */
  why: string[];
}

export interface Explanation {
  decision: Decision;
  considered: ConsideredRule[];
  smallestChange: string | null;
}

export function explain(policy: LoadedPolicy, question: PolicyQuestion, audience: Audience = 'requester'): Explanation {
  const decision = policy.decide(question);
  const context = celContext(question);
  const rules = rulesFor(policy.index, question.action);
  const permitted = rules.some((rule) => rule.effect.kind !== 'deny' && countsAsMatch(rule, context));
  const mayKnowTarget = audience === 'operator' || permitted || question.target === null;
  return {
    decision,
    considered: rules.map((rule) => consider(rule, context, mayKnowTarget)),
    smallestChange: mayKnowTarget ? smallestChange({ policy, question }) : null,
  };
}

export function formatExplanation({ decision, considered, smallestChange: change }: Explanation): string[] {
  const hint = decision.kind === 'deny' && decision.hint !== null ? [`Hint: ${decision.hint}`] : [];
  return [
    headline(decision),
    ...decision.facts.map((fact) => `  because ${fact}`),
    'Rules considered:',
    ...(considered.length === 0 ? ['  none speaks of this action'] : considered.map(ruleLine)),
    ...(change === null ? [] : [`Smallest change: ${change}`]),
    ...hint,
  ];
}

function consider(rule: Rule, context: CelContext, mayKnowTarget: boolean): ConsideredRule {
  const seen = { rule: rule.ref, effect: rule.effect.kind };
  if (rule.condition?.aboutTarget === true && !mayKnowTarget) return { ...seen, ...withoutTarget(rule, context) };
  const match = matchRule(rule, context);
  const failed = match.kind === 'error' ? [`cannot be evaluated: ${match.error.why}`] : [];
  return { ...seen, matched: countsAsMatch(rule, context), why: [...failed, ...ruleFacts(rule, context)] };
}

/** Certainly false where what is known of the person settles it; else it depends. */
function withoutTarget(rule: Rule, context: CelContext): Pick<ConsideredRule, 'matched' | 'why'> {
  const { target: _, ...blind } = context;
  const settled = rule.condition?.test(blind) === false && rule.condition !== null;
  const leaves = rule.condition === null ? [] : decisiveLeaves(rule.condition.tree, blind);
  if (settled) return { matched: false, why: leaves.flatMap((leaf) => leafFacts(leaf, blind)) };
  return { matched: null, why: [`depends on the VM: ${rule.condition?.text ?? ''}`] };
}

function headline(decision: Decision): string {
  switch (decision.kind) {
    case 'allow':
      return `Allowed by ${place(decision.rule)}`;
    case 'ask':
      return `Needs ${describeRequirement(decision.requirement)} within ${decision.expiresSeconds / 60} min, by ${decision.rules.map(place).join(', ')}`;
    case 'deny':
      return `Denied${decision.rule === null ? '' : ` by ${place(decision.rule)}`}: ${decision.reason}`;
  }
}

function ruleLine({ rule, effect, matched, why }: ConsideredRule): string {
  const sign = matched === null ? '?' : matched ? '+' : '-';
  return `  ${sign} ${effect} ${place(rule)}${why.length === 0 ? '' : `: ${why.join('; ')}`}`;
}

function place(rule: RuleRef): string {
  return `"${rule.name}" (${rule.file}:${rule.line})`;
}
