/** The nearest allowed word to a mistyped one, for the errors of policy files. */

/** ` (allowed: a, b, c; did you mean "b"?)`; the list is cut after 20 words. */
export function allowedWords(word: string, allowed: readonly string[]): string {
  const list = allowed.slice(0, 20).join(', ') + (allowed.length > 20 ? ', …' : '');
  const near = nearestWord(word, allowed);
  return ` (allowed: ${list === '' ? 'none' : list}${near === null ? '' : `; did you mean "${near}"?`})`;
}

/** Null when nothing is near: at most a third of the letters may differ. */
export function nearestWord(word: string, allowed: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const near = allowed
    .map((candidate) => ({ candidate, edits: edits(word.slice(0, 64), candidate) }))
    .filter((entry) => entry.edits <= limit)
    .sort((a, b) => a.edits - b.edits)[0];
  return near?.candidate ?? null;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment), ignoring case. */
function edits(from: string, to: string): number {
  const a = from.toLowerCase();
  const b = to.toLowerCase();
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next.push(
        Math.min(
          at(last, column) + 1,
          at(next, column - 1) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(older, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    older = last;
    last = next;
  }
  return at(last, b.length);
}

function at(row: number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
