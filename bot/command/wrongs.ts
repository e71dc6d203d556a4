/** What is said when the words after a verb do not fit the action, and the lines that may have been meant. */
import type { Action } from '../../actions/action.ts';
import { nearest } from '../../actions/nearest.ts';
import { findOption, optionNames, tagsOf } from './find-option.ts';
import { type Option, positionalOf } from './options.ts';
import type { Token, Wrong } from './tokens.ts';
import { verbOf } from './verbs.ts';
import type { Written } from './written.ts';

/** An action and the words after its verb. */
export interface Line {
  action: Action;
  tokens: readonly Token[];
}

/** Longest piece of a person's own words that an answer repeats, in code points. */
const LONGEST_ECHO = 40;

export function unknownOption(line: Line, written: Written, at: number): Wrong {
  const known = findOption(line.action, written.name);
  const near = known === null ? nearest(written.name, optionNames(line.action)) : written.name;
  const reason = `${verbOf(line.action.name)} has no option ${show(`${written.short ? '-' : '--'}${written.name}`)}`;
  const corrected = near === null ? [] : [lineWith(line, at, 1, `--${near}${valueSource(line, at)}`)];
  return wrong(line, reason, [...corrected, ...asSelector(line, written, at)]);
}

/** `vm list owner=team-a` for `vm list --owner team-a`. */
function asSelector(line: Line, { name, value }: Written, at: number): string[] {
  if (positionalOf(line.action)?.kind !== 'list') return [];
  if (value !== null) return [lineWith(line, at, 1, `${name}${valueSource(line, at)}`)];
  const next = line.tokens[at + 1];
  return next === undefined ? [] : [lineWith(line, at, 2, `${name}=${next.source}`)];
}

export function missingValue(line: Line, { option }: Option): Wrong {
  return wrong(line, `--${option} needs a value`, []);
}

export function flagWithValue(line: Line, { option }: Option, at: number): Wrong {
  return wrong(line, `--${option} is there or not, it takes no value`, [lineWith(line, at, 1, `--${option}`)]);
}

export function duplicate(line: Line, { option }: Option, at: number, used: number): Wrong {
  return wrong(line, `${option} is given twice`, [lineWith(line, at, used, '')]);
}

export function tooManyWords(line: Line, at: number): Wrong {
  const verb = verbOf(line.action.name);
  const takes = line.action.positional === null ? 'no target' : 'one target';
  const reason = `${verb} takes ${takes}, ${show(line.tokens[at]?.text ?? '')} is one too many; text with spaces needs quotes`;
  return wrong(line, reason, [lineWith(line, at, 1, '')]);
}

export function missingTarget(line: Line, positional: Option): Wrong {
  const reason = `${verbOf(line.action.name)} needs a target: ${positional.option}`;
  return wrong(line, reason, line.action.examples);
}

/** `key=value` where the key is no option; null when it may be a plain word. */
export function strangePair(line: Line, pair: Written, at: number): Wrong | null {
  const near = nearest(pair.name, optionNames(line.action));
  const takesTags = tagsOf(line.action) !== null;
  if (near === null && !takesTags) return null;
  const source = line.tokens[at]?.source ?? '';
  return wrong(line, `${verbOf(line.action.name)} has no option ${show(pair.name)}`, [
    ...(near === null ? [] : [lineWith(line, at, 1, `--${near}${valueSource(line, at)}`)]),
    ...(takesTags ? [lineWith(line, at, 1, `--tag ${source}`)] : []),
  ]);
}

/** In quotes, and not longer than a person wants to read again. */
export function show(text: string): string {
  const points = Array.from(text);
  return `"${points.length > LONGEST_ECHO ? `${points.slice(0, LONGEST_ECHO).join('')}…` : text}"`;
}

/** The last thing to offer is always the action's help. */
function wrong({ action }: Line, reason: string, attempts: string[]): Wrong {
  return { kind: 'wrong', reason, attempts: [...attempts, `vm help ${verbOf(action.name)}`] };
}

/** The line with `count` words at `at` exchanged for `instead`; '' drops them. */
function lineWith({ action, tokens }: Line, at: number, count: number, instead: string): string {
  const words = tokens.map(({ source }) => source).toSpliced(at, count, instead);
  return ['vm', verbOf(action.name), ...words].filter((word) => word !== '').join(' ');
}

/** The word from its `=` on, as typed; '' for none. */
function valueSource({ tokens }: Line, at: number): string {
  return /[=＝].*$/su.exec(tokens[at]?.source ?? '')?.[0] ?? '';
}
