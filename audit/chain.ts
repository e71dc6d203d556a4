/**
 * The chain through all records: h(n) = SHA-256(h(n-1) ‖ line n without its chain token and line feed), h(0) = 32 zero
 * bytes. The token stands in the line itself, so it survives copying, rotation and `ausearch --raw`.
 */
import { hash } from 'node:crypto';

export const FIRST_CHAIN = Buffer.alloc(32);

const TOKEN = ' chain=';
const TOKEN_LENGTH = TOKEN.length + 43;
/** End of the text part; 0x1D occurs once in a line. */
const TEXT_END = "'\x1d";

/** Gives the line with its token and line feed, and the chain after it. */
export function chainLine(previous: Buffer, head: string, tail: string): { line: string; chain: Buffer } {
  const chain = hash('sha256', Buffer.concat([previous, Buffer.from(head + tail, 'latin1')]), 'buffer');
  return { line: `${head}${TOKEN}${chain.toString('base64url')}${tail}\n`, chain };
}

/**
 * What a line claims and what follows from it: `claimed` is its token, `expected` the chain that its other bytes give.
 * Both are compared as text, since the last character of base64url has two idle bits. null: the line has no token in
 * its place. `line` is without its line feed.
 */
export function chainOf(previous: Buffer, line: Buffer): { claimed: string; expected: Buffer } | null {
  const end = line.lastIndexOf(TEXT_END, undefined, 'latin1');
  const start = end - TOKEN_LENGTH;
  if (start < 0 || line.toString('latin1', start, start + TOKEN.length) !== TOKEN) return null;
  const content = Buffer.concat([previous, line.subarray(0, start), line.subarray(end)]);
  return { claimed: line.toString('latin1', start + TOKEN.length, end), expected: hash('sha256', content, 'buffer') };
}
