/**
 * A plan as a person reads it: what happens, what changes from what to what, what is lost, what it takes, and the way
 * back. The machine's words (paths, units in names, JSON) are put into a person's here and nowhere else.
 */
import type { Change, Field, Json, Plan } from '../actions/action.ts';
import { formatBytes, formatMiB, formatSeconds } from '../actions/units.ts';
import type { CardBlock } from './chat/card.ts';

export function planBlocks({ effects, changes, lost, cost, undo }: Plan, info: Field[]): CardBlock[] {
  const takes = describeCost(cost);
  const fields = [
    ...(takes === '' ? [] : [{ name: 'takes', value: takes }]),
    ...info,
    { name: 'way back', value: undo === null ? 'none' : `${commandOf(undo)}, ${undo.holds}` },
  ];
  return [
    { kind: 'list', items: effects },
    ...changesTable(changes),
    ...(lost.length > 0
      ? [{ kind: 'text', text: 'Lost for good:' } as const, { kind: 'list', items: lost } as const]
      : []),
    { kind: 'fields', fields },
  ];
}

/** `vm delete web-02 --disks --force`, near enough for a person: the button carries the real thing. */
export function commandOf({ action, args }: NonNullable<Plan['undo']>): string {
  const words = Object.entries(args).flatMap(([name, value]) => {
    if (value === null || value === false) return [];
    if (name === 'vm' || name === 'name') return [String(value)];
    return [value === true ? `--${name}` : `--${name} ${show(name, value)}`];
  });
  return [action.replace('.', ' '), ...words].join(' ');
}

function describeCost({ vcpus, memoryMiB, diskGiB }: Plan['cost']): string {
  const parts = [
    ...(vcpus > 0 ? [`${vcpus} vCPU`] : []),
    ...(memoryMiB > 0 ? [`${formatMiB(memoryMiB)} of memory`] : []),
    ...(diskGiB > 0 ? [`up to ${diskGiB} GiB of disk`] : []),
  ];
  return parts.join(', ');
}

/** Where nothing was before, there is no column for it. */
function changesTable(changes: Change[]): CardBlock[] {
  const rows = changes
    .map(({ path, before, after }) => ({
      what: nameOf(path),
      now: show(path, before),
      later: after === null ? GONE : show(path, after),
    }))
    .filter(({ now, later }) => now !== later && !(now === NOTHING && later === GONE));
  if (rows.length === 0) return [];
  if (rows.every(({ now }) => now === NOTHING)) {
    return [{ kind: 'table', columns: ['New', 'Will be'], rows: rows.map(({ what, later }) => [what, later]) }];
  }
  return [
    { kind: 'table', columns: ['What', 'Now', 'Then'], rows: rows.map(({ what, now, later }) => [what, now, later]) },
  ];
}

const NOTHING = '–';
const GONE = 'gone';

/** `domain/web-01/memoryMiB` → `memory of web-01`; `volume/default/a.qcow2` → `a.qcow2 in pool default`. */
function nameOf(path: string): string {
  const [kind, first = '', ...rest] = path.split('/');
  if (kind === 'volume') return `${rest.join('/')} in pool ${first}`;
  if (kind === 'domain' && rest.length > 0) return `${wordOf(rest.join(' '))} of ${first}`;
  return path;
}

const UNIT = /(?<=[a-z])(MiB|GiB|Bytes|Seconds)$/;

/** `leaseSeconds` → `lease`; the value has the unit. */
function wordOf(name: string): string {
  return name === 'vcpus' ? 'vCPUs' : name.replace(UNIT, '');
}

function show(name: string, value: Json): string {
  if (value === null) return NOTHING;
  if (Array.isArray(value)) return value.length === 0 ? NOTHING : value.map((item) => show('', item)).join(', ');
  if (typeof value === 'object') return showObject(name, value);
  return withUnit(name, value);
}

function withUnit(name: string, value: string | number | boolean): string {
  const number = /^\d+$/.test(String(value)) ? Number(value) : null;
  if (number === null) return value === '' ? NOTHING : String(value);
  switch (UNIT.exec(name)?.[1]) {
    case 'MiB':
      return formatMiB(number);
    case 'GiB':
      return formatMiB(number * 1024);
    case 'Bytes':
      return formatBytes(BigInt(value));
    case 'Seconds':
      return formatSeconds(number);
    default:
      return String(value);
  }
}

/** Tags as they are typed; a volume as `40 MiB on tiny.qcow2`. */
function showObject(name: string, value: { [key: string]: Json }): string {
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  if (entries.length === 0) return NOTHING;
  if (/(^|\/)tags$/.test(name)) return entries.map(([key, item]) => `${key}=${show('', item)}`).join(' ');
  const words: Record<string, string> = { capacityBytes: '', format: '', backing: 'on ' };
  return entries.map(([key, item]) => `${words[key] ?? `${wordOf(key)} `}${show(key, item)}`).join(' ');
}
