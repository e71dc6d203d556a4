/**
 * Discord's own OpenAPI description, as the npm package `discord-api-spec` ships it in zod schemas, turned into JSON Schema
 * that takes no unknown field (the zod schemas themselves let any field pass).
 */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';

/** Its schemas have no types, so that the name must not be known when types are checked. */
const MODULE: string = 'discord-api-spec/zod';
const Module = z.record(z.string(), z.unknown());

export interface Spec {
  /** What is wrong with `value` by the schema of these that it comes nearest to; [] when one fits. */
  check(schemas: readonly string[], value: unknown): string[];
}

/** Making a validator takes up to a second on a busy machine: each is made once in a process. */
const compiled = new Map<string, ValidateFunction>();

export async function loadSpec(): Promise<Spec> {
  const imported: unknown = await import(MODULE);
  const schemas = Module.parse({ ...Object(imported) });
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const validator = (name: string) => {
    const known = compiled.get(name) ?? ajv.compile(strictSchema(schemas[`${name}Schema`], name));
    compiled.set(name, known);
    return known;
  };
  return {
    check: (names, value) => {
      const wrongs = names.map((name) => {
        const validate = validator(name);
        return validate(value) ? [] : sentences(validate.errors ?? []);
      });
      return wrongs.toSorted((a, b) => a.length - b.length)[0] ?? [];
    },
  };
}

function strictSchema(schema: unknown, name: string): object {
  if (!(schema instanceof z.core.$ZodType)) throw new Error(`discord-api-spec has no schema ${name}`);
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.core.$ZodObject) jsonSchema.additionalProperties = false;
      // `.int()` and `.int32()` come with a pattern of their own; a union with `undefined` would take anything.
      if (zodSchema instanceof z.core.$ZodUndefined) jsonSchema.not = {};
    },
  });
}

/** The deepest errors say most: those of the other branches of a union are shallow. */
function sentences(errors: ErrorObject[]): string[] {
  const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length;
  const deepest = Math.max(...errors.map(depth));
  const told = errors.filter((error) => depth(error) === deepest && error.keyword !== 'const');
  return (told.length === 0 ? errors : told).slice(0, 4).map(sentence);
}

function sentence({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath} ${message ?? 'is wrong'} ${JSON.stringify(params)}`;
}
