/**
 * What was chosen in `/vm` or filled into a form, as the line of Drover's grammar: the same line for every platform. Pure.
 */
import type { Action } from '../../../actions/action.ts';
import { formatCommand, quote } from '../../command/format.ts';
import { commandFromOptions, type OptionValues } from '../../command/from-options.ts';
import { type Option, optionsOf } from '../../command/options.ts';
import { tokenize } from '../../command/tokens.ts';
import { DRY_RUN, EXPLAIN, findAction, HELP, LINE, optionName } from './commands.ts';

/** By the names that Discord has for them. */
export type Given = Record<string, string | boolean>;

export type ReadCommand =
  | { kind: 'line'; text: string }
  /** Something that must be there is not: a form can ask for it. */
  | { kind: 'incomplete'; action: Action; given: Given }
  | { kind: 'wrong'; reason: string };

export function readCommand(actions: readonly Action[], sub: string, given: Given): ReadCommand {
  const action = findAction(actions, sub);
  if (action !== null) return readAction(action, given);
  switch (sub) {
    case LINE.sub:
      return { kind: 'line', text: addressed(textOf(given[LINE.option])) };
    case HELP.sub:
      return { kind: 'line', text: `vm help ${textOf(given[HELP.option])}`.trim() };
    case EXPLAIN.sub:
      return { kind: 'line', text: `vm explain ${textOf(given[EXPLAIN.option])}`.trim() };
    default:
      return { kind: 'wrong', reason: `there is no command ${quote(sub)} any more; Discord may show an old list` };
  }
}

/** Whoever speaks to Drover need not say `vm`. */
export function addressed(text: string): string {
  const line = text.trim();
  if (line === '' || /^\/?vm$/i.test(line)) return 'vm help';
  return /^\/?vm\s/i.test(line) ? line.replace(/^\//, '') : `vm ${line}`;
}

export function readAction(action: Action, given: Given): ReadCommand {
  const options = optionsOf(action);
  if (options.some((option) => option.required && isBlank(given[optionName(option)])))
    return { kind: 'incomplete', action, given };
  const values: OptionValues = {};
  for (const option of options) {
    const value = readValue(option, given[optionName(option)]);
    if (value.kind === 'wrong') return value;
    if (value.kind === 'value') values[option.name] = value.value;
  }
  if (given[DRY_RUN] !== undefined) values.dryRun = given[DRY_RUN];
  const parsed = commandFromOptions(action.name, values);
  if (parsed.kind === 'refusal') return { kind: 'wrong', reason: parsed.reason };
  if (parsed.kind === 'ignored' || parsed.command.kind !== 'action') return { kind: 'line', text: 'vm help' };
  const { args, dryRun } = parsed.command;
  return { kind: 'line', text: formatCommand(action, args, { dryRun }) };
}

type Value =
  | { kind: 'none' }
  | { kind: 'value'; value: string | boolean | string[] }
  | { kind: 'wrong'; reason: string };

/** A list is written as words, the way it is in a line. */
function readValue({ kind, option }: Option, given: string | boolean | undefined): Value {
  if (given === undefined || isBlank(given)) return { kind: 'none' };
  if (kind !== 'list' || typeof given === 'boolean') return { kind: 'value', value: given };
  const split = tokenize(given.normalize('NFC'));
  if (split.kind === 'wrong') return { kind: 'wrong', reason: `${option}: ${split.reason}` };
  return { kind: 'value', value: split.tokens.map((token) => token.text) };
}

function isBlank(value: string | boolean | undefined): boolean {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

function textOf(value: string | boolean | undefined): string {
  return typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '';
}
