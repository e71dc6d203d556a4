/** From a line of the log back to a record. Total: what is not a record of ours is `malformed`, with the reason. */
import { UNSET } from './auid.ts';
import { decodeValue } from './encode.ts';
import { MAX_LINE_BYTES } from './line.ts';

export interface ParsedRecord {
  type: string;
  timeMs: number;
  serial: number;
  pid: number;
  uid: number;
  /** The service account. */
  uidName: string;
  auid: number;
  /** The person; `unset` for nobody. */
  actor: string;
  /** Request number; null outside a request. */
  request: number | null;
  /** Own fields in order, decoded. */
  fields: [name: string, value: string][];
  account: string | null;
  address: string | null;
  terminal: string;
  result: 'success' | 'failed';
  /** Chain token. */
  chain: string;
}

export type ParsedLine = { kind: 'record'; record: ParsedRecord } | { kind: 'malformed'; problem: string };

/** Printable ASCII but `'`, between fixed words; 0x1D once. */
const FORM =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: 0x1D is auditd's separator
  /^type=([A-Z_]+) msg=audit\((\d{1,11})\.(\d{3}):(\d{1,10})\): pid=(\d+) uid=(\d+) auid=(\d+) ses=(\d+)(?: subj=[!-~]+)? msg='([ -&(-~]*) chain=([A-Za-z0-9_-]{43})'\x1d([ -&(-~]*)$/;

/** The writer's own fields at the end of the text part; `acct` is there when the record has an account. */
const FRAME: readonly string[] = ['acct', 'exe', 'hostname', 'addr', 'terminal', 'res'];

/** What `verify` needs of every line. */
export interface LineHead {
  type: string;
  timeMs: number;
  serial: number;
  /** The text part, still encoded. */
  text: string;
  chain: string;
}

/** The head of a line without its line feed (read as latin1), or what is wrong with it. */
export function parseHead(line: string): LineHead | string {
  const match = matchForm(line);
  if (typeof match === 'string') return match;
  return {
    type: part(match, 1),
    timeMs: Number(match[2]) * 1000 + Number(match[3]),
    serial: Number(match[4]),
    text: part(match, 9),
    chain: part(match, 10),
  };
}

/** A line without its line feed, read as latin1. */
export function parseLine(line: string): ParsedLine {
  const match = matchForm(line);
  if (typeof match === 'string') return { kind: 'malformed', problem: match };
  const tokens = splitTokens(part(match, 9));
  const names = new Map(splitTokens(part(match, 11)));
  const frame = new Map(tokens.filter(([name]) => FRAME.includes(name)));
  const result = frame.get('res');
  if (result !== 'success' && result !== 'failed') return { kind: 'malformed', problem: 'neither success nor failed' };
  const session = Number(match[8]);
  return {
    kind: 'record',
    record: {
      type: part(match, 1),
      timeMs: Number(match[2]) * 1000 + Number(match[3]),
      serial: Number(match[4]),
      pid: Number(match[5]),
      uid: Number(match[6]),
      uidName: names.get('UID') ?? '',
      auid: Number(match[7]),
      actor: names.get('AUID') ?? '',
      request: session === UNSET ? null : session,
      fields: tokens.filter(([name]) => !FRAME.includes(name)),
      account: frame.get('acct') ?? null,
      address: frame.get('addr') || null,
      terminal: frame.get('terminal') ?? '',
      result,
      chain: part(match, 10),
    },
  };
}

/** The first field with this name, decoded; null: the record has none. */
export function fieldOf({ fields }: Pick<ParsedRecord, 'fields'>, name: string): string | null {
  return fields.find(([known]) => known === name)?.[1] ?? null;
}

/** `a=1 b="x"` as decoded pairs; the values hold no spaces, since such text is hex. */
export function splitTokens(text: string): [name: string, value: string][] {
  return text.split(' ').map((token) => {
    const at = token.indexOf('=');
    const name = token.slice(0, Math.max(at, 0));
    return [name, decodeValue(name, token.slice(at + 1))];
  });
}

function matchForm(line: string): RegExpExecArray | string {
  if (line.length >= MAX_LINE_BYTES) return 'longer than the audit tools can read';
  const match = FORM.exec(line);
  if (match !== null) return match;
  return line === '' ? 'an empty line' : 'not in the form of a record';
}

function part(match: RegExpExecArray, index: number): string {
  return match[index] ?? '';
}
