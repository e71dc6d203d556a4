/**
 * Compiles one `when`: parses, type-checks, and cuts it at `&&`, `||` and `!` into leaves, so that every error is found
 * at once and `explain` can say which part decided. Errors come as offsets into the text; `load.ts` makes lines of them.
 */
import { type ASTNode, type Environment, type ParseResult, serialize } from '@marcbachmann/cel-js';
import { type ConditionProblem, type Names, nameProblems, unmatchedCall } from './condition-names.ts';
import type { CelContext } from './context.ts';
import { mentions, sourceOf } from './syntax.ts';

/** True, false, or why it cannot be said, such as a tag that is not there. */
export type Verdict = boolean | ConditionError;

export interface ConditionError {
  kind: 'error';
  why: string;
  /** The action has no target and the condition needs one: it is not about this action. */
  noTarget: boolean;
}

/** A part without `&&`, `||` or `!` around it. */
export interface Leaf {
  text: string;
  node: ASTNode;
  /** Whether it looks at the VM. What it says must stay unknown to a person without rights. */
  aboutTarget: boolean;
  test(context: CelContext): Verdict;
}

export type Tree = { kind: 'all' | 'any'; of: [Tree, Tree] } | { kind: 'not'; of: Tree } | { kind: 'leaf'; leaf: Leaf };

export interface Condition {
  text: string;
  tree: Tree;
  aboutTarget: boolean;
  test(context: CelContext): Verdict;
}

export type Compiled = { kind: 'condition'; condition: Condition } | { kind: 'broken'; problems: ConditionProblem[] };

export function compileCondition(env: Environment, names: Names, text: string): Compiled {
  const parsed = parse(env, text);
  if (parsed.kind === 'broken') return parsed;
  const { program } = parsed;
  const found = nameProblems(program.ast, names);
  const tree = cut(env, program.ast);
  const problems = [...found, ...leafProblems(env, names, tree).filter((problem) => !known(found, problem))];
  if (problems.length > 0) return { kind: 'broken', problems: problems.sort((a, b) => a.offset - b.offset) };
  const whole = program.check();
  if (!whole.valid) return { kind: 'broken', problems: [{ offset: 0, problem: whole.error?.summary ?? 'not valid' }] };
  const aboutTarget = mentions(program.ast, 'target');
  return { kind: 'condition', condition: { text, tree, aboutTarget, test: tester(program) } };
}

export function leavesOf(tree: Tree): Leaf[] {
  if (tree.kind === 'leaf') return [tree.leaf];
  return tree.kind === 'not' ? leavesOf(tree.of) : tree.of.flatMap(leavesOf);
}

type Parsed = { kind: 'parsed'; program: ParseResult } | { kind: 'broken'; problems: ConditionProblem[] };

function parse(env: Environment, text: string): Parsed {
  try {
    return { kind: 'parsed', program: env.parse(text) };
  } catch (error) {
    const offset = rangeStart(error);
    return { kind: 'broken', problems: [{ offset, problem: `not a CEL expression: ${summary(error)}` }] };
  }
}

/** The condition fails closed in every case: what the library throws of its own counts as an error of the condition. */
function tester(program: ParseResult): (context: CelContext) => Verdict {
  return (context) => {
    try {
      const value: unknown = program(context);
      return typeof value === 'boolean'
        ? value
        : { kind: 'error', why: 'it is neither true nor false', noTarget: false };
    } catch (error) {
      const noTarget = context.target === undefined && codeOf(error) === 'unknown_variable';
      return { kind: 'error', why: noTarget ? 'the action has no target' : summary(error), noTarget };
    }
  };
}

function cut(env: Environment, node: ASTNode): Tree {
  switch (node.op) {
    case '&&':
      return { kind: 'all', of: [cut(env, node.args[0]), cut(env, node.args[1])] };
    case '||':
      return { kind: 'any', of: [cut(env, node.args[0]), cut(env, node.args[1])] };
    case '!_':
      return { kind: 'not', of: cut(env, node.args) };
    default:
      return { kind: 'leaf', leaf: makeLeaf(env, node) };
  }
}

function makeLeaf(env: Environment, node: ASTNode): Leaf {
  const text = leafText(env, node);
  const program = env.parse(text);
  program.check();
  return { text, node, aboutTarget: mentions(node, 'target'), test: tester(program) };
}

/** The library's ranges leave out an outer parenthesis; then the text is written anew. */
function leafText(env: Environment, node: ASTNode): string {
  const source = sourceOf(node);
  const again = parse(env, source);
  const same = again.kind === 'parsed' && serialize(again.program.ast) === serialize(node);
  return same ? source : serialize(node);
}

function leafProblems(env: Environment, names: Names, tree: Tree): ConditionProblem[] {
  return leavesOf(tree).flatMap((leaf) => {
    const checked = env.check(leaf.text);
    const offset = leaf.node.start + (leaf.text === sourceOf(leaf.node) ? rangeStart(checked.error) : 0);
    if (checked.error !== undefined) return [{ offset, problem: unmatchedCall(checked.error.summary, names) }];
    if (checked.type === 'bool') return [];
    return [{ offset, problem: `"${leaf.text}" is ${checked.type}, not a condition: compare it, as in "… == …"` }];
  });
}

function known(found: ConditionProblem[], problem: ConditionProblem): boolean {
  return found.some((each) => each.offset === problem.offset);
}

function summary(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be evaluated';
  return 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

function rangeStart(error: unknown): number {
  if (!(error instanceof Error) || !('range' in error)) return 0;
  const range = error.range;
  return typeof range === 'object' && range !== null && 'start' in range && typeof range.start === 'number'
    ? range.start
    : 0;
}
