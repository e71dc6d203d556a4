/** `key=value` pairs as text, as a list of texts or already taken apart; the keys come out sorted. */

/**
 * Text is parted at white space and commas; each text of a list is one pair, so that its value may hold both.
 * Null: a part without `=`, or a key twice.
 */
export function parsePairs(raw: string | string[] | Record<string, string>): Record<string, string> | null {
  const entries = toEntries(raw);
  if (entries === null || new Set(entries.map(([key]) => key)).size !== entries.length) return null;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toEntries(raw: string | string[] | Record<string, string>): [string, string][] | null {
  if (typeof raw !== 'string' && !Array.isArray(raw)) return Object.entries(raw);
  const parts = typeof raw === 'string' ? raw.split(/[\s,]+/u).filter((part) => part !== '') : raw;
  const entries: [string, string][] = [];
  for (const part of parts) {
    const at = part.indexOf('=');
    if (at < 1) return null;
    entries.push([part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()]);
  }
  return entries;
}
