/**
 * Which field names a record may have. The tools find `uid=`, `vm=` or `res=` by the end of a name and give many names a
 * meaning of their own, so a wrong name hides or falsifies a record without an error: `failures=` turns a failed action
 * into a successful one in `aureport --failed`. A bad name is a bug and throws. Source: audit-userspace 3.0.9 and 4.2.1.
 */
import type { AuditEntry, RecordType } from './record.ts';

const NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** More would not fit into a line even with every text cut to a few characters. */
const MAX_FIELDS = 40;

/** Ends of names that the tools search for. */
const SEARCHED_END = /(?:uid|vm|comm|acct|hostname|addr|cwd|terminal|exe|res|result|ses|subj|pid)$/;

/** The searched names that a caller may use, each in its place. `vm-pid` is libvirt's own, after `vm` and `uuid`. */
const ALLOWED: readonly string[] = ['vm', 'uuid', 'comm', 'cwd', 'vm-pid'];

/** Names the writer itself writes, and names that the tools interpret (`sig=9` is shown as a signal). */
const RESERVED: readonly string[] = [
  ...['type', 'msg', 'node', 'audit', 'chain', 'raw-bytes', 'actor-sha256', 'place-sha256'],
  ...['sig', 'exit', 'mode', 'flags', 'action', 'list', 'per', 'code', 'arch', 'syscall', 'a0', 'a1', 'a2', 'a3'],
  ...['data', 'perm', 'proto', 'family', 'hook', 'resp', 'prom', 'saddr', 'key', 'success'],
];

/** Names whose built-in meaning is the right one in these types. */
const ONLY_IN: Readonly<Record<string, readonly RecordType[]>> = {
  id: ['ADD_USER', 'DEL_USER', 'ROLE_ASSIGN', 'ROLE_REMOVE'],
  fp: ['CRYPTO_KEY_USER'],
};

/** What is wrong with a field's name in a record of this type; null: nothing. */
export function whyBadName(type: RecordType, name: string): string | null {
  if (!NAME.test(name)) return 'is not lower-case letters, digits, - and _, 32 at most';
  if (RESERVED.includes(name)) return 'has a meaning of its own in the audit tools';
  if (Object.hasOwn(ONLY_IN, name) && !ONLY_IN[name]?.includes(type)) return `has no place in a ${type} record`;
  if (SEARCHED_END.test(name) && !ALLOWED.includes(name)) return 'ends like a name that the audit tools search for';
  return null;
}

/** Throws when a field's name or place would make a tool misread the record. */
export function lintFields({ type, fields }: Pick<AuditEntry, 'type' | 'fields'>): void {
  if (fields.length > MAX_FIELDS) throw new Error(`audit record ${type}: more than ${MAX_FIELDS} fields`);
  const seen: string[] = [];
  for (const [name] of fields) {
    const problem = seen.includes(name) ? 'is there twice' : (whyBadName(type, name) ?? whyBadPlace(name, seen));
    if (problem !== null) throw new Error(`audit record ${type}: field ${name} ${problem}`);
    seen.push(name);
  }
}

/** `ausearch -vm` and `-uu` look for vm first and for uuid after it. */
function whyBadPlace(name: string, before: readonly string[]): string | null {
  if (name === 'vm' && before.includes('uuid')) return 'must stand before uuid';
  if (name === 'vm-pid' && !before.includes('vm')) return 'must stand after vm';
  return null;
}
