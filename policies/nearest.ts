/**
 * The rule that comes nearest to letting a person act, and what is missing. What a rule asks of the VM is quoted as
 * written and never evaluated, so that the sentence says nothing about the VM.
 */
import type { Leaf, Tree } from './condition.ts';
import type { CelContext } from './context.ts';
import { leafFacts } from './facts.ts';
import { personCandidates, type RuleIndex, rulesFor } from './rule-index.ts';
import type { Rule } from './rules.ts';

export interface Nearest {
  hint: string;
  facts: string[];
}

interface Gap {
  leaf: Leaf;
  /** What the leaf should be. */
  wanted: boolean;
}

/** Weighs more than all that a VM would have to be: there may be such a VM, but the person is who he is. */
const PERSON_GAP = 1000;

export function nearestRule(index: RuleIndex, context: CelContext): Nearest {
  const likely = cheapest(personCandidates(index, context), context);
  const best =
    likely !== null && likely.cost < PERSON_GAP ? likely : cheapest(rulesFor(index, context.action), context);
  if (best === null) return { hint: `no rule lets anybody do ${context.action.name}`, facts: [] };
  const missing = best.rule.condition === null ? [] : gaps(best.rule.condition.tree, true, context);
  const personal = missing.filter((gap) => !gap.leaf.aboutTarget);
  return { hint: hintOf(best.rule, missing), facts: personal.flatMap((gap) => leafFacts(gap.leaf, context)) };
}

function cheapest(rules: readonly Rule[], context: CelContext): { rule: Rule; cost: number } | null {
  let best: { rule: Rule; cost: number } | null = null;
  for (const rule of rules) {
    if (rule.effect.kind === 'deny') continue;
    const cost = rule.condition === null ? 0 : costOf(rule.condition.tree, true, context);
    if (best === null || cost < best.cost) best = { rule, cost };
  }
  return best;
}

/** Apart from `gaps`, since it runs on many rules. */
function costOf(tree: Tree, wanted: boolean, context: CelContext): number {
  if (tree.kind === 'not') return costOf(tree.of, !wanted, context);
  if (tree.kind === 'leaf') return tree.leaf.aboutTarget ? 1 : tree.leaf.test(context) === wanted ? 0 : PERSON_GAP;
  const left = costOf(tree.of[0], wanted, context);
  const right = costOf(tree.of[1], wanted, context);
  return (tree.kind === 'all') === wanted ? left + right : Math.min(left, right);
}

/** Leaves that would have to come out otherwise; those about the target always, since they stay unknown. */
function gaps(tree: Tree, wanted: boolean, context: CelContext): Gap[] {
  if (tree.kind === 'not') return gaps(tree.of, !wanted, context);
  if (tree.kind === 'leaf') {
    const { leaf } = tree;
    return leaf.aboutTarget || leaf.test(context) !== wanted ? [{ leaf, wanted }] : [];
  }
  const [left, right] = tree.of;
  if ((tree.kind === 'all') === wanted) return [...gaps(left, wanted, context), ...gaps(right, wanted, context)];
  return gaps(costOf(right, wanted, context) < costOf(left, wanted, context) ? right : left, wanted, context);
}

function hintOf(rule: Rule, missing: Gap[]): string {
  const quoted = (aboutTarget: boolean) =>
    missing
      .filter((gap) => gap.leaf.aboutTarget === aboutTarget)
      .map((gap) => (gap.wanted ? gap.leaf.text : `!(${gap.leaf.text})`));
  const person = quoted(false);
  const target = quoted(true);
  const verb = rule.effect.kind === 'ask' ? 'would let it be asked for' : 'would allow it';
  return [
    `rule "${rule.ref.name}" (${rule.ref.file}:${rule.ref.line}) ${verb}`,
    person.length === 0 ? '' : ` with ${[...new Set(person)].join(' and ')}`,
    target.length === 0 ? '' : ` on a VM where ${[...new Set(target)].join(' and ')}`,
  ].join('');
}
