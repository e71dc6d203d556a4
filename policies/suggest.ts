/** What is allowed instead of a wrong word in a policy file, and which was probably meant. */
import { nearest } from '../actions/nearest.ts';

const MAX_WORDS = 20;

/** ` (allowed: a, b, c; did you mean "b"?)` */
export function allowedWords(word: string, allowed: readonly string[]): string {
  const near = nearest(word, allowed);
  const named = allowed.map((each) => (each === '' ? '""' : each));
  const list = named.slice(0, MAX_WORDS).join(', ') + (named.length > MAX_WORDS ? ', …' : '');
  return ` (allowed: ${list === '' ? 'none' : list}${near === null ? '' : `; did you mean "${near}"?`})`;
}
