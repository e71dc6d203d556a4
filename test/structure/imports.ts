/**
 * Finds what a TypeScript file imports, from its text alone. It knows comments, strings, templates and regular
 * expressions, so none of them can pass for an import or hide one. (tsc 7 has no parser to call from here.)
 */

/** A source text without what is not code: comments and templates are blanks, a string is `"<its number>"`. */
export interface Code {
  text: string;
  strings: string[];
}

const STRING = /'(?:\\[\s\S]|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"/.source;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//.source;
// A slash begins a regular expression where a value may stand: after an operator, a bracket, a keyword or nothing.
const REGEXP = /(?<=(?:^|[=(,:;!&|?{}[\n]|=>|\breturn|\bcase)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//.source;
const IN_CODE = new RegExp(`(?<comment>${COMMENT})|(?<string>${STRING})|(?<regexp>${REGEXP})|[\`{}]`, 'g');
const IN_TEMPLATE = /\\[\s\S]|\$\{|`/g;

export function readCode(source: string): Code {
  const strings: string[] = [];
  const nesting: ('{' | '${' | '`')[] = [];
  let text = '';
  let at = 0;
  while (at < source.length) {
    const inTemplate = nesting.at(-1) === '`';
    const pattern = inTemplate ? IN_TEMPLATE : IN_CODE;
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!inTemplate) text += source.slice(at, match?.index);
    if (match === null) break;
    at = match.index + match[0].length;
    const { groups } = match;
    if (groups?.string !== undefined) text += `"${strings.push(groups.string.slice(1, -1)) - 1}"`;
    else if (groups?.comment !== undefined || groups?.regexp !== undefined) text += ' ';
    else text += step(match[0], nesting);
  }
  return { text, strings };
}

/** Follows brackets in and out of templates; gives what of the mark is code. */
function step(mark: string, nesting: ('{' | '${' | '`')[]): string {
  if (mark === '`') {
    if (nesting.at(-1) === '`') nesting.pop();
    else nesting.push('`');
    return ' ';
  }
  if (mark === '{' || mark === '${') nesting.push(mark);
  else if (mark === '}') nesting.pop();
  return mark === '{' || mark === '}' ? mark : ' ';
}

const IMPORTS = /\b(?:import|export)\b[^"]*?\bfrom\s*"(\d+)"|\bimport\s*\(?\s*"(\d+)"/g;

/** The specifiers of every import and re-export, types and dynamic imports included. */
export function importsOf({ text, strings }: Code): string[] {
  return [...text.matchAll(IMPORTS)].map(([, from, bare]) => strings[Number(from ?? bare)] ?? '');
}
