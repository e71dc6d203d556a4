/**
 * Finds characters that nobody can see. In a name or a reason they would make an approver read something else than what
 * runs (text that turns its direction, hidden tags), so a line with one is refused, with the clean line to confirm.
 * Allowed: line breaks and tabs, and the two joiners that scripts and emoji need (U+200C, U+200D).
 */
import type { Wrong } from './tokens.ts';

const INVISIBLE = /(?![\t\n\r\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu;

export function findInvisible(line: string): Wrong | null {
  const [char] = line.match(INVISIBLE) ?? [];
  if (char === undefined) return null;
  const point = char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  const reason = `the line has a character that nobody can see (U+${point}); check that the line without it is meant`;
  return { kind: 'wrong', reason, attempts: [`vm ${line.replace(INVISIBLE, '')}`] };
}
