/**
 * Decides: deny wins over ask, ask over allow, and where nothing matches the answer is deny. Pure and total.
 *
 * A condition that cannot be evaluated denies in a deny rule and in an ask rule, and lets nothing through in an allow rule. What is said to a person whom
 * no rule lets do anything is the same for every VM, and for one that does not exist.
 */
import type { ConditionError } from './condition.ts';
import { type CelContext, celContext } from './context.ts';
import type { Decision, PolicyQuestion } from './decision.ts';
import { treeFacts } from './facts.ts';
import { nearestRule } from './nearest.ts';
import { joinRequirements } from './requirement.ts';
import { candidates, type RuleIndex } from './rule-index.ts';
import type { Effect, Rule } from './rules.ts';

export type Match = { kind: 'matched' } | { kind: 'not-matched' } | { kind: 'error'; error: ConditionError };

type RuleWith<K extends Effect['kind']> = Rule & { effect: Effect & { kind: K } };

/** Most sentences in one decision. */
const MAX_FACTS = 12;

export function decide(index: RuleIndex, question: PolicyQuestion): Decision {
  const context = celContext(question);
  if (context.person.name === '') return unknownPerson();
  const rules = candidates(index, context);
  const denying = rules.filter((rule) => denies(rule, context));
  if (denying.length > 0) return denial(denying, rules, index, context);
  const asking = rules.filter(isAsk).filter((rule) => countsAsMatch(rule, context));
  if (asking.length > 0) return ask(asking, rules, context);
  const allowed = rules.find((rule) => rule.effect.kind === 'allow' && countsAsMatch(rule, context));
  if (allowed === undefined) return unmatched(index, rules, context);
  return {
    kind: 'allow',
    rule: allowed.ref,
    facts: limited([...ruleFacts(allowed, context), ...doubts(rules, context)]),
  };
}

export function matchRule(rule: Rule, context: CelContext): Match {
  const verdict = rule.condition?.test(context) ?? true;
  if (typeof verdict === 'boolean') return { kind: verdict ? 'matched' : 'not-matched' };
  return { kind: 'error', error: verdict };
}

/** A condition about a target says nothing on an action that has none; other errors fail closed. */
export function countsAsMatch(rule: Rule, context: CelContext): boolean {
  const match = matchRule(rule, context);
  if (match.kind === 'error') return rule.effect.kind === 'deny' && !match.error.noTarget;
  return match.kind === 'matched';
}

export function ruleFacts(rule: Rule, context: CelContext): string[] {
  return rule.condition === null
    ? [`action.name is "${context.action.name}"`]
    : treeFacts(rule.condition.tree, context);
}

/** An ask rule that cannot be answered might have asked: what stands beside it must not pass without that. */
function denies(rule: Rule, context: CelContext): boolean {
  if (rule.effect.kind === 'deny') return countsAsMatch(rule, context);
  const match = rule.effect.kind === 'ask' ? matchRule(rule, context) : null;
  return match?.kind === 'error' && !match.error.noTarget;
}

/** A denial that looks at the VM is told only to those whom another rule would let act on it. */
function denial(denying: Rule[], rules: Rule[], index: RuleIndex, context: CelContext): Decision {
  const permitted = rules.some((rule) => rule.effect.kind !== 'deny' && countsAsMatch(rule, context));
  const rule = denying.find((each) => permitted || each.condition?.aboutTarget !== true);
  if (rule === undefined) return unmatched(index, rules, context);
  return { kind: 'deny', rule: rule.ref, facts: limited(ruleFacts(rule, context)), ...whyDenied(rule, context) };
}

function whyDenied({ effect, ref, ...rule }: Rule, context: CelContext): { reason: string; hint: string | null } {
  const match = matchRule({ effect, ref, ...rule }, context);
  if (match.kind !== 'error' && effect.kind === 'deny') return { reason: effect.reason, hint: effect.hint };
  const why = match.kind === 'error' ? match.error.why : 'it asks for what nobody can say';
  return {
    reason: `rule "${ref.name}" cannot be evaluated: ${why}`,
    hint: `correct the condition at ${ref.file}:${ref.line}, or the VM's tags`,
  };
}

function ask(asking: RuleWith<'ask'>[], rules: Rule[], context: CelContext): Decision {
  return {
    kind: 'ask',
    rules: asking.map((rule) => rule.ref),
    requirement: joinRequirements(asking.map((rule) => rule.effect.requirement)),
    expiresSeconds: Math.min(...asking.map((rule) => rule.effect.expiresSeconds)),
    facts: limited([...asking.flatMap((rule) => ruleFacts(rule, context)), ...doubts(rules, context)]),
  };
}

/** Nothing here may depend on the target. */
function unmatched(index: RuleIndex, rules: Rule[], context: CelContext): Decision {
  const near = nearestRule(index, context);
  const sure = rules.filter((rule) => rule.condition?.aboutTarget === false);
  return {
    kind: 'deny',
    rule: null,
    reason: `no rule lets ${context.person.name} do ${context.action.name} here`,
    facts: limited([...near.facts, ...doubts(sure, context)]),
    hint: near.hint,
  };
}

function unknownPerson(): Decision {
  return { kind: 'deny', rule: null, reason: 'nobody knows who asks', facts: ['person.name is ""'], hint: null };
}

/** Rules that might have asked or allowed, had their condition been answerable. */
function doubts(rules: Rule[], context: CelContext): string[] {
  return rules.flatMap((rule) => {
    const match = rule.effect.kind === 'deny' ? null : matchRule(rule, context);
    if (match?.kind !== 'error' || match.error.noTarget) return [];
    return [`rule "${rule.ref.name}" does not count, its condition cannot be evaluated: ${match.error.why}`];
  });
}

function limited(facts: string[]): string[] {
  return [...new Set(facts)].slice(0, MAX_FACTS);
}

function isAsk(rule: Rule): rule is RuleWith<'ask'> {
  return rule.effect.kind === 'ask';
}
