/**
 * Text for Discord's markdown: what people wrote is shown literally, so that no name becomes markup, a link or a mention.
 * Text between backticks becomes code. Pure. Source: support.discord.com, "Markdown Text 101"
 */
import { printable } from '../width.ts';

const ELLIPSIS = '…';
/** Characters that begin or end markup, mentions, links and emoji anywhere in a line. */
const MARKUP = /[\\*_~`|<>[\]()@#]/g;
/** Lists at the start of a line; headings and quotes are in MARKUP. */
const LINE_START = /^([ \t]*)([-+]|\d+\.)(?=\s)/gm;
/** Bare links unfold by themselves; the colon breaks them. */
const LINK = /\b(https?|discord):(?=\/\/)/gi;
const ZERO_WIDTH_SPACE = '\u200b';

/** No control or direction marks, no halves of characters. */
export function clean(text: string): string {
  return printable(text.toWellFormed());
}

/** Shown as it stands. */
export function literal(text: string): string {
  return clean(text)
    .replace(MARKUP, '\\$&')
    .replace(LINK, '$1\\:')
    .replace(LINE_START, (_, space: string, mark: string) => `${space}${mark.slice(0, -1)}\\${mark.slice(-1)}`);
}

/** Literal text with `code` between backticks. */
export function inline(text: string): string {
  const pieces = clean(text).split(/`([^`\n]+)`/);
  return pieces.map((piece, at) => (at % 2 === 0 ? literal(piece) : codeSpan(piece))).join('');
}

/** One line, without what ends a line's markup. */
export function oneLine(text: string): string {
  return clean(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

export function codeBlock(text: string): string {
  return `\`\`\`\n${clean(text).replaceAll('```', `\`${ZERO_WIDTH_SPACE}\`${ZERO_WIDTH_SPACE}\``)}\n\`\`\``;
}

/** Spaces alone would show nothing, so they stay what they are. */
function codeSpan(text: string): string {
  return text.trim() === '' ? literal(text) : `\`${text}\``;
}

/** At most `length` UTF-16 units, cut with an ellipsis and never inside a character. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  return wholeCharacters(text.slice(0, Math.max(0, length - ELLIPSIS.length))) + ELLIPSIS;
}

/** The longest start of `text` that `write` makes at most `length` units of; '' when there is no room at all. */
export function fitWritten(text: string, length: number, write: (text: string) => string): string {
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (write(text.slice(0, middle) + ELLIPSIS).length <= length) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : write(wholeCharacters(text.slice(0, low)) + ELLIPSIS);
}

function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
