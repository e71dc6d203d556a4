/** Turns what is wrong with arguments into a refusal that names the argument, what is allowed and what is nearest. */
import type { z } from 'zod';
import type { Action, Json, JsonObject, Refusal } from './action.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/** Longest piece of the person's own text that is said back. */
const MAX_ECHO = 60;

export function refuseArgs(action: Action, raw: JsonObject, error: z.ZodError): Refusal {
  const issue = error.issues[0];
  if (issue === undefined) return { kind: 'refused', reason: `${action.name}: these arguments do not fit`, hint: null };
  if (issue.code === 'unrecognized_keys') return refuseUnknown(action, issue.keys[0] ?? '');
  const key = String(issue.path[0] ?? '');
  const given = Object.hasOwn(raw, key) ? raw[key] : undefined;
  if (given === undefined) return refuseMissing(action, key);
  const { says, instead } = describe(issue);
  return {
    kind: 'refused',
    reason: `${key}: ${echo(given)} does not fit; ${says}`,
    hint: instead === null ? null : option(action, key, instead),
  };
}

function refuseUnknown(action: Action, key: string): Refusal {
  const known = Object.keys(action.args.shape);
  const near = nearest(key, known);
  return {
    kind: 'refused',
    reason: `${action.name} has no option ${echo(key)}; it has ${known.join(', ')}`,
    hint: near === null ? null : `--${near}`,
  };
}

function refuseMissing(action: Action, key: string): Refusal {
  return { kind: 'refused', reason: `${key} is missing`, hint: action.examples[0] ?? null };
}

function describe(issue: Issue): { says: string; instead: string | null } {
  if (issue.code === 'custom') {
    const instead: unknown = issue.params?.instead;
    return { says: issue.message, instead: typeof instead === 'string' ? instead : null };
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    return { says: `allowed is ${values.join(', ')}`, instead: nearest(String(issue.input ?? ''), values) };
  }
  if (issue.code === 'invalid_type') return { says: `a ${issue.expected} is wanted`, instead: null };
  if (issue.code === 'too_big') return { says: `at most ${issue.maximum}`, instead: null };
  if (issue.code === 'too_small') return { says: `at least ${issue.minimum}`, instead: null };
  return { says: 'this kind of value is not understood here', instead: null };
}

function option(action: Action, key: string, value: string): string {
  return key === action.positional ? value : `--${key} ${value}`;
}

/** What was given, short and on one line; control characters are spelt out by JSON. */
function echo(given: Json): string {
  const characters = [...JSON.stringify(given)];
  return characters.length <= MAX_ECHO ? characters.join('') : `${characters.slice(0, MAX_ECHO).join('')}…`;
}
