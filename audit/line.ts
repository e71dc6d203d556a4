/**
 * From an entry to the line that auditd would have written, without its chain token. The order of the parts is fixed:
 * the tools search from left to right. Time and serial come last (`lineOf`), so that an entry is encoded, and found to
 * be bad, before it can hold up others.
 */
import { isIP } from 'node:net';
import { UNSET } from './auid.ts';
import { cleanText, cutText, digestOf, encodeField } from './encode.ts';
import { lintFields } from './names.ts';
import type { AuditEntry } from './record.ts';

/** ausearch splits a line at 8,970 bytes and takes the rest for a record; the kernel takes 8,560. */
export const MAX_LINE_BYTES = 8000;

/** ` chain=`, 43 characters, line feed. */
const CHAIN_BYTES = 51;
const ENRICHED = '\x1d';
const CUT = '…[cut]';
/** The tools show names in columns; a longer one is a mistake or an attack. */
const MAX_NAME_BYTES = 256;
/** `type=… msg=audit(…): ` at its widest. */
const STAMP_BYTES = 80;

/** Who writes: the same in every record of a process. */
export interface Origin {
  pid: number;
  /** The service account; `uidName` is shown as UID=. */
  uid: number;
  uidName: string;
  /** The process's security label; '' where the kernel has none. */
  subject: string;
}

/** `head` ends with res=…, where the chain token goes; `tail` is the rest without line feed. Both are ASCII. */
export interface EncodedEntry {
  type: string;
  head: string;
  tail: string;
}

export interface Stamp {
  timeMs: number;
  serial: number;
}

/** Throws an Error (a bug) for a field name that the tools would misread; shortens text that does not fit. */
export function encodeEntry(entry: AuditEntry, origin: Origin): EncodedEntry {
  lintFields(entry);
  const room = MAX_LINE_BYTES - CHAIN_BYTES - STAMP_BYTES;
  for (let textBytes = MAX_LINE_BYTES; ; textBytes = Math.floor(textBytes * 0.7)) {
    const encoded = encodeWithin(entry, origin, textBytes);
    if (encoded.head.length + encoded.tail.length <= room) return encoded;
  }
}

/** The stamped line around the place of the chain token. */
export function lineOf({ type, head, tail }: EncodedEntry, { timeMs, serial }: Stamp): { head: string; tail: string } {
  const millis = String(timeMs % 1000).padStart(3, '0');
  return { head: `type=${type} msg=audit(${Math.floor(timeMs / 1000)}.${millis}:${serial}): ${head}`, tail };
}

function encodeWithin(entry: AuditEntry, origin: Origin, textBytes: number): EncodedEntry {
  const nameBytes = Math.min(textBytes, MAX_NAME_BYTES);
  const actor = fit(entry.actor.name, nameBytes);
  const place = fit(entry.terminal, nameBytes);
  const account = entry.account === null ? null : fit(entry.account, nameBytes);
  const parts = entry.fields.flatMap(([name, value]) => encodeOne(name, value, textBytes));
  if (account !== null) parts.push(encodeField('acct', account.text), ...original(account));
  if (actor.changed) parts.push(`actor-sha256=${digestOf(entry.actor.name)}`);
  if (place.changed) parts.push(`place-sha256=${digestOf(entry.terminal)}`);
  parts.push('exe="/usr/bin/drover"', 'hostname=?', `addr=${encodeAddress(entry.address)}`);
  parts.push(encodeField('terminal', place.text), `res=${entry.result}`);
  const names = [encodeField('UID', origin.uidName), encodeField('AUID', actor.text)];
  if (account !== null && entry.fields.some(([name]) => name === 'id')) names.push(encodeField('ID', account.text));
  return {
    type: entry.type,
    head: `${prefixOf(entry, origin)} msg='${parts.join(' ')}`,
    tail: `'${ENRICHED}${names.join(' ')}`,
  };
}

function prefixOf({ actor, request }: AuditEntry, { pid, uid, subject }: Origin): string {
  const ses = request ?? UNSET;
  for (const number of [actor.auid, ses]) {
    if (!Number.isInteger(number) || number < 0 || number > UNSET) throw new Error(`audit record: bad id ${number}`);
  }
  return `pid=${pid} uid=${uid} auid=${actor.auid} ses=${ses}${subject === '' ? '' : ` subj=${subject}`}`;
}

interface Fitted {
  text: string;
  changed: boolean;
  cut: boolean;
  raw: string;
}

function encodeOne(name: string, value: string | number, textBytes: number): string[] {
  if (typeof value === 'number') return [encodeField(name, value)];
  const fitted = fit(value, textBytes);
  return [encodeField(name, fitted.text), ...original(fitted)];
}

/** Text that can be shown and fits; the record says so when that is not what came in. */
function fit(raw: string, bytes: number): Fitted {
  const clean = cleanText(raw);
  const short = cutText(clean, bytes);
  const cut = short !== clean;
  return { text: cut ? `${short}${CUT}` : clean, changed: cut || clean !== raw, cut, raw };
}

/** Right after a text that was changed: what the bytes were. Only the writer writes `raw-bytes`, so a cut is certain. */
function original({ raw, changed, cut }: Fitted): string[] {
  if (!changed) return [];
  return [...(cut ? [`raw-bytes=${Buffer.byteLength(raw)}`] : []), `raw-sha256=${digestOf(raw)}`];
}

function encodeAddress(address: string | null): string {
  if (address === null || isIP(address) === 0) return '?';
  // auparse drops a colon at the end.
  return address.endsWith(':') ? `${address}0` : address;
}
