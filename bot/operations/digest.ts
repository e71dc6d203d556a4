/**
 * What an approval is bound to. Two runs of the same plan in the same world under the same policy give the same
 * digest; anything that would change the effect gives another one, and `whatChanged` says in words what it was.
 * The text that is hashed is JSON with sorted keys (RFC 8785 for the values that occur here).
 */
import { createHash } from 'node:crypto';
import type { Json, Plan } from '../../actions/action.ts';
import { JsonValue } from '../../actions/schema.ts';

export interface Digestible {
  action: string;
  args: Json;
  facts: Json;
  plan: Plan;
  policy: string;
  /** UUID that the operation reserved. */
  uuid: string;
}

export function digestOf(parts: Digestible): { digest: string; digested: Json } {
  const digested = JsonValue.parse(parts);
  return { digest: createHash('sha256').update(canonical(digested)).digest('hex'), digested };
}

/** One sentence for each difference, at most `limit`; the plan is left out where a fact already tells why it changed. */
export function whatChanged(before: Json, after: Json, limit = 6): string[] {
  const differences = [...compare(before, after, [])];
  const causes = differences.filter(({ path }) => path[0] !== 'plan');
  const told = causes.length > 0 ? causes : differences;
  const lines = told.slice(0, limit).map(({ path, was, is }) => `${label(path)}: ${show(was)} → ${show(is)}`);
  return told.length > limit ? [...lines, `and ${told.length - limit} more`] : lines;
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`).join(',')}}`;
}

/** undefined: there is no such member, which is another thing than null. */
interface Difference {
  path: string[];
  was: Json | undefined;
  is: Json | undefined;
}

function* compare(was: Json | undefined, is: Json | undefined, path: string[]): Generator<Difference> {
  if (was !== undefined && is !== undefined && canonical(was) === canonical(is)) return;
  if (Array.isArray(was) && Array.isArray(is)) {
    for (let at = 0; at < Math.max(was.length, is.length); at++) {
      yield* compare(was[at], is[at], [...path, String(at + 1)]);
    }
    return;
  }
  if (!isObject(was) || !isObject(is)) {
    yield { path, was, is };
    return;
  }
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    yield* compare(memberOf(was, name), memberOf(is, name), [...path, name]);
  }
}

/** Own ones only: a tag may be called `constructor`. */
function memberOf(object: { [key: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}

function label(path: string[]): string {
  const [first, ...rest] = path;
  if (first === 'policy') return 'the policy';
  return rest.length > 0 ? rest.join(' ') : (first ?? 'everything');
}

function show(value: Json | undefined): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
