/**
 * The canonical line of a command: what cards show, buttons carry and suggestions offer. Parsing it gives the command
 * back, for every action and any value of visible characters in NFC.
 */
import type { Action, Json, JsonObject } from '../../actions/action.ts';
import { type Option, optionsOf, positionalOf } from './options.ts';
import { verbOf } from './verbs.ts';

/** Values that need no quotes: nothing here can be taken for an option, a quote or a `key=value`. */
const PLAIN = /^[\p{L}\p{N}_/@+][\p{L}\p{M}\p{N}_.,:@/+%-]*$/u;
/** Same for the words of a list that stands without its name, where `owner=team-a` is a word like any other. */
const PLAIN_WORD = /^[\p{L}\p{N}_/@+][\p{L}\p{M}\p{N}_.,:@/+%=-]*$/u;

/** `args` as parsed (strings) or as bound (numbers, records); null and undefined are left out. */
export function formatCommand(action: Action, args: JsonObject, { dryRun }: { dryRun: boolean }): string {
  const positional = positionalOf(action);
  const words = positional === null ? [] : positionalWords(positional, args[positional.name]);
  const options = optionsOf(action)
    .filter(({ name }) => name !== positional?.name)
    .flatMap((option) => optionWords(option, args[option.name]));
  return ['vm', verbOf(action.name), ...words, ...options, ...(dryRun ? ['--dry-run'] : [])].join(' ');
}

function positionalWords(option: Option, value: Json | undefined): string[] {
  const plain = option.kind === 'list' ? PLAIN_WORD : PLAIN;
  return valuesOf(value).map((text) => quoteUnless(plain, text));
}

function optionWords({ option, kind }: Option, value: Json | undefined): string[] {
  if (kind === 'flag' && typeof value === 'boolean') return [value ? `--${option}` : `--no-${option}`];
  return valuesOf(value).map((text) => `--${option} ${quoteUnless(kind === 'list' ? PLAIN_WORD : PLAIN, text)}`);
}

/** A record is a list of `key=value`. */
function valuesOf(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map(textOf);
  if (typeof value !== 'object') return [textOf(value)];
  return Object.entries(value).map(([key, item]) => `${key}=${textOf(item)}`);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function quoteUnless(plain: RegExp, text: string): string {
  return plain.test(text) ? text : quote(text);
}

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
