/**
 * JSON Schema of every Web API request the bot makes, of the app manifest and of what the fake sends, made from the types of
 * the installed Slack packages, so that the check follows the libraries by itself. Making it takes seconds; it is kept under
 * node_modules/.cache by version. One process makes it, others wait for its file.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';
import { z } from 'zod';

/**
 * Method → name of its arguments' type in `@slack/web-api`. A method that is missing here is a violation. In two groups,
 * because the types behind `chat` and `conversations` share the name `Channel`.
 */
export const requestTypes = {
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
/** What the fake sends → its type in `@slack/bolt` or `@slack/types`: the fake is held to the same measure as the bot. */
const payloadTypes = {
  press: 'bolt.BlockAction<bolt.ButtonAction>',
  command: 'bolt.SlashCommand',
  submission: 'bolt.ViewSubmitAction',
  shortcut: 'bolt.GlobalShortcut',
  messageShortcut: 'bolt.MessageShortcut',
  mention: 'bolt.EnvelopedEvent<types.AppMentionEvent>',
  directMessage: 'bolt.EnvelopedEvent<types.GenericMessageEvent>',
  home: 'bolt.EnvelopedEvent<types.AppHomeOpenedEvent>',
};
export type PayloadName = keyof typeof payloadTypes;
export const roots = ['writes', 'reads', 'manifest', 'payloads'] as const;

const ROOT = join(import.meta.dirname, '../../..');
const CACHE = join(ROOT, 'node_modules/.cache/drover');
/** A process that is killed leaves its lock; after this long another one makes the file all the same. */
const LOCK_WAIT_MS = 60_000;
const LOOK_AGAIN_MS = 100;

/** The path of the file, one schema for each of `roots`. */
export function schemaFile(): string {
  const file = join(CACHE, `slack-${fingerprint()}.json`);
  const lock = `${file}.lock`;
  mkdirSync(CACHE, { recursive: true });
  const nap = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; !existsSync(file); waited += LOOK_AGAIN_MS) {
    if (waited < LOCK_WAIT_MS && !takeLock(lock)) Atomics.wait(nap, 0, 0, LOOK_AGAIN_MS);
    else {
      makeSchema(file);
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return file;
}

function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}

/** Changes with the versions of the packages and with the list above. */
function fingerprint(): string {
  const versions = ['@slack/web-api', '@slack/types', '@slack/bolt', 'ts-json-schema-generator'].map((name) => {
    const packageFile = join(ROOT, 'node_modules', name, 'package.json');
    return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, 'utf8'))).version;
  });
  return createHash('sha256')
    .update(JSON.stringify([versions, requestTypes, payloadTypes]))
    .digest('hex')
    .slice(0, 16);
}

/** The entry file lies below the root, because the types are found through its node_modules. */
function makeSchema(file: string): void {
  const folder = mkdtempSync(join(CACHE, 'slack-types-'));
  try {
    const entry = join(folder, 'entry.ts');
    writeFileSync(entry, entryText());
    const tsconfig = join(folder, 'tsconfig.json');
    writeFileSync(
      tsconfig,
      JSON.stringify({ compilerOptions: { strict: true, moduleResolution: 'node' }, files: [entry] }),
    );
    const schemaOf = (root: (typeof roots)[number]) => {
      // Slack sends fields that Bolt's types leave out; the bot may not send any that the types do not have.
      const additionalProperties = root === 'payloads';
      const config = {
        path: entry,
        tsconfig,
        type: '*',
        skipTypeCheck: true,
        jsDoc: 'basic',
        additionalProperties,
      } as const;
      return createGenerator(config).createSchema(root);
    };
    const schemas = Object.fromEntries(roots.map((root) => [root, schemaOf(root)]));
    writeFileSync(join(folder, 'schema.json'), JSON.stringify(schemas));
    renameSync(join(folder, 'schema.json'), file);
  } catch (cause) {
    throw new Error(`making JSON Schema from the types below ${ROOT}/node_modules/@slack`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function entryText(): string {
  const interfaceOf = (root: string, members: Record<string, string>) => {
    const lines = Object.entries(members).map(
      ([name, type]) => `  '${name}': ${root === 'payloads' ? '' : 'slack.'}${type};`,
    );
    return `export interface ${root} {\n${lines.join('\n')}\n}`;
  };
  return [
    "import type * as slack from '@slack/web-api';",
    // Not exported by the package's index.
    "import type { Manifest } from '@slack/web-api/dist/types/request/manifest';",
    "import type * as bolt from '@slack/bolt';",
    "import type * as types from '@slack/types';",
    interfaceOf('writes', requestTypes.writes),
    interfaceOf('reads', requestTypes.reads),
    interfaceOf('payloads', payloadTypes),
    'export type manifest = Manifest;',
  ].join('\n');
}
