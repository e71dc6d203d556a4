/**
 * The canonical line of a command: what cards show, buttons carry and suggestions offer. Parsing it gives the command
 * back, for every action and any value of visible characters in NFC.
 */
import { z } from 'zod';
import type { Action, Bound, Json, JsonObject } from '../../actions/action.ts';
import { typeMiB, typeSeconds } from '../../actions/units.ts';
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

/**
 * The line of a bound command: what says no more than its default is left out, and numbers have their units. Parsed and
 * bound again it is the same.
 */
export function formatBound({ action, args }: Pick<Bound, 'action' | 'args'>, { dryRun }: { dryRun: boolean }): string {
  const said = Object.entries(args).flatMap(([name, value]) => {
    const schema = action.args.shape[name];
    if (schema === undefined || isDefault(schema, value)) return [];
    return [[name, typeof value === 'number' ? withUnit(schema, value) : value] as const];
  });
  return formatCommand(action, Object.fromEntries(said), { dryRun });
}

function isDefault(schema: z.core.$ZodType, value: Json): boolean {
  const byDefault = z.safeParse(schema, undefined);
  return byDefault.success && JSON.stringify(byDefault.data) === JSON.stringify(value);
}

/** With the unit that its own schema reads back as the same number. */
function withUnit(schema: z.core.$ZodType, value: number): string {
  const written = [typeMiB(value), typeMiB(value * MIB_PER_GIB), typeSeconds(value)];
  return written.find((text) => z.safeParse(schema, text).data === value) ?? String(value);
}

const MIB_PER_GIB = 1024;

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
