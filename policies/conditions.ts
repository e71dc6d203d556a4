/**
 * What a policy's `when` may speak of: the variables and the helper functions, each one entry of a table here.
 * To add one, add the entry; type-checking, suggestions and `explain` follow from it.
 *
 * Types are CEL's. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */
import { CelPerson, CelTarget } from './context.ts';

const TIME = 'google.protobuf.Timestamp';

/** Variables with fixed fields. `values` lists the only words that a field can hold, so that a typo is found at load. */
export const objects: Record<string, Record<string, { type: string; values?: readonly string[] }>> = {
  person: { name: { type: 'string' }, groups: { type: 'list<string>' } },
  action: {
    name: { type: 'string' },
    risk: { type: 'string', values: ['read', 'change', 'disruptive', 'destructive'] },
  },
  target: {
    name: { type: 'string' },
    exists: { type: 'bool' },
    owner: { type: 'string' },
    tags: { type: 'map<string, string>' },
    env: { type: 'string' },
    state: {
      type: 'string',
      values: ['', 'running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'pmsuspended'],
    },
    protected: { type: 'bool' },
  },
  request: { platform: { type: 'string' }, channel: { type: 'string' } },
};

/** Variables without fixed fields: an action's arguments, and the time. */
export const plainVariables: Record<string, string> = { args: 'map<string, dyn>', now: TIME };

/** A helper function. Arguments reach `run` already of the signature's types. */
export interface ConditionFunction {
  name: string;
  signature: string;
  run(...args: never[]): boolean | bigint | string;
  /** Checks literal arguments when the policy is loaded; null: fine. `undefined` stands for one that is no literal. */
  check?(literals: unknown[]): string | null;
  /** The sentence for people, of a function that is called with the target alone. */
  fact?(target: CelTarget): string;
}

export const conditionFunctions: ConditionFunction[] = [
  {
    name: 'owns',
    signature: 'owns(Target): bool',
    run: (target: CelTarget) => target.owned,
    fact: (target: CelTarget) =>
      `target.owner is ${target.owner === '' ? 'nobody' : `"${target.owner}"`}, ${target.owned ? 'the person or one of their groups' : 'neither the person nor one of their groups'}`,
  },
  {
    name: 'tag',
    signature: 'tag(Target, string): string',
    run: (target: CelTarget, name: string) => (Object.hasOwn(target.tags, name) ? (target.tags[name] ?? '') : ''),
  },
  {
    name: 'hour',
    signature: `hour(${TIME}, string): int`,
    run: (now: Date, zone: string) => BigInt(clock(now, zone).hour),
    check: checkZone,
  },
  {
    name: 'weekday',
    signature: `weekday(${TIME}, string): string`,
    run: (now: Date, zone: string) => clock(now, zone).weekday,
    check: checkZone,
  },
  {
    /** `HH:MM`, 24 hours: compares as text. */
    name: 'clock',
    signature: `clock(${TIME}, string): string`,
    run: (now: Date, zone: string) => `${clock(now, zone).hour}:${clock(now, zone).minute}`,
    check: checkZone,
  },
];

/** CEL type names of the variables that have a class of their own, so that no value is converted while deciding. */
export const objectClasses = { person: CelPerson, target: CelTarget };

function checkZone(literals: unknown[]): string | null {
  const zone = literals[1];
  if (typeof zone !== 'string') return 'the zone must be written out, such as "Europe/Berlin"';
  return formatOf(zone) === null ? `unknown time zone "${zone}" (IANA name, such as "Europe/Berlin")` : null;
}

interface Clock {
  /** Three lower-case letters. */
  weekday: string;
  /** 00 to 23. */
  hour: string;
  minute: string;
}

/** The last answer for each zone, since many conditions ask within the same minute. */
const clocks = new Map<string, { minuteMs: number; clock: Clock }>();

/** The host's own zone plays no part. Zones differ from UTC by whole minutes since 1972. */
function clock(now: Date, zone: string): Clock {
  const minuteMs = Math.floor(now.getTime() / 60_000) * 60_000;
  const known = clocks.get(zone);
  if (known?.minuteMs === minuteMs) return known.clock;
  const read = readClock(now, zone);
  clocks.set(zone, { minuteMs, clock: read });
  return read;
}

function readClock(now: Date, zone: string): Clock {
  const format = formatOf(zone);
  if (format === null) throw new RangeError(`unknown time zone ${zone}`);
  const parts = new Map(format.formatToParts(now).map((part) => [part.type, part.value]));
  return {
    weekday: (parts.get('weekday') ?? '').toLowerCase(),
    hour: parts.get('hour') ?? '',
    minute: parts.get('minute') ?? '',
  };
}

/** Making a format costs 50 µs, so they are kept; zones are literals of the policy, so the map stays small. */
const formats = new Map<string, Intl.DateTimeFormat | null>();

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = makeFormat(zone);
  formats.set(zone, made);
  return made;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    return null;
  }
}
