/** Reads the words after the verb into the action's arguments, by what its schema allows. Values stay strings. */
import type { Action, JsonObject } from '../../actions/action.ts';
import { dryRun, type Found, findOption } from './find-option.ts';
import { type Option, positionalOf } from './options.ts';
import type { Token, Wrong } from './tokens.ts';
import { endsOptions, type Written, writtenOption, writtenPair } from './written.ts';
import * as wrongs from './wrongs.ts';

export type Arguments = { kind: 'arguments'; args: JsonObject; dryRun: boolean } | Wrong;

/** `given` grows while reading; the rest stands. */
interface Reading {
  action: Action;
  tokens: readonly Token[];
  positional: Option | null;
  given: Map<string, string | boolean | string[]>;
}

/** Go on at the token with this index, or stop. */
type Step = { kind: 'next'; at: number } | Wrong;

export function readArguments(action: Action, tokens: readonly Token[]): Arguments {
  const reading: Reading = { action, tokens, positional: positionalOf(action), given: new Map() };
  let onlyWords = false;
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at];
    if (token === undefined) break;
    const ends: boolean = !onlyWords && endsOptions(token);
    const step: Step = ends ? { kind: 'next', at: at + 1 } : readToken(reading, token, at, onlyWords);
    if (step.kind === 'wrong') return step;
    onlyWords ||= ends;
    at = step.at;
  }
  return finish(reading);
}

function readToken(reading: Reading, token: Token, at: number, onlyWord: boolean): Step {
  const written = onlyWord ? null : writtenOption(token);
  if (written !== null) return readOption(reading, written, at);
  const pair = onlyWord || reading.positional?.kind === 'list' ? null : writtenPair(token);
  return pair === null ? readWord(reading, token, at) : readPair(reading, token, pair, at);
}

function readOption(reading: Reading, written: Written, at: number): Step {
  const found = findOption(reading.action, written.name);
  if (found === null || written.short) return wrongs.unknownOption(reading, written, at);
  if (found.option.kind === 'flag') return readFlag(reading, found, written, at);
  if (written.cutOff) return wrongs.missingValue(reading, found.option);
  if (written.value !== null) return give(reading, found, written.value, at, 1);
  const next = reading.tokens[at + 1];
  const isValue = next !== undefined && writtenOption(next) === null && !endsOptions(next);
  return isValue ? give(reading, found, next.text, at, 2) : wrongs.missingValue(reading, found.option);
}

/** `memory=8GiB`: the same as `--memory 8GiB` where words of this form mean nothing else. */
function readPair(reading: Reading, token: Token, pair: Written, at: number): Step {
  if (findOption(reading.action, pair.name) !== null) return readOption(reading, pair, at);
  return wrongs.strangePair(reading, pair, at) ?? readWord(reading, token, at);
}

const yesNo = new Map([
  ...['true', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', 'off'].map((word) => [word, false] as const),
]);

function readFlag(reading: Reading, found: Found, written: Written, at: number): Step {
  const said = written.value === null ? !written.cutOff : yesNo.get(written.value.toLowerCase());
  if (said === undefined || written.cutOff) return wrongs.flagWithValue(reading, found.option, at);
  return give(reading, found, said !== found.negated, at, 1);
}

function readWord(reading: Reading, token: Token, at: number): Step {
  const { positional } = reading;
  const isFull = positional === null || (positional.kind !== 'list' && reading.given.has(positional.name));
  if (isFull) return wrongs.tooManyWords(reading, at);
  return give(reading, { option: positional, negated: false, prefix: '' }, token.text, at, 1);
}

/** Keeps a value that came from `used` tokens. */
function give(
  { action, tokens, given }: Reading,
  found: Found,
  value: string | boolean,
  at: number,
  used: number,
): Step {
  const { name, kind } = found.option;
  const before = given.get(name);
  if (kind === 'list') {
    given.set(name, [...(Array.isArray(before) ? before : []), `${found.prefix}${value}`]);
    return { kind: 'next', at: at + used };
  }
  if (before !== undefined) return wrongs.duplicate({ action, tokens }, found.option, at, used);
  given.set(name, value);
  return { kind: 'next', at: at + used };
}

function finish({ action, tokens, positional, given }: Reading): Arguments {
  if (positional?.required && !given.has(positional.name)) return wrongs.missingTarget({ action, tokens }, positional);
  const isDryRun = given.get(dryRun.name) === true;
  given.delete(dryRun.name);
  return { kind: 'arguments', args: Object.fromEntries(given), dryRun: isDryRun };
}
