/** Cutting text so that it fits, measured as Slack measures: characters of the JSON that carries it. Pure. */
import { printable } from '../width.ts';

const ELLIPSIS = '…';

/** Text that Slack can show as it stands: no control or direction marks, no halves of characters. */
export function clean(text: string): string {
  return printable(text.toWellFormed());
}

/** At most `length` UTF-16 units, cut with an ellipsis and never inside a character. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  return wholeCharacters(text.slice(0, Math.max(0, length - ELLIPSIS.length))) + ELLIPSIS;
}

/** Characters of the value as JSON. */
export function jsonSize(value: unknown): number {
  return JSON.stringify(value).length;
}

/** The longest start of `text` whose JSON (with its quotes) has at most `size` characters. */
export function fitJson(text: string, size: number): string {
  if (jsonSize(text) <= size) return text;
  let [low, high] = [0, Math.min(text.length, Math.max(0, size))];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (jsonSize(text.slice(0, middle) + ELLIPSIS) <= size) low = middle;
    else high = middle - 1;
  }
  return wholeCharacters(text.slice(0, low)) + ELLIPSIS;
}

/** Slack's own escape for text that may carry markup. Source: docs.slack.dev/messaging/formatting-message-text#escaping */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
