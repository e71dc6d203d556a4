/**
 * Finds the wrong words of a condition: variables, fields, functions, groups, states. The library's own check stops at
 * the first and does not look into `has(…)`; this one finds all, says what is allowed, and suggests.
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { nearest } from '../actions/nearest.ts';
import { conditionFunctions, objectClasses, objects, plainVariables } from './conditions.ts';
import { allowedWords } from './suggest.ts';
import { children, pathOf, stringOf, walk } from './syntax.ts';

/** `offset` counts UTF-16 units into the condition's text. */
export interface ConditionProblem {
  offset: number;
  problem: string;
}

/** The words known outside of the policy. */
export interface Names {
  actions: readonly string[];
  groups: readonly string[];
  functions: readonly string[];
}

/** Sized for conditions a person can read; the library's own limits are for machines. */
const LIMITS = { maxAstNodes: 400, maxDepth: 30, maxListElements: 200, maxMapEntries: 20, maxCallArguments: 8 };
/** Longest pattern for `matches`: it runs on every decision. */
const MAX_PATTERN_CHARS = 200;
const MACROS = ['exists', 'all', 'exists_one', 'map', 'filter', 'bind'];

export function makeEnvironment(): Environment {
  const env = new Environment({ limits: LIMITS });
  for (const [name, fields] of Object.entries(objects)) {
    const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
    const types = Object.fromEntries(Object.entries(fields).map(([field, { type: of }]) => [field, of]));
    const ctor = name === 'person' ? objectClasses.person : name === 'target' ? objectClasses.target : null;
    env.registerType(type, ctor === null ? { fields: types } : { ctor, fields: types });
    env.registerVariable(name, type);
  }
  for (const [name, type] of Object.entries(plainVariables)) env.registerVariable(name, type);
  for (const entry of conditionFunctions) env.registerFunction(entry.signature, entry.run);
  return env;
}

export function functionNames(env: Environment): string[] {
  return [...new Set(env.getDefinitions().functions.map((each) => each.name))].sort();
}

export function nameProblems(ast: ASTNode, names: Names): ConditionProblem[] {
  const bound = boundNames(ast);
  return [...walk(ast)].flatMap((node) => [
    ...variableProblem(node, bound),
    ...fieldProblem(node),
    ...wordProblems(node, names),
    ...callProblem(node),
  ]);
}

/** Makes the library's message on a call helpful: whether the name is wrong or the arguments are. */
export function unmatchedCall(summary: string, names: Names): string {
  const called = /no matching overload for '(?:[^(]*\.)?(\w+)\(/.exec(summary)?.[1];
  if (called === undefined) return summary;
  if (names.functions.includes(called)) {
    const own = conditionFunctions.find((entry) => entry.name === called);
    return `${called} does not take these arguments: ${summary}${own === undefined ? '' : `; it is ${own.signature}`}`;
  }
  const ours = conditionFunctions.map((entry) => entry.name);
  const near = nearest(called, names.functions);
  return `unknown function ${called} (own functions: ${ours.join(', ')}, and CEL's${near === null ? '' : `; did you mean "${near}"?`})`;
}

/** Names that a macro such as `exists(g, …)` introduces. */
function boundNames(ast: ASTNode): Set<string> {
  const bound = new Set<string>();
  for (const node of walk(ast)) {
    if (node.op !== 'rcall' || !MACROS.includes(node.args[0])) continue;
    const first = node.args[2][0];
    if (first?.op === 'id') bound.add(first.args);
  }
  return bound;
}

function variableProblem(node: ASTNode, bound: Set<string>): ConditionProblem[] {
  if (node.op !== 'id') return [];
  const variables = [...Object.keys(objects), ...Object.keys(plainVariables)];
  const others = ['cel', 'optional', 'string', 'int', 'double', 'bool', 'bytes', 'list', 'map', 'uint', 'type'];
  if (variables.includes(node.args)) {
    return bound.has(node.args)
      ? [{ offset: node.start, problem: `${node.args} is taken: use another name here` }]
      : [];
  }
  if (bound.has(node.args) || others.includes(node.args)) return [];
  return [{ offset: node.start, problem: `unknown variable ${node.args}${allowedWords(node.args, variables)}` }];
}

function fieldProblem(node: ASTNode): ConditionProblem[] {
  const path = node.op === '.' || node.op === '[]' ? pathOf(node) : null;
  const [object, field] = path ?? [];
  if (path?.length !== 2 || object === undefined || field === undefined || !Object.hasOwn(objects, object)) return [];
  const fields = Object.keys(objects[object] ?? {});
  if (fields.includes(field)) return [];
  const offset = node.op === '.' ? node.end - field.length : node.start;
  return [{ offset, problem: `unknown field ${object}.${field}${allowedWords(field, fields)}` }];
}

/** `target.state == "runing"`, `"opps" in person.groups`, `action.name in ["vm.dlete"]`. */
function wordProblems(node: ASTNode, names: Names): ConditionProblem[] {
  if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return [];
  const [left, right] = node.args;
  const groups = pathOf(right)?.join('.') === 'person.groups' && node.op === 'in';
  const pairs = groups
    ? [{ allowed: names.groups, words: [left] }]
    : [
        { allowed: wordsOf(left, names), words: right.op === 'list' ? right.args : [right] },
        { allowed: wordsOf(right, names), words: [left] },
      ];
  return pairs.flatMap(({ allowed, words }) => words.flatMap((word) => wordProblem(word, allowed)));
}

function wordProblem(node: ASTNode, allowed: readonly string[] | null): ConditionProblem[] {
  const word = stringOf(node);
  if (word === null || allowed === null || allowed.includes(word)) return [];
  return [{ offset: node.start, problem: `"${word}" is unknown here${allowedWords(word, allowed)}` }];
}

function wordsOf(node: ASTNode, names: Names): readonly string[] | null {
  const [object, field, more] = pathOf(node) ?? [];
  if (object === undefined || field === undefined || more !== undefined) return null;
  if (object === 'action' && field === 'name') return names.actions;
  return Object.hasOwn(objects, object) ? (objects[object]?.[field]?.values ?? null) : null;
}

function callProblem(node: ASTNode): ConditionProblem[] {
  if (node.op === 'rcall' && node.args[0] === 'matches') return patternProblem(node.start, node.args[2][0]);
  if (node.op !== 'call') return [];
  const entry = conditionFunctions.find((each) => each.name === node.args[0]);
  const literals = children(node).map((arg) => (arg.op === 'value' ? arg.args : undefined));
  const problem = entry?.check?.(literals) ?? null;
  return problem === null ? [] : [{ offset: node.start, problem: `${node.args[0]}: ${problem}` }];
}

/** JavaScript's expressions can take exponential time; what a requester writes must not choose the pattern either. */
function patternProblem(offset: number, argument: ASTNode | undefined): ConditionProblem[] {
  const pattern = argument === undefined ? null : stringOf(argument);
  if (pattern === null) return [{ offset, problem: 'matches: the pattern must be written out' }];
  if (pattern.length > MAX_PATTERN_CHARS) {
    return [{ offset, problem: `matches: the pattern is longer than ${MAX_PATTERN_CHARS} characters` }];
  }
  if (/[+*}]\)?[+*{]|[+*}|][^()]*\)[+*{]/.test(pattern)) {
    return [{ offset, problem: 'matches: a repetition inside a repetition can take for ever; write it flat' }];
  }
  return isPattern(pattern) ? [] : [{ offset, problem: `matches: "${pattern}" is not a regular expression` }];
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}
