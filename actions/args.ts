/**
 * Argument types that actions share, with their limits. A line of chat gives text (or a list of texts for an option
 * that was repeated), the stored operation gives the coerced JSON: both are accepted, and coercing twice changes nothing.
 * Numbers without a unit: memory in MiB, disks in GiB, durations in seconds.
 */
import { z } from 'zod';
import { nearest } from './nearest.ts';
import { parsePairs } from './pairs.ts';
import { parseSeconds, parseSizeMiB, typeMiB, typeSeconds } from './units.ts';

/** Longest text that is looked at; longer ones are refused before anything else is done with them. */
const MAX_TEXT = 512;

const Text = z.string().max(MAX_TEXT);
const TextOrNumber = z.union([Text, z.number()]);

/**
 * Letters and digits of any script, then also `.`, `_` and `-`. Nothing invisible, so that two names that look the same
 * are the same more often: no format characters (bidi controls among them) and nothing default-ignorable.
 * Sources: libvirt refuses `/`, control characters and blank names; the name becomes file names, 255 bytes at most.
 */
const VM_NAME = /^(?!.*\p{DI})[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]{0,62}$/u;
const MAX_NAME_BYTES = 200;

/** A VM's name, in Unicode's form NFC. A VM that other tools named otherwise cannot be addressed. */
export const VmName = Text.transform((raw, ctx) => {
  const name = raw.normalize('NFC');
  if (VM_NAME.test(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  return reject(
    ctx,
    'a VM name has 1 to 63 letters, digits, ".", "_" or "-" (200 bytes at most) and starts with a letter or a digit',
    suggestName(name),
  );
});

/** Printable text without line breaks; no control, format or unassigned characters. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** A person or a group of the config file. */
export const Owner = Text.transform((raw, ctx) => {
  const owner = raw.normalize('NFC').trim();
  if (PRINTABLE.test(owner) && [...owner].length <= 64) return owner;
  return reject(ctx, 'an owner is a person or a group: 1 to 64 printable characters', null);
});

/** The name of a volume in a pool: one path component. */
export const VolumeName = Text.transform((raw, ctx) => {
  const printable = PRINTABLE.test(raw) && Buffer.byteLength(raw) <= 255;
  if (printable && !/^[.-]|\//u.test(raw)) return raw;
  return reject(ctx, 'a volume name is one file name without "/", and starts with neither "." nor "-"', null);
});

/** Memory in MiB: `512MiB`, `8GiB`. Least: what a Linux guest boots in; most: 4 TiB. */
export const MemoryMiB = size({ min: 128, max: 4 * 1024 ** 2, unitMiB: 1, example: '512MiB or 8GiB' });

/** A disk in GiB: `20GiB`, `2TiB`; 16 TiB at most. */
export const DiskGiB = size({ min: 1, max: 16 * 1024, unitMiB: 1024, example: '20GiB' });

/** A duration in seconds: `90s`, `2h`, `1h30m`, `30d`. */
export function seconds(limits: { min: number; max: number }) {
  return TextOrNumber.transform((raw, ctx) => {
    const value = typeof raw === 'number' ? raw : parseSeconds(raw);
    if (value === null || !Number.isInteger(value)) {
      return reject(ctx, 'a duration looks like 90s, 2h or 30d', null);
    }
    return within(ctx, value, limits, typeSeconds);
  });
}

/** A whole number. */
export function whole(limits: { min: number; max: number }) {
  return TextOrNumber.transform((raw, ctx) => {
    const value = typeof raw === 'number' ? raw : /^\d{1,15}$/.test(raw.trim()) ? Number(raw) : Number.NaN;
    if (!Number.isInteger(value)) return reject(ctx, 'this is a whole number', null);
    return within(ctx, value, limits, String);
  });
}

const TAG_KEY = /^[a-z][a-z0-9-]{0,62}$/;
const MAX_TAGS = 16;
const Pairs = z.union([Text, z.array(Text).max(MAX_TAGS), z.record(z.string(), Text)]);

/** What a selector asks besides tags; so no tag may be called so. */
const SELECTOR_KEYS = ['owner', 'state', 'name'];
const STATES = ['running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'pmsuspended'];

/** `env=dev tier=web`: at most 16 tags, keys as in `VmMetadata`, values printable and 63 characters at most. */
export const Tags = Pairs.transform((raw, ctx) => {
  const tags = parsePairs(raw);
  if (tags === null) return reject(ctx, 'tags look like env=dev tier=web, each key once', null);
  const reserved = Object.keys(tags).find((key) => SELECTOR_KEYS.includes(key));
  if (reserved !== undefined) return reject(ctx, `${reserved} cannot be a tag: selectors use the word`, null);
  return checkPairs(ctx, tags);
});

/** `owner=team-a env=dev state=running`: all must fit. Keys: owner, state, name, or a tag's. */
export const Selector = Pairs.transform((raw, ctx) => {
  const wanted = parsePairs(raw);
  if (wanted === null) return reject(ctx, 'a selector looks like owner=team-a env=dev, each key once', null);
  const state = Object.hasOwn(wanted, 'state') ? wanted.state : undefined;
  if (state !== undefined && !STATES.includes(state)) {
    const near = nearest(state, STATES);
    return reject(ctx, `states are ${STATES.join(', ')}`, near === null ? null : `state=${near}`);
  }
  return checkPairs(ctx, wanted);
});

type Reporter = z.core.$RefinementCtx;

/** Adds an issue; `instead` is the nearest value that would be right. */
function reject(ctx: Reporter, message: string, instead: string | null): never {
  ctx.issues.push({ code: 'custom', message, params: { instead }, input: ctx.value });
  return z.NEVER;
}

function within(ctx: Reporter, value: number, limits: { min: number; max: number }, type: (value: number) => string) {
  if (value >= limits.min && value <= limits.max) return value;
  const instead = type(value < limits.min ? limits.min : limits.max);
  return reject(ctx, `allowed is ${type(limits.min)} to ${type(limits.max)}`, instead);
}

function size(kind: { min: number; max: number; unitMiB: number; example: string }) {
  return TextOrNumber.transform((raw, ctx) => {
    const mib = typeof raw === 'number' ? raw * kind.unitMiB : parseSizeMiB(raw, kind.unitMiB);
    if (mib === null) return reject(ctx, `a size looks like ${kind.example}`, suggestSize(String(raw)));
    const value = mib / kind.unitMiB;
    if (value > kind.min && value < kind.max && !Number.isInteger(value)) {
      return reject(
        ctx,
        `it comes in whole ${kind.unitMiB === 1 ? 'MiB' : 'GiB'}`,
        typeMiB(Math.ceil(value) * kind.unitMiB),
      );
    }
    return within(ctx, value, kind, (units) => typeMiB(units * kind.unitMiB));
  });
}

function checkPairs(ctx: Reporter, pairs: Record<string, string>): Record<string, string> {
  const entries = Object.entries(pairs);
  if (entries.length > MAX_TAGS) return reject(ctx, `at most ${MAX_TAGS} pairs`, null);
  const key = entries.find(([name]) => !TAG_KEY.test(name));
  if (key !== undefined) return reject(ctx, 'keys have 1 to 63 of a-z, 0-9 and "-", and start with a letter', null);
  const value = entries.find(([, text]) => !PRINTABLE.test(text) || [...text].length > 63);
  if (value !== undefined) return reject(ctx, `the value of ${value[0]} needs 1 to 63 printable characters`, null);
  return pairs;
}

/** `8GB` and `8G` are meant as `8GiB`; said, not assumed. */
function suggestSize(text: string): string | null {
  const match = /^(\d{1,6})\s*([mgt])b?$/i.exec(text.trim());
  return match === null ? null : `${match[1]}${match[2]?.toUpperCase()}iB`;
}

function suggestName(name: string): string | null {
  const kept = [...name.replace(/[\s/]+/gu, '-').replace(/[^\p{L}\p{M}\p{Nd}._-]|\p{DI}/gu, '')].slice(0, 63).join('');
  const bare = kept.replace(/^[^\p{L}\p{Nd}]+/u, '');
  return VM_NAME.test(bare) && Buffer.byteLength(bare) <= MAX_NAME_BYTES ? bare : null;
}
