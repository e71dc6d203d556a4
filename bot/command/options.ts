/**
 * What a line may say about an action, read from its zod schema: the only file that looks inside a schema.
 * Adding an argument to an action is all it takes to have its option, its help and its canonical form.
 */
import { z } from 'zod';
import type { Action } from '../../actions/action.ts';

/** flag: true or false, no value · text: one value · list: may be repeated, gives an array of strings. */
export type OptionKind = 'flag' | 'text' | 'list';

export interface Option {
  /** Key in the action's arguments: `graceSeconds`. */
  name: string;
  /** As typed, without dashes: `grace`. */
  option: string;
  kind: OptionKind;
  required: boolean;
  /** '' for none. */
  description: string;
  /** Value that is taken when it is left out, as text; null for none. */
  byDefault: string | null;
  /** `5 to 900`, `one of a, b`; null for none that can be told in a word. */
  limits: string | null;
}

type Schema = z.core.SomeType;

/** Units stand last in names of arguments; in a line the value carries its unit itself. */
const UNIT = /(?<=[a-z])(MiB|GiB|Seconds)$/;

const cache = new WeakMap<z.ZodObject, Option[]>();

/** In the order of the schema. */
export function optionsOf(action: Action): readonly Option[] {
  const known = cache.get(action.args);
  if (known !== undefined) return known;
  const options = Object.entries(action.args.shape).map(([name, schema]) => describeOption(name, schema));
  cache.set(action.args, options);
  return options;
}

/** The option that stands without its name after the verb; null for none. */
export function positionalOf(action: Action): Option | null {
  return optionsOf(action).find(({ name }) => name === action.positional) ?? null;
}

function describeOption(name: string, schema: z.core.$ZodType): Option {
  const layers = layersOf(schema);
  const kind = kindOf(schema);
  return {
    name,
    option: optionName(name, kind),
    kind,
    required: !z.core.safeParse(schema, undefined).success,
    description: first(layers, descriptionOf) ?? '',
    byDefault: first(layers, defaultOf),
    limits: kind === 'flag' ? null : first(toldLayers(layers), limitsOf),
  };
}

/** `graceSeconds` → `grace`, `bootOrder` → `boot-order`; a list is named for one of its items: `tags` → `tag`. */
function optionName(name: string, kind: OptionKind): string {
  const words = name
    .replace(UNIT, '')
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase();
  return kind === 'list' ? words.replace(/(?<=[^s])s$/, '') : words;
}

/** What a person may give: the input side, which for a preprocessed value is what comes out of the preparation. */
function kindOf(schema: Schema): OptionKind {
  if (schema instanceof z.core.$ZodBoolean) return 'flag';
  if (schema instanceof z.core.$ZodArray || schema instanceof z.core.$ZodRecord) return 'list';
  if (schema instanceof z.core.$ZodUnion) return unionKind(schema._zod.def.options.map(kindOf));
  const [inner] = innerOf(schema);
  return inner === undefined ? 'text' : kindOf(inner);
}

function unionKind(kinds: OptionKind[]): OptionKind {
  if (kinds.includes('list')) return 'list';
  return kinds.every((kind) => kind === 'flag') ? 'flag' : 'text';
}

function layersOf(schema: Schema): Schema[] {
  return [schema, ...innerOf(schema).flatMap(layersOf)];
}

/** The innermost first. Of text that is taken apart further on, the length only guards the parser: it tells nobody anything. */
function toldLayers(layers: Schema[]): Schema[] {
  const isParsed = layers.some((layer) => layer instanceof z.core.$ZodTransform);
  return layers.filter((layer) => !(isParsed && layer instanceof z.core.$ZodString)).toReversed();
}

function innerOf(schema: Schema): Schema[] {
  if (schema instanceof z.core.$ZodPipe) {
    const { in: before, out: after } = schema._zod.def;
    return before instanceof z.core.$ZodTransform ? [after] : [before, after];
  }
  if (schema instanceof z.core.$ZodOptional) return [schema._zod.def.innerType];
  if (schema instanceof z.core.$ZodDefault) return [schema._zod.def.innerType];
  if (schema instanceof z.core.$ZodPrefault) return [schema._zod.def.innerType];
  if (schema instanceof z.core.$ZodNullable) return [schema._zod.def.innerType];
  if (schema instanceof z.core.$ZodNonOptional) return [schema._zod.def.innerType];
  if (schema instanceof z.core.$ZodReadonly) return [schema._zod.def.innerType];
  if (schema instanceof z.core.$ZodCatch) return [schema._zod.def.innerType];
  return [];
}

function descriptionOf(schema: Schema): string | null {
  return schema instanceof z.core.$ZodType ? (z.globalRegistry.get(schema)?.description ?? null) : null;
}

function defaultOf(schema: Schema): string | null {
  if (!(schema instanceof z.core.$ZodDefault || schema instanceof z.core.$ZodPrefault)) return null;
  const value: unknown = schema._zod.def.defaultValue;
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isPlain && value !== '' ? String(value) : null;
}

function limitsOf(schema: Schema): string | null {
  if (schema instanceof z.core.$ZodEnum) return `one of ${Object.values(schema._zod.def.entries).join(', ')}`;
  if (schema instanceof z.ZodNumber) return rangeText(schema.minValue, schema.maxValue);
  if (schema instanceof z.ZodString && schema.maxLength !== null) return `up to ${schema.maxLength} characters`;
  return null;
}

/** zod's own bounds of an integer (2^53) tell nobody anything. */
function rangeText(least: number | null, most: number | null): string | null {
  const low = least === null || !Number.isFinite(least) || least <= Number.MIN_SAFE_INTEGER ? null : least;
  const high = most === null || !Number.isFinite(most) || most >= Number.MAX_SAFE_INTEGER ? null : most;
  if (low !== null && high !== null) return `${low} to ${high}`;
  if (low !== null) return `${low} or more`;
  return high === null ? null : `up to ${high}`;
}

function first<T>(layers: Schema[], read: (schema: Schema) => T | null): T | null {
  for (const layer of layers) {
    const found = read(layer);
    if (found !== null) return found;
  }
  return null;
}
