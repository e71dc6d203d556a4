/**
 * Splits a line into words as people type them in chat: quotes of any kind, backslashes, code ticks, odd spaces.
 * Total: any string gives words or a refusal. Knows no commands. What a platform adds (`&amp;`, `<@U1>`) is taken out
 * by its adapter before.
 */

/** In UTF-16 code units. Longer than any command, shorter than what makes anything here slow. */
export const LONGEST_LINE = 2000;
export const MOST_TOKENS = 64;

export interface Token {
  /** What is meant, without quotes and escapes. NFC when the line was; never compatibility-folded. */
  text: string;
  /** As typed, for building a corrected line. */
  source: string;
  /** Begins without quote or backslash, so it may be an option. */
  bare: boolean;
  /** Some part is in quotes. */
  quoted: boolean;
  /** Index in `text` of the first `=` outside quotes; -1 for none. */
  equals: number;
}

/** A line that cannot be run. `attempts` are lines that might have been meant; they need not parse. */
export interface Wrong {
  kind: 'wrong';
  reason: string;
  attempts: string[];
}

export const tooLong: Wrong = {
  kind: 'wrong',
  reason: `the line has more than ${LONGEST_LINE} characters`,
  attempts: [],
};

export type Tokens = { kind: 'tokens'; tokens: Token[] } | Wrong;

/** Quotes that open, and what closes each: phones and Slack turn `"x"` into `“x”`, some locales into `„x“` or `»x«`. */
const closers = new Map<string, string>([
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['＂', '＂'],
  ['＇', '＇'],
  ['“', '”“"'],
  ['”', '”“"'],
  ['„', '“”"'],
  ['‘', "’‘'"],
  ['’', "’‘'"],
  ['‚', "‘’'"],
  ['«', '»'],
  ['»', '«»'],
]);

/** `=` as it is and in full width, as East Asian keyboards give it. */
const EQUALS = /[=＝]/;
const SPACE = /\s/u;

export function tokenize(line: string): Tokens {
  if (line.length > LONGEST_LINE) return tooLong;
  const tokens: Token[] = [];
  let at = skipSpace(line, 0);
  while (at < line.length) {
    if (tokens.length === MOST_TOKENS) return wrong(`the line has more than ${MOST_TOKENS} words`);
    const read = readToken(line, at);
    if (read.kind === 'unclosed') return unclosed(line, read.opener);
    tokens.push(read.token);
    at = skipSpace(line, read.end);
  }
  return { kind: 'tokens', tokens };
}

type Read = { kind: 'token'; token: Token; end: number } | { kind: 'unclosed'; opener: string };

/** A quote opens only at the start of a word and after its `=`, so that `bob's-vm` needs no care. */
function readToken(line: string, start: number): Read {
  const token: Token = { text: '', source: '', bare: true, quoted: false, equals: -1 };
  let at = start;
  let mayOpen = true;
  while (at < line.length && !SPACE.test(line.charAt(at))) {
    const char = line.charAt(at);
    const closing = mayOpen ? closers.get(char) : undefined;
    mayOpen = false;
    if (closing !== undefined) {
      const inside = readQuoted(line, at + 1, closing);
      if (inside === null) return { kind: 'unclosed', opener: char };
      token.bare &&= at > start;
      token.quoted = true;
      token.text += inside.text;
      at = inside.end;
    } else if (char === '\\' && at + 1 < line.length) {
      token.bare &&= at > start;
      token.text += line.charAt(at + 1);
      at += 2;
    } else {
      mayOpen = addPlain(token, char);
      at += 1;
    }
  }
  token.source = line.slice(start, at);
  return { kind: 'token', token, end: at };
}

/** Adds one character outside quotes; true when a quote may open after it. */
function addPlain(token: Token, char: string): boolean {
  const isFirstEquals = token.equals === -1 && EQUALS.test(char);
  if (isFirstEquals) token.equals = token.text.length;
  token.text += isFirstEquals ? '=' : char;
  return isFirstEquals;
}

function readQuoted(line: string, start: number, closing: string): { text: string; end: number } | null {
  let text = '';
  for (let at = start; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (closing.includes(char)) return { text, end: at + 1 };
    const escaped = char === '\\' && at + 1 < line.length;
    if (escaped) at += 1;
    text += escaped ? line.charAt(at) : char;
  }
  return null;
}

function skipSpace(line: string, from: number): number {
  let at = from;
  while (at < line.length && SPACE.test(line.charAt(at))) at += 1;
  return at;
}

/** Either the closing quote was forgotten, or the character was meant as itself. */
function unclosed(line: string, opener: string): Wrong {
  const closing = closers.get(opener)?.charAt(0) ?? opener;
  return wrong(`the quote ${opener} is not closed`, [`vm ${line}${closing}`]);
}

function wrong(reason: string, attempts: string[] = []): Wrong {
  return { kind: 'wrong', reason, attempts };
}
