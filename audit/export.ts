/**
 * Records as CSV for spreadsheets. The audit tools' own `--format csv` quotes nothing: a comma in a chat message shifts
 * the columns and `=HYPERLINK(…)` runs. Source: https://www.rfc-editor.org/rfc/rfc4180
 */
import { fieldOf, type ParsedRecord } from './parse.ts';

const COLUMNS: readonly (readonly [name: string, value: (record: ParsedRecord) => string])[] = [
  ['time', ({ timeMs }) => new Date(timeMs).toISOString()],
  ['serial', ({ serial }) => String(serial)],
  ['type', ({ type }) => type],
  ['request', ({ request }) => String(request ?? '')],
  ['person', ({ actor }) => actor],
  ['account', ({ account }) => account ?? ''],
  ['op', (record) => fieldOf(record, 'op') ?? ''],
  ['vm', (record) => fieldOf(record, 'vm') ?? ''],
  ['uuid', (record) => fieldOf(record, 'uuid') ?? ''],
  ['command', (record) => fieldOf(record, 'cmd') ?? ''],
  ['result', ({ result }) => result],
  ['address', ({ address }) => address ?? ''],
  ['terminal', ({ terminal }) => terminal],
  ['fields', ({ fields }) => fields.map(([name, value]) => `${name}=${value}`).join('; ')],
  ['chain', ({ chain }) => chain],
];

/** Lines end with CR LF, this one too. */
export function csvHeader(): string {
  return `${COLUMNS.map(([name]) => name).join(',')}\r\n`;
}

export function csvRow(record: ParsedRecord): string {
  return `${COLUMNS.map(([, value]) => quote(value(record))).join(',')}\r\n`;
}

/** A spreadsheet takes a cell that begins so for a formula; an apostrophe makes it text. */
function quote(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
