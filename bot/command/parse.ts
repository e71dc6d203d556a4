/**
 * One grammar for all platforms: `vm <verb> <target…> [--option value]`. Total: any text is *ignored* (not for us), a
 * *command*, or a *refusal* with a corrected line where there is one. Never looks at the world beyond the names given.
 */
import type { Action } from '../../actions/action.ts';
import { stripAddress } from './address.ts';
import { readArguments } from './arguments.ts';
import type { Command, Parsed } from './command.ts';
import { findInvisible } from './invisible.ts';
import { LONGEST_LINE, type Token, tokenize, tooLong, type Wrong } from './tokens.ts';
import { builtIn, foldVerb, resolveVerb, suggestVerb, verbOf } from './verbs.ts';
import { checkVmNames } from './vm-names.ts';
import { asksForHelp, endsOptions } from './written.ts';
import { show } from './wrongs.ts';

export interface ParseContext {
  /** Those that the person may use: help and suggestions name no others. */
  actions: Iterable<Action>;
  /** Those that the person may see. */
  vmNames: readonly string[];
  /** The platform says that the text is for us: a mention, a direct message, a slash command. */
  addressed: boolean;
}

/** A line can have more than one slip; a suggestion mends at most so many. */
const MOST_REPAIRS = 4;

interface Book {
  actions: readonly Action[];
  vmNames: readonly string[];
}

type Read = { kind: 'command'; command: Command } | Wrong;

export function parseLine(text: string, ctx: ParseContext): Parsed {
  const line = stripAddress(text.slice(0, LONGEST_LINE), ctx.addressed);
  if (line === null) return { kind: 'ignored' };
  const book = { actions: [...ctx.actions], vmNames: ctx.vmNames };
  const read = text.length > LONGEST_LINE ? tooLong : readLine(line, book);
  if (read.kind === 'command') return read;
  return { kind: 'refusal', reason: read.reason, suggestion: repair(read.attempts, book, MOST_REPAIRS) };
}

/** The first attempt that is a command, mended further where it has another slip. */
function repair(attempts: readonly string[], book: Book, left: number): string | null {
  for (const attempt of attempts) {
    const line = attempt.length > LONGEST_LINE ? null : stripAddress(attempt, false);
    if (line === null) continue;
    const read = readLine(line, book);
    if (read.kind === 'command') return attempt;
    const mended = left > 1 ? repair(read.attempts, book, left - 1) : null;
    if (mended !== null) return mended;
  }
  return null;
}

function readLine(line: string, book: Book): Read {
  const invisible = findInvisible(line);
  if (invisible !== null) return invisible;
  const split = tokenize(line.normalize('NFC'));
  return split.kind === 'wrong' ? split : readTokens(split.tokens, book);
}

function readTokens([verb, ...rest]: readonly Token[], book: Book): Read {
  if (verb === undefined || verb.text === '?' || asksForHelp(verb)) return help(null);
  if (foldVerb(verb.text) === 'help') return readHelp(rest, book);
  if (foldVerb(verb.text) === 'explain') return readExplain(rest, book);
  const action = resolveVerb(verb.text, book.actions);
  if (action === null) return unknownVerb(verb, rest, book);
  return wantsHelp(rest) ? help(verbOf(action.name)) : readAction(action, rest, book);
}

function wantsHelp(words: readonly Token[]): boolean {
  const end = words.findIndex(endsOptions);
  return (end === -1 ? words : words.slice(0, end)).some(asksForHelp);
}

function readAction(action: Action, rest: readonly Token[], book: Book): Read {
  const read = readArguments(action, rest);
  if (read.kind === 'wrong') return read;
  const { args, dryRun } = read;
  const misspelt = checkVmNames(action, args, dryRun, book.vmNames);
  return misspelt ?? { kind: 'command', command: { kind: 'action', action: action.name, args, dryRun } };
}

/** `vm help stop`, `vm help vm stop`, `vm help`. */
function readHelp(words: readonly Token[], book: Book): Read {
  const verb = words.find(({ text }) => foldVerb(text) !== 'vm');
  if (verb === undefined || builtIn.has(foldVerb(verb.text))) return help(null);
  const action = resolveVerb(verb.text, book.actions);
  if (action !== null) return help(verbOf(action.name));
  const near = suggestVerb(verb.text, book.actions);
  const reason = `there is no command ${show(verb.text)}`;
  return { kind: 'wrong', reason, attempts: [...(near === null ? [] : [`vm help ${near}`]), 'vm help'] };
}

/** The command to explain follows as it is, or whole in quotes. */
function readExplain(rest: readonly Token[], book: Book): Read {
  const [only, ...more] = rest;
  const examples = book.actions.flatMap((action) => action.examples).slice(0, MOST_REPAIRS);
  if (only === undefined) return explainWrong('explain needs a command', [...examples, 'vm help']);
  if (asksForHelp(only)) return help(null);
  const whole = more.length === 0 && only.quoted ? only.text : rest.map(({ source }) => source).join(' ');
  const read = readLine(stripAddress(whole, true) ?? '', book);
  if (read.kind === 'wrong') return explainWrong(read.reason, read.attempts);
  if (read.command.kind !== 'action') return read;
  return { kind: 'command', command: { kind: 'explain', of: read.command } };
}

function explainWrong(reason: string, attempts: readonly string[]): Wrong {
  const lines = attempts.map((line) => (line.startsWith('vm help') ? line : `vm explain ${line}`));
  return { kind: 'wrong', reason, attempts: lines };
}

/** A slip, another tool's word, or verb and target the other way round. */
function unknownVerb(verb: Token, rest: readonly Token[], book: Book): Wrong {
  const near = suggestVerb(verb.text, book.actions);
  const [second, ...others] = rest;
  const turned = second !== undefined && resolveVerb(second.text, book.actions) !== null;
  const attempts = [
    ...(turned ? [lineOf(second.source, [verb, ...others])] : []),
    ...(near === null ? [] : [lineOf(near, rest)]),
    'vm help',
  ];
  return { kind: 'wrong', reason: `there is no command ${show(verb.text)}`, attempts };
}

function lineOf(verb: string, words: readonly Token[]): string {
  return ['vm', verb, ...words.map(({ source }) => source)].join(' ');
}

function help(verb: string | null): Read {
  return { kind: 'command', command: { kind: 'help', verb } };
}
