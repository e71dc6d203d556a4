/**
 * A plan as a person reads it: what happens, what changes from what to what, what is lost, what it takes, and the way
 * back. The machine's words (paths, units in names, JSON) are put into a person's here and nowhere else.
 */
import type { Change, Field, Json, Plan } from '../actions/action.ts';
import { formatBytes, formatMiB, formatSeconds } from '../actions/units.ts';
import type { CardBlock } from './chat/card.ts';

/** What was agreed on, for a request that is over: nothing of it helps to decide any more. */
export function effectsBlock({ effects }: Plan): CardBlock {
  return { kind: 'list', items: effects };
}

export function planBlocks(plan: Plan, info: Field[]): CardBlock[] {
  const { changes, lost, cost, undo } = plan;
  const takes = describeCost(cost);
  const fields = [
    ...(takes === '' ? [] : [{ name: 'takes', value: takes }]),
    ...info,
    { name: 'way back', value: undo === null ? 'none' : `${commandOf(undo)}, ${undo.holds}` },
  ];
  return [
    effectsBlock(plan),
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

interface Row {
  what: string;
  now: string;
  later: string;
}

/** What comes new is one row, however many facts it has. What goes is not here: effects and losses name it already. */
function changesTable(changes: Change[]): CardBlock[] {
  const made = new Set(changes.filter(isBirth).map(({ path }) => objectOf(path)));
  const born = [...made].map((object) => birthRow(object, changes));
  const changed = changes.filter(({ path }) => !made.has(objectOf(path))).flatMap(changeRow);
  if (born.length + changed.length === 0) return [];
  if (changed.length === 0) {
    return [{ kind: 'table', columns: ['New', 'Will be'], rows: born.map(({ what, later }) => [what, later]) }];
  }
  const rows = [...changed, ...born].map(({ what, now, later }) => [what, now, later]);
  return [{ kind: 'table', columns: ['What', 'Now', 'Then'], rows }];
}

const NOTHING = '–';
const GONE = 'gone';

const isVolume = (path: string) => path.startsWith('volume/');
const isState = (path: string) => path.startsWith('domain/') && path.endsWith('/state');

function isBirth({ path, before, after }: Change): boolean {
  return before === null && after !== null && (isVolume(path) || isState(path));
}

/** `domain/web-01` of `domain/web-01/state`; a volume is one thing. */
function objectOf(path: string): string {
  return isVolume(path) ? path : path.split('/').slice(0, 2).join('/');
}

function birthRow(object: string, changes: Change[]): Row {
  const facts = changes
    .filter(({ path }) => objectOf(path) === object)
    .map(({ path, after }) => factOf(path.slice(object.length + 1), after))
    .filter((fact) => fact !== '');
  return { what: nameOf(object), now: NOTHING, later: facts.join(', ') };
}

/** `256 MiB`, `owner alice`, `lease 30 d`: the word only where the value does not speak for itself. */
function factOf(name: string, value: Json): string {
  const text = show(name, value);
  if (text === NOTHING) return '';
  if (name === 'vcpus') return `${text} vCPU`;
  return ['', 'state', 'memoryMiB', 'tags'].includes(name) ? text : `${wordOf(name)} ${text}`;
}

function changeRow({ path, before, after }: Change): Row[] {
  if (after === null && (isVolume(path) || isState(path))) return [];
  const now = show(path, before);
  const later = after === null && now !== NOTHING ? GONE : show(path, after);
  return now === later ? [] : [{ what: nameOf(path), now, later }];
}

/** `domain/web-01/memoryMiB` → `memory of web-01`; `volume/default/a.qcow2` → `a.qcow2 in pool default`. */
function nameOf(path: string): string {
  const [kind, first = '', ...rest] = path.split('/');
  if (kind === 'volume') return `${rest.join('/')} in pool ${first}`;
  if (kind === 'domain') return rest.length === 0 ? first : `${wordOf(rest.join(' '))} of ${first}`;
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
