/** How an option may be written in one word. Syntax only: which options exist is not known here. */
import type { Token } from './tokens.ts';

/** `-`, and what phones, word processors and East Asian keyboards make of `-` and `--`. */
const DASHES = /^([-‐‑‒–—―−﹘﹣－]+)(.*)$/su;
const ANY_DASH = /[-‐‑‒–—―−﹘﹣－_]/gu;
/** Stand for one hyphen. The longer ones (`–`, `—`) are what two hyphens turn into. */
const ONE_HYPHEN = /^[-‐‑−﹣－]$/u;

export interface Written {
  name: string;
  /** null: not in the same word. */
  value: string | null;
  /** `--name=` or `name=`: a value was meant and left out. */
  cutOff: boolean;
  /** `-name`. */
  short: boolean;
}

/** `--name`, `--name=value`, `—name`, `-n`; null for values: `-5`, dashes alone, and whatever begins with a quote. */
export function writtenOption(token: Token): Written | null {
  const [, dashes = '', rest = ''] = token.bare ? (DASHES.exec(token.text) ?? []) : [];
  const short = ONE_HYPHEN.test(dashes);
  if (rest === '' || (short && !/^[\p{L}?]/u.test(rest)) || (dashes.length === 1 && /^[\d.]/.test(rest))) return null;
  return split(token, dashes.length, short);
}

/** `name=value`. */
export function writtenPair(token: Token): Written | null {
  return token.bare && token.equals > 0 ? split(token, 0, false) : null;
}

/** After it, every word is a value. */
export function endsOptions(token: Token): boolean {
  return token.bare && token.text === '--';
}

/** Whether the word asks for help instead of running anything. */
export function asksForHelp(token: Token): boolean {
  const written = writtenOption(token);
  if (written === null || written.value !== null) return false;
  return foldName(written.name) === 'help' || (written.short && ['h', '?'].includes(written.name));
}

/** Names of options are syntax: width, capitals, and which dashes join the words make no difference. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(ANY_DASH, '');
}

function split(token: Token, start: number, short: boolean): Written {
  if (token.equals === -1) return { name: token.text.slice(start), value: null, cutOff: false, short };
  const value = token.text.slice(token.equals + 1);
  const cutOff = value === '' && !token.quoted;
  return { name: token.text.slice(start, token.equals), value: cutOff ? null : value, cutOff, short };
}
