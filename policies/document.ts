/**
 * Reads a YAML text against a zod schema and keeps the places, so that every error says line and column, what is allowed
 * and what was probably meant. Knows nothing of policy.
 */
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { allowedWords } from './suggest.ts';

/** `line` and `column` count from 1. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  problem: string;
}

type Path = readonly PropertyKey[];

export interface Places {
  /** The place of a value; of what encloses it when it is not there. */
  of(path: Path): { line: number; column: number };
  /** The place of a key itself, in the map at `path`. */
  key(path: Path, key: string): { line: number; column: number };
  /** The place `offset` characters into a text value, also where YAML folds it over several lines. */
  within(path: Path, offset: number): { line: number; column: number };
}

export type Read<T> = { kind: 'read'; value: T; places: Places } | { kind: 'broken'; problems: Problem[] };

/** Aliases that one file may unfold to, against the billion laughs. */
const MAX_ALIASES = 50;

export function readDocument<T>(file: string, text: string, schema: z.ZodType<T>): Read<T> {
  const lines = new LineCounter();
  const parsed = parseYaml(text, lines);
  if (parsed.kind === 'broken') return { kind: 'broken', problems: parsed.errors.map((error) => ({ file, ...error })) };
  const places = placesOf(parsed.root, text, lines);
  const result = schema.safeParse(parsed.value, { reportInput: true });
  if (result.success) return { kind: 'read', value: result.data, places };
  const problems = result.error.issues.flatMap((issue) => issueProblems(issue, [], schema, places));
  return { kind: 'broken', problems: problems.map((problem) => ({ file, ...problem })) };
}

type Placed = Omit<Problem, 'file'>;
type Yaml = { kind: 'parsed'; root: Node | null; value: unknown } | { kind: 'broken'; errors: Placed[] };

function parseYaml(text: string, lineCounter: LineCounter): Yaml {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, version: '1.2', logLevel: 'error' });
    const wrong = [...document.errors, ...document.warnings];
    if (wrong.length > 0) return { kind: 'broken', errors: wrong.map((e) => yamlProblem(e, lineCounter)) };
    return { kind: 'parsed', root: document.contents, value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    const problem = `not a YAML document: ${error instanceof Error ? error.message : 'unreadable'}`;
    return { kind: 'broken', errors: [{ line: 1, column: 1, problem }] };
  }
}

function yamlProblem(error: { message: string; pos: [number, number] }, lines: LineCounter): Placed {
  const { line, col } = lines.linePos(error.pos[0]);
  return { line: Math.max(1, line), column: Math.max(1, col), problem: `not a YAML document: ${error.message}` };
}

function placesOf(root: Node | null, text: string, lines: LineCounter): Places {
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  return {
    of: (path) => at(nearestNode(root, path)?.range?.[0] ?? 0),
    key: (path, key) => {
      const node = nearestNode(root, path);
      const keys = isMap(node) ? node.items.map((item) => item.key) : [];
      const found = keys.find((each) => isScalar(each) && String(each.value) === key);
      return at((isNode(found) ? found : node)?.range?.[0] ?? 0);
    },
    within: (path, offset) => {
      const node = nearestNode(root, path);
      const start = node?.range?.[0] ?? 0;
      return at(isScalar(node) && typeof node.value === 'string' ? follow(text, start, node.value, offset) : start);
    },
  };
}

function nearestNode(root: Node | null, path: Path): Node | null {
  let node = root;
  for (const key of path) {
    const next = node === null ? null : childOf(node, key);
    if (next === null) return node;
    node = next;
  }
  return node;
}

function childOf(node: Node, key: PropertyKey): Node | null {
  if (!('get' in node) || typeof node.get !== 'function' || typeof key === 'symbol') return null;
  const child: unknown = node.get(key, true);
  return isNode(child) ? child : null;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value && 'toJSON' in value;
}

/** Walks source and value side by side; the source only has more: quotes, escapes, indentation, a block's head. */
function follow(source: string, start: number, value: string, offset: number): number {
  let at = /^[|>][^\n]*\n/.exec(source.slice(start))?.[0].length ?? 0;
  at += start;
  for (const letter of value.slice(0, offset + 1)) {
    if (/\s/.test(letter)) continue;
    const next = source.indexOf(letter, at);
    if (next === -1) return start;
    at = next + 1;
  }
  return Math.max(start, at - 1);
}

function issueProblems(issue: z.core.$ZodIssue, before: Path, schema: z.core.$ZodType, places: Places): Placed[] {
  const path = [...before, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAt(schema, path);
    return issue.keys.map((key) => ({
      ...places.key(path, key),
      problem: `unknown key "${key}" in ${name(path)}${allowedWords(key, allowed)}`,
    }));
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    const problem = `${name(path)} is ${shown(issue.input)}${allowedWords(typeof issue.input === 'string' ? issue.input : '', allowed)}`;
    return [{ ...places.of(path), problem }];
  }
  if (issue.code === 'invalid_union')
    return nearestBranch(issue, path).flatMap((each) => issueProblems(each, path, schema, places));
  return [{ ...places.of(path), problem: `${name(path)}: ${issue.message}` }];
}

/** Of the branches of a union, the one that fits best: the fewest errors, deepest inside. */
function nearestBranch(issue: z.core.$ZodIssueInvalidUnion, path: Path): z.core.$ZodIssue[] {
  const depth = (issues: z.core.$ZodIssue[]) => Math.max(0, ...issues.map((each) => each.path.length));
  const [best] = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length);
  const unknownFirst = best?.toSorted(
    (a, b) => Number(b.code === 'unrecognized_keys') - Number(a.code === 'unrecognized_keys'),
  );
  return unknownFirst ?? [{ code: 'custom', path: [...path], message: issue.message, input: issue.input }];
}

/** The keys that a schema allows at a path. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const [key, ...rest] = path;
  if (schema instanceof z.core.$ZodOptional) return keysAt(schema._zod.def.innerType, path);
  if (schema instanceof z.core.$ZodUnion)
    return [...new Set(schema._zod.def.options.flatMap((one) => keysAt(one, path)))];
  if (schema instanceof z.core.$ZodArray) return key === undefined ? [] : keysAt(schema._zod.def.element, rest);
  if (!(schema instanceof z.core.$ZodObject)) return [];
  const { shape } = schema._zod.def;
  if (key === undefined) return Object.keys(shape);
  const inner = Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  return inner === undefined ? [] : keysAt(inner, rest);
}

function name(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60);
}
