/**
 * Finds the rules that can match, without looking at all: by action, and by one comparison that a rule cannot do without,
 * such as `"team-a" in person.groups` among its `&&`. A rule left out is one whose condition is certainly false.
 */
import type { Risk } from '../actions/action.ts';
import type { Tree } from './condition.ts';
import type { CelContext } from './context.ts';
import type { Rule } from './rules.ts';
import { pathOf, stringOf } from './syntax.ts';

interface Shelf {
  all: Rule[];
  /** Rules without such a comparison. */
  always: Rule[];
  keyed: Map<string, Rule[]>;
  /** Those of `keyed` whose comparison is about the target. */
  aboutTarget: Rule[];
}

export type RuleIndex = ReadonlyMap<string, Shelf>;

/** Comparisons that select, the most selective first. */
const KEYS = ['person.name', 'person.groups', 'target.owner', 'request.channel', 'target.env'];

export function indexRules(rules: readonly Rule[]): RuleIndex {
  const index = new Map<string, Shelf>();
  for (const rule of rules) {
    const key = rule.condition === null ? null : keyOf(rule.condition.tree);
    for (const action of rule.actions) {
      const shelf = index.get(action) ?? emptyShelf();
      index.set(action, shelf);
      shelf.all.push(rule);
      if (key === null) shelf.always.push(rule);
      else shelf.keyed.set(key, [...(shelf.keyed.get(key) ?? []), rule]);
      if (key?.startsWith('target.')) shelf.aboutTarget.push(rule);
    }
  }
  return index;
}

/** In the order of the files. */
export function candidates(index: RuleIndex, context: CelContext): Rule[] {
  const shelf = index.get(context.action.name);
  if (shelf === undefined) return [];
  const found = forPerson(shelf, context);
  add(found, shelf, `target.owner ${context.target?.owner ?? ''}`);
  add(found, shelf, `target.env ${context.target?.env ?? ''}`);
  return ofRisk(found, context.action.risk);
}

/** Rules that can match this person on some target: the same whatever the target is. In the order of the files. */
export function personCandidates(index: RuleIndex, context: CelContext): Rule[] {
  const shelf = index.get(context.action.name);
  return shelf === undefined ? [] : ofRisk([...forPerson(shelf, context), ...shelf.aboutTarget], context.action.risk);
}

/** Every rule that speaks of this action and risk, matching or not. */
export function rulesFor(index: RuleIndex, { name, risk }: CelContext['action']): Rule[] {
  return ofRisk(index.get(name)?.all ?? [], risk);
}

function ofRisk(rules: Rule[], risk: Risk): Rule[] {
  return rules.filter((rule) => rule.risks === null || rule.risks.has(risk)).sort((a, b) => a.order - b.order);
}

function forPerson(shelf: Shelf, context: CelContext): Rule[] {
  const found = [...shelf.always];
  for (const group of context.person.groups) add(found, shelf, `person.groups ${group}`);
  add(found, shelf, `person.name ${context.person.name}`);
  add(found, shelf, `request.channel ${context.request.channel}`);
  return found;
}

function emptyShelf(): Shelf {
  return { all: [], always: [], keyed: new Map(), aboutTarget: [] };
}

function add(found: Rule[], shelf: Shelf, key: string): void {
  const rules = shelf.keyed.get(key);
  if (rules !== undefined) found.push(...rules);
}

function keyOf(tree: Tree): string | null {
  const keys = needed(tree);
  for (const name of KEYS) {
    const key = keys.find((each) => each.startsWith(`${name} `));
    if (key !== undefined) return key;
  }
  return null;
}

/** Comparisons joined by `&&` only: each one that is false makes the whole false, even beside an error. */
function needed(tree: Tree): string[] {
  if (tree.kind === 'all') return tree.of.flatMap(needed);
  if (tree.kind !== 'leaf') return [];
  const { node } = tree.leaf;
  if (node.op === 'in') return keyText(pathOf(node.args[1]), stringOf(node.args[0]), 'person.groups');
  if (node.op !== '==') return [];
  const [left, right] = node.args;
  return [...keyText(pathOf(left), stringOf(right), null), ...keyText(pathOf(right), stringOf(left), null)];
}

function keyText(path: string[] | null, word: string | null, only: string | null): string[] {
  const name = path?.join('.') ?? '';
  const fits = only === null ? KEYS.includes(name) && name !== 'person.groups' : name === only;
  return fits && word !== null ? [`${name} ${word}`] : [];
}
