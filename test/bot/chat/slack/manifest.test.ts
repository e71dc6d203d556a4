/** The manifest is what Slack takes, and asks for what the adapter uses and for nothing else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadSlackSchemas } from '../../../fakes/slack/schema.ts';

const folder = join(import.meta.dirname, '../../../../bot/chat/slack');
const manifest = parse(readFileSync(join(folder, 'manifest.yaml'), 'utf8'));
const Scopes = z.looseObject({ oauth_config: z.looseObject({ scopes: z.object({ bot: z.array(z.string()) }) }) });
const scopes = Scopes.parse(manifest).oauth_config.scopes.bot;

test('the manifest has the shape that Slack documents', () => {
  assert.deepEqual(loadSlackSchemas().checkManifest(structuredClone(manifest)), []);
});

const slips: [string, string, string][] = [
  ['a scope', 'chat:write', 'chat:wirte'],
  ['an event', 'app_mention', 'app_mentoin'],
  ['a feature', 'slash_commands', 'slash_comands'],
];
for (const [what, right, wrong] of slips) {
  test(`a slip in ${what} is caught`, () => {
    const slipped = JSON.parse(JSON.stringify(manifest).replace(`"${right}"`, `"${wrong}"`));
    assert.notDeepEqual(loadSlackSchemas().checkManifest(slipped), []);
  });
}

test('the README says for each scope why it is asked for, and for no other', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const explained = [...readme.matchAll(/^\| `([a-z_:]+)` \|/gm)].map((row) => row[1]);
  assert.deepEqual(explained.toSorted(), scopes.toSorted());
});
