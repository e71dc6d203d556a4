/**
 * How a value is written, so that no text can pass for a field, a quote or an end of line in any audit tool.
 *
 * libaudit's own rule is not enough: its parsers look for `uid=`, `res=` or `exe=` with strstr() anywhere in a record, so
 * quoted text that contains them hides the record. Here only harmless characters are written as they are, and everything
 * else as the upper-case hex of its UTF-8 bytes. Source: audit-userspace 3.0.9, src/ausearch-parse.c.
 */
import { createHash } from 'node:crypto';

const HARMLESS = /^[A-Za-z0-9._:/@+,%~-]*[A-Za-z0-9._/@+%~-]$/;
const LOOKS_HEX = /^(?:[0-9A-F]{2})+$/;
const DIGITS = /^[0-9]+$/;

/** The fields that the tools decode from hex; in these, what is not hex must stand in quotes. Source: auparse/typetab.h */
const DECODED =
  /^(?:cmd|acct|vm|o?comm|exe|path|file|dir|cwd|device|name|watch|grp|new_group|sw|root_dir|cgroup|info|operation|profile|UID|AUID|ID|(?:old|new)-(?:disk|net|fs|chardev|rng))$/;

/**
 * Controls (NUL cuts the display of every tool short, CSI may drive a terminal) and what reorders text on the screen.
 * Tab and line feed stay: the tools escape them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const DECEPTIVE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** `name=value` with the value made harmless; an empty value is `?`, since some tools drop a field without a value. */
export function encodeField(name: string, value: string | number): string {
  if (typeof value === 'number' && !DECODED.test(name)) return `${name}=${encodeNumber(name, value)}`;
  return `${name}=${encodeText(name, String(value))}`;
}

function encodeText(name: string, text: string): string {
  const decoded = DECODED.test(name);
  if (text === '') return '?';
  if (HARMLESS.test(text)) return decoded || LOOKS_HEX.test(text) ? `"${text}"` : text;
  const hex = Buffer.from(text, 'utf8').toString('hex').toUpperCase();
  // Digits only would read as a number where the tools decode nothing; a line feed at the end (0A) prevents that.
  return !decoded && DIGITS.test(hex) ? `${hex}0A` : hex;
}

function encodeNumber(name: string, value: number): string {
  if (!Number.isFinite(value)) throw new Error(`encoding ${name}: ${value} is not a number that can be read back`);
  return String(value);
}

/** The text of a value as `encodeField` wrote it. */
export function decodeValue(name: string, raw: string): string {
  if (raw === '?') return '';
  if (raw.startsWith('"') && raw.endsWith('"') && raw.length > 1) return raw === '"?"' ? '' : raw.slice(1, -1);
  if (!LOOKS_HEX.test(raw)) return raw;
  return DIGITS.test(raw) && !DECODED.test(name) ? raw : Buffer.from(raw, 'hex').toString('utf8');
}

/** Text as it may be shown: what deceives a reader is replaced by U+FFFD. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(DECEPTIVE, '\uFFFD');
}

/** The longest beginning of `text` that has at most `bytes` bytes of UTF-8 and ends between two characters. */
export function cutText(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text; // no character has more than 3 bytes per UTF-16 unit
  const whole = Buffer.from(text, 'utf8');
  if (whole.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return whole.toString('utf8', 0, end);
}

/** `sha256:` and 64 lower-case hex digits; the prefix keeps a digest from being read as hex text. */
export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}
