/** Checks of requests, blocks, the manifest and payloads against the JSON Schema made from Slack's own types. */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { z } from 'zod';
import { JsonSchema, withLimits } from './limits.ts';
import { type PayloadName, requestTypes, roots, schemaFile } from './make-schema.ts';

const SchemaFile = z.record(z.enum(roots), JsonSchema);

export interface SlackSchemas {
  /** Gives what is wrong, one sentence each; scalars in `args` are turned into the types that the schema names. */
  checkRequest(method: string, args: unknown): string[];
  /** One block against the definition of its own type: says more than the union of all blocks does. */
  checkBlock(block: unknown): string[];
  checkManifest(manifest: unknown): string[];
  checkPayload(name: PayloadName, payload: unknown): string[];
}

/** Compiled once a process: compiling takes a quarter of a second. */
const loaded: SlackSchemas[] = [];

export function loadSlackSchemas(): SlackSchemas {
  const schemas = loaded[0] ?? compileSchemas();
  loaded[0] = schemas;
  return schemas;
}

function compileSchemas(): SlackSchemas {
  const ajv = new Ajv({ strict: false, coerceTypes: true });
  const schemas = SchemaFile.parse(JSON.parse(readFileSync(schemaFile(), 'utf8')));
  for (const [root, schema] of Object.entries(schemas)) ajv.addSchema(withLimits(schema), root);
  const blocks = blockDefinitions(schemas.writes);
  const compiled = new Map<string, ValidateFunction>();
  const check = (pointer: string, value: unknown) => {
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: pointer });
    compiled.set(pointer, validate);
    return validate(value) ? [] : (validate.errors ?? []).slice(-3).map(sentence);
  };
  return {
    checkRequest: (method, args) => {
      const root = method in requestTypes.writes ? 'writes' : method in requestTypes.reads ? 'reads' : null;
      if (root === null) return [`${method} is not a method that the fake knows`];
      return check(`${root}#/definitions/${root}/properties/${method}`, args);
    },
    checkBlock: (block) => {
      const type = z.looseObject({ type: z.string() }).parse(block).type;
      return check(`writes#/definitions/${blocks.get(type) ?? 'KnownBlock'}`, block);
    },
    checkManifest: (manifest) => check('manifest#/definitions/manifest', manifest),
    checkPayload: (name, payload) => check(`payloads#/definitions/payloads/properties/${name}`, payload),
  };
}

/** Block type, as in `{type: 'section'}`, → name of its definition; an image is a union and has none of its own. */
function blockDefinitions(schema: JsonSchema): Map<string, string> {
  const Typed = z.looseObject({ properties: z.looseObject({ type: z.object({ const: z.string() }) }) });
  const Union = z.object({ anyOf: z.array(z.object({ $ref: z.string() })) });
  const names = Union.parse(schema.definitions.KnownBlock).anyOf.map(({ $ref }) => $ref.replace('#/definitions/', ''));
  return new Map(
    names.flatMap((name) => {
      const typed = Typed.safeParse(schema.definitions[name]);
      return typed.success ? [[typed.data.properties.type.const, name] as const] : [];
    }),
  );
}

function sentence(error: ErrorObject): string {
  return `${error.instancePath || '/'} ${error.message ?? 'is wrong'} ${JSON.stringify(error.params)}`;
}
