/**
 * The rule that comes nearest to letting a person act, and what is missing. What a rule asks of the VM is quoted as
 * written and never evaluated, so that the sentence says nothing about the VM.
 */
import type { Leaf, Tree } from './condition.ts';
import type { CelContext } from './context.ts';
import { leafFacts } from './facts.ts';
import { rulesFor } from './rule-index.ts';
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

interface Candidate {
  rule: Rule;
  gaps: Gap[];
}

export function nearestRule(rules: readonly Rule[], context: CelContext): Nearest {
  const permitting = rulesFor(rules, context.action).filter((rule) => rule.effect.kind !== 'deny');
  const [best] = permitting
    .map((rule) => ({ rule, gaps: rule.condition === null ? [] : gaps(rule.condition.tree, true, context) }))
    .sort((a, b) => cost(a.gaps) - cost(b.gaps));
  if (best === undefined) return { hint: `no rule lets anybody do ${context.action.name}`, facts: [] };
  return {
    hint: hintOf(best),
    facts: best.gaps.filter((gap) => !gap.leaf.aboutTarget).flatMap((gap) => leafFacts(gap.leaf, context)),
  };
}

/** Leaves that would have to come out otherwise; those about the target always, since they stay unknown. */
function gaps(tree: Tree, wanted: boolean, context: CelContext): Gap[] {
  if (tree.kind === 'not') return gaps(tree.of, !wanted, context);
  if (tree.kind === 'leaf') {
    const { leaf } = tree;
    return leaf.aboutTarget || leaf.test(context) !== wanted ? [{ leaf, wanted }] : [];
  }
  const parts = tree.of.map((part) => gaps(part, wanted, context));
  const needsBoth = (tree.kind === 'all') === wanted;
  return needsBoth ? parts.flat() : (parts.sort((a, b) => cost(a) - cost(b))[0] ?? []);
}

/** What the person lacks weighs more than what the VM would have to be: there may be such a VM. */
function cost(missing: Gap[]): number {
  return missing.reduce((sum, gap) => sum + (gap.leaf.aboutTarget ? 1 : 100), 0);
}

function hintOf({ rule, gaps: missing }: Candidate): string {
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
