/** Puts into short sentences what decided: `target.env is "prod"`, `person.groups has no "ops"`. Never a secret. */
import type { Leaf, Tree, Verdict } from './condition.ts';
import { conditionFunctions } from './conditions.ts';
import type { CelContext } from './context.ts';
import { type Path, pathOf, pathsIn, stringOf } from './syntax.ts';

/** Longest value shown; arguments may hold whole documents. */
const MAX_VALUE_CHARS = 80;
const SECRET = /pass|secret|token|key|credential|private/i;

/** The leaves that made the tree come out as it did; with an error among them, that. */
export function decisiveLeaves(tree: Tree, context: CelContext): Leaf[] {
  if (tree.kind === 'leaf') return [tree.leaf];
  if (tree.kind === 'not') return decisiveLeaves(tree.of, context);
  const verdicts = tree.of.map((part) => ({ part, verdict: judge(part, context) }));
  const settling = tree.kind === 'any';
  const settled = verdicts.filter(({ verdict }) => verdict === settling);
  const errors = verdicts.filter(({ verdict }) => typeof verdict !== 'boolean');
  const decisive = settled.length > 0 ? settled : errors.length > 0 ? errors : verdicts;
  return decisive.flatMap(({ part }) => decisiveLeaves(part, context));
}

/** As CEL does: what settles `&&` or `||` wins over an error on the other side. */
export function judge(tree: Tree, context: CelContext): Verdict {
  if (tree.kind === 'leaf') return tree.leaf.test(context);
  if (tree.kind === 'not') {
    const inner = judge(tree.of, context);
    return typeof inner === 'boolean' ? !inner : inner;
  }
  const settling = tree.kind === 'any';
  const verdicts = tree.of.map((part) => judge(part, context));
  if (verdicts.includes(settling)) return settling;
  return verdicts.find((verdict) => typeof verdict !== 'boolean') ?? !settling;
}

export function treeFacts(tree: Tree, context: CelContext): string[] {
  return [...new Set(decisiveLeaves(tree, context).flatMap((leaf) => leafFacts(leaf, context)))];
}

export function leafFacts(leaf: Leaf, context: CelContext): string[] {
  const verdict = leaf.test(context);
  if (typeof verdict !== 'boolean') return [`"${leaf.text}" cannot be said: ${verdict.why}`];
  return membership(leaf, context) ?? ownFunction(leaf, context) ?? comparison(leaf, context, verdict);
}

/** `"ops" in person.groups` */
function membership({ node }: Leaf, context: CelContext): string[] | null {
  if (node.op !== 'in') return null;
  const word = stringOf(node.args[0]);
  const path = pathOf(node.args[1]);
  if (word === null || path === null) return null;
  const list = valueAt(context, path);
  const has = Array.isArray(list) ? list.includes(word) : isRecord(list) && Object.hasOwn(list, word);
  return [`${path.join('.')} has ${has ? '' : 'no '}${JSON.stringify(word)}`];
}

function ownFunction({ node }: Leaf, context: CelContext): string[] | null {
  if (node.op !== 'call') return null;
  const [called, args] = node.args;
  const sentence = conditionFunctions.find((entry) => entry.name === called)?.fact;
  const first = args[0] === undefined ? null : pathOf(args[0]);
  return sentence === undefined || first?.join('.') !== 'target' || context.target === undefined
    ? null
    : [sentence(context.target)];
}

function comparison({ node, text }: Leaf, context: CelContext, verdict: boolean): string[] {
  const paths = pathsIn(node);
  const simple = ['==', '!=', '<', '<=', '>', '>=', '.', '[]', 'in'].includes(node.op);
  const values = paths.flatMap((path) => pathFact(context, path));
  const whole = simple && values.length > 0 ? [] : [`${text} is ${verdict}`];
  return [...whole, ...values];
}

function pathFact(context: CelContext, path: Path): string[] {
  const value = valueAt(context, path);
  if (path.length === 1 && path[0] !== 'now') return [];
  if (value === undefined) return [];
  return [`${path.join('.')} is ${SECRET.test(path.at(-1) ?? '') ? 'hidden' : shown(value)}`];
}

export function valueAt(context: CelContext, path: Path): unknown {
  let value: unknown = context;
  for (const name of path) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

export function shown(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  const text = JSON.stringify(value, (key, each: unknown) => {
    if (SECRET.test(key)) return 'hidden';
    return typeof each === 'bigint' ? Number(each) : each;
  });
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS - 1)}…` : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
