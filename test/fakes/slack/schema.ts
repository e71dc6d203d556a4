/**
 * JSON Schema of every Web API request the bot makes and of the app manifest, made from the types of the installed
 * `@slack/web-api` and `@slack/types`, so that the check follows the library by itself. Making it takes seconds; it is kept
 * under node_modules/.cache by version. Two processes may make it at once: each writes the same file and renames it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import { z } from 'zod';
import { withLimits } from './limits.ts';

/**
 * Method → name of its arguments' type in `@slack/web-api`. A method that is missing here is a violation. In two groups,
 * because the types behind `chat` and `conversations` share the name `Channel`.
 */
const requestTypes = {
  writes: {
    'apps.connections.open': 'AppsConnectionsOpenArguments',
    'assistant.threads.setStatus': 'AssistantThreadsSetStatusArguments',
    'auth.test': 'AuthTestArguments',
    'chat.delete': 'ChatDeleteArguments',
    'chat.postEphemeral': 'ChatPostEphemeralArguments',
    'chat.postMessage': 'ChatPostMessageArguments',
    'chat.update': 'ChatUpdateArguments',
    'views.open': 'ViewsOpenArguments',
    'views.publish': 'ViewsPublishArguments',
    'views.push': 'ViewsPushArguments',
    'views.update': 'ViewsUpdateArguments',
  },
  reads: {
    'conversations.history': 'ConversationsHistoryArguments',
    'conversations.open': 'ConversationsOpenArguments',
    'conversations.replies': 'ConversationsRepliesArguments',
    'files.completeUploadExternal': 'FilesCompleteUploadExternalArguments',
    'files.getUploadURLExternal': 'FilesGetUploadURLExternalArguments',
    'usergroups.users.list': 'UsergroupsUsersListArguments',
    'users.info': 'UsersInfoArguments',
  },
};
const roots = ['writes', 'reads', 'manifest'] as const;

const JsonSchema = z.looseObject({ definitions: z.record(z.string(), z.unknown()) });
export type JsonSchema = z.infer<typeof JsonSchema>;
const SchemaFile = z.record(z.enum(roots), JsonSchema);

export interface SlackSchemas {
  /** Gives what is wrong, one sentence each; scalars in `args` are turned into the types that the schema names. */
  checkRequest(method: string, args: unknown): string[];
  /** One block against the definition of its own type: says more than the union of all blocks does. */
  checkBlock(block: unknown): string[];
  checkManifest(manifest: unknown): string[];
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
  const schemas = readOrMake();
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

function readOrMake(): z.infer<typeof SchemaFile> {
  const root = join(import.meta.dirname, '../../..');
  const cache = join(root, 'node_modules/.cache/drover');
  const file = join(cache, `slack-${fingerprint()}.json`);
  if (!existsSync(file)) makeSchema(root, cache, file);
  return SchemaFile.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Changes with the versions of the packages and with the list above. */
function fingerprint(): string {
  const require = createRequire(import.meta.url);
  const versions = ['@slack/web-api', '@slack/types', 'ts-json-schema-generator'].map((name) => {
    const packageFile = join(import.meta.dirname, '../../../node_modules', name, 'package.json');
    return z.object({ version: z.string() }).parse(require(packageFile)).version;
  });
  return createHash('sha256')
    .update(JSON.stringify([versions, requestTypes]))
    .digest('hex')
    .slice(0, 16);
}

/** The entry file lies below the root, because the types are found through its node_modules. */
function makeSchema(root: string, cache: string, file: string): void {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'slack-types-'));
  try {
    const entry = join(folder, 'entry.ts');
    writeFileSync(entry, entryText());
    const tsconfig = join(folder, 'tsconfig.json');
    writeFileSync(
      tsconfig,
      JSON.stringify({ compilerOptions: { strict: true, moduleResolution: 'node' }, files: [entry] }),
    );
    const generator = createGenerator({ path: entry, tsconfig, type: '*', skipTypeCheck: true, jsDoc: 'basic' });
    const schemas = Object.fromEntries(roots.map((root) => [root, generator.createSchema(root)]));
    writeFileSync(join(folder, 'schema.json'), JSON.stringify(schemas));
    renameSync(join(folder, 'schema.json'), file);
  } catch (cause) {
    throw new Error(`making JSON Schema from the types below ${root}/node_modules/@slack`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function entryText(): string {
  const interfaces = Object.entries(requestTypes).map(([root, methods]) => {
    const lines = Object.entries(methods).map(([method, type]) => `  '${method}': slack.${type};`);
    return `export interface ${root} {\n${lines.join('\n')}\n}`;
  });
  return [
    "import type * as slack from '@slack/web-api';",
    // Not exported by the package's index.
    "import type { Manifest } from '@slack/web-api/dist/types/request/manifest';",
    ...interfaces,
    'export type manifest = Manifest;',
  ].join('\n');
}
