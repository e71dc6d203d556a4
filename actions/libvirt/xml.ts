/**
 * XML in and out. Out: every value goes through `escapeXml`. In: libvirt's documents as plain objects, attributes
 * with `@`, all text as strings, to be checked by a zod schema.
 */
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { OpsError } from '../errors.ts';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' };

/** Characters that XML 1.0 cannot carry at all are refused: nobody asks for them by accident. */
export function escapeXml(value: string | number | bigint): string {
  const text = String(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(text)) {
    throw new OpsError('failed', `writing XML: ${JSON.stringify(text)} has a character that XML cannot carry`);
  }
  return text.replaceAll(/[&<>'"]/g, (character) => entities[character] ?? character);
}

/** A template whose values are escaped; a value that is XML already comes as `{ xml }`. */
export function xml(
  parts: TemplateStringsArray,
  ...values: (string | number | bigint | { xml: string })[]
): { xml: string } {
  const pieces = values.map((value) => (typeof value === 'object' ? value.xml : escapeXml(value)));
  return { xml: parts.map((part, i) => part + (pieces[i] ?? '')).join('') };
}

/** These may stand more than once and are always arrays. */
const repeated = new Set(['disk', 'channel', 'serial', 'drover:tag']);

const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', apos: "'", quot: '"' };

/** Our own, because libvirt writes what is not ASCII as numeric references, and the parser leaves those alone. */
function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return characters[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  jPath: false, // no paths as strings: nobody here asks for them, and they cost a tenth of the time
  tagValueProcessor: (_name, value) => decode(value),
  attributeValueProcessor: (_name, value) => decode(value),
  isArray: (name) => typeof name === 'string' && repeated.has(name),
});

/** Reads `document` and checks it. Throws `OpsError` 'bad-answer'. */
export function parseXml<T>(schema: z.ZodType<T>, document: string, what: string): T {
  const checked = schema.safeParse(readXml(document, what));
  if (checked.success) return checked.data;
  throw new OpsError('bad-answer', `reading ${what}: ${z.prettifyError(checked.error).replaceAll('\n', ' ')}`);
}

function readXml(document: string, what: string): unknown {
  try {
    return parser.parse(document);
  } catch (error) {
    throw new OpsError('bad-answer', `reading ${what}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The text of a tag that may have attributes. */
export const TagText = z.union([z.string(), z.looseObject({ '#text': z.string() }).transform((tag) => tag['#text'])]);
