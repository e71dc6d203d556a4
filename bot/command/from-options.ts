/**
 * Slash-command options, forms and buttons give their values by name. The same `Command` value comes of them as of the
 * typed line, by the same limits on text.
 */
import type { JsonObject } from '../../actions/action.ts';
import type { Parsed } from './command.ts';
import { findInvisible } from './invisible.ts';
import { LONGEST_LINE, tooLong } from './tokens.ts';

/** A list's value is an array, also of one; a flag's a boolean; everything else is text. */
export type OptionValues = Record<string, string | boolean | string[]>;

/**
 * Keys are names of arguments in any of a platform's spellings (`graceSeconds`, `grace-seconds`, `grace_seconds`);
 * `dryRun` is the grammar's own. A field left blank is the same as no field.
 */
export function commandFromOptions(action: string, options: OptionValues): Parsed {
  const entries = Object.entries(options).map(([key, value]) => [argumentName(key), clean(value)] as const);
  const given = entries.filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0));
  const { dryRun, ...args }: JsonObject = Object.fromEntries(given);
  const wrong = checkTexts(given.flatMap(([, value]) => value));
  if (wrong !== null) return { kind: 'refusal', reason: wrong, suggestion: null };
  return { kind: 'command', command: { kind: 'action', action, args, dryRun: dryRun === true || dryRun === 'true' } };
}

function argumentName(key: string): string {
  return key.replace(/[-_]+(.)/g, (_, letter: string) => letter.toUpperCase());
}

function clean(value: string | boolean | string[]): string | boolean | string[] {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.normalize('NFC').trim();
  return value.map((item) => item.normalize('NFC').trim()).filter((item) => item !== '');
}

function checkTexts(values: (string | boolean)[]): string | null {
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.reduce((sum, text) => sum + text.length, 0) > LONGEST_LINE) return tooLong.reason;
  return findInvisible(texts.join('\n'))?.reason ?? null;
}
