/** Decides whether a text is for Drover, and takes off what only addresses it: `/`, `@drover`, `drover`, `vm`, code ticks. */

/** Written around a line by people who paste, and by keyboards: spaces, and marks that nobody sees. */
const EDGES = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
const CODE_TICKS = /^(`{1,3})([^`]+)\1$/;
const FIRST_WORD = /^(\S+)\s*/u;

/**
 * The command without its address (`stop web-01`), '' for an address alone, or null when the text is not for us: not
 * `addressed` by the platform (mention, direct message, slash command) and not beginning with `vm ` or `@drover`.
 */
export function stripAddress(text: string, addressed: boolean): string | null {
  const line = tidy(text);
  const name = firstWord(line);
  const named = /^[/@]*drover[:,]?$/.test(name.word);
  const ours = addressed || (named && /^[/@]/.test(name.word));
  const rest = named ? tidy(name.rest) : line;
  const prefix = firstWord(rest);
  if (prefix.word === 'vm' || prefix.word === '/vm') return ours || prefix.rest !== '' ? tidy(prefix.rest) : null;
  return ours ? rest : null;
}

function tidy(text: string): string {
  const trimmed = text.replace(EDGES, '');
  return CODE_TICKS.exec(trimmed)?.[2]?.replace(EDGES, '') ?? trimmed;
}

/** The address is syntax, so full-width letters and capitals mean the same. */
function firstWord(line: string): { word: string; rest: string } {
  const match = FIRST_WORD.exec(line);
  if (match === null) return { word: '', rest: '' };
  return { word: (match[1] ?? '').normalize('NFKC').toLowerCase(), rest: line.slice(match[0].length) };
}
