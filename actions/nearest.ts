/** Finds what a person probably meant. Used for suggestions only: nothing here ever makes two words equal. */

/** Words longer than this are not typing errors of anything we know, in code points. */
const LONGEST_WORD = 100;

/**
 * Letters that look like Latin ones, after lower-casing. A small part of https://www.unicode.org/Public/security/latest/confusables.txt
 * (UTS #39): those that keyboards of Cyrillic and Greek have.
 */
const lookAlikes = new Map<string, string>(
  Object.entries({
    ...{ а: 'a', в: 'b', с: 'c', ԁ: 'd', е: 'e', һ: 'h', і: 'i', ј: 'j', к: 'k', ӏ: 'l', м: 'm', н: 'h', о: 'o' },
    ...{ р: 'p', ѕ: 's', т: 't', у: 'y', х: 'x', ѵ: 'v', ԝ: 'w' },
    ...{ α: 'a', β: 'b', ε: 'e', η: 'n', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u', χ: 'x' },
  }),
);

/**
 * The candidate that `word` is most likely a slip of, or null. Equal nearness is decided by the order of code points,
 * so the answer does not depend on the order of the candidates.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = fold(word);
  if (wanted.length === 0 || wanted.length > LONGEST_WORD) return null;
  const distinct = [...new Set(candidates)].sort();
  return closest(wanted, distinct) ?? onlyBeginning(wanted, distinct);
}

/** How many slips turn one word into the other: insert, drop, replace, or swap two neighbours (Damerau-Levenshtein). */
export function slipsBetween(a: readonly string[], b: readonly string[]): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of a.entries()) {
    const current = [row + 1];
    for (const [column, other] of b.entries()) {
      const replaced = at(last, column) + (letter === other ? 0 : 1);
      const swapped = letter === b[column - 1] && other === a[row - 1] ? at(before, column - 1) + 1 : replaced;
      current.push(Math.min(replaced, swapped, at(last, column + 1) + 1, at(current, column) + 1));
    }
    before = last;
    last = current;
  }
  return at(last, b.length);
}

function closest(wanted: readonly string[], candidates: readonly string[]): string | null {
  let best: string | null = null;
  let fewest = slipsAllowed(wanted.length) + 1;
  for (const candidate of candidates) {
    const folded = fold(candidate);
    if (Math.abs(folded.length - wanted.length) >= fewest) continue;
    const slips = slipsBetween(wanted, folded);
    if (slips >= fewest) continue;
    best = candidate;
    fewest = slips;
  }
  return best;
}

/** `grace` for `grace-period`, when nothing else begins so. Three letters are the least that mean something. */
function onlyBeginning(wanted: readonly string[], candidates: readonly string[]): string | null {
  if (wanted.length < 3) return null;
  const start = wanted.join('');
  const found = candidates.filter((candidate) => fold(candidate).join('').startsWith(start));
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** Short words are near to everything, so they get no slip. */
function slipsAllowed(length: number): number {
  if (length < 3) return 0;
  return length < 6 ? 1 : 2;
}

/** Case, width and script put aside, one entry a code point. */
function fold(word: string): string[] {
  return Array.from(word.normalize('NFKC').toLowerCase(), (letter) => lookAlikes.get(letter) ?? letter);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
