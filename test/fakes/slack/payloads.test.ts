/** What the fake sends has the shape that Bolt's own types give it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../actions/action.ts';
import type { PayloadName } from './make-schema.ts';
import {
  eventBody,
  homePressPayload,
  pressPayload,
  shortcutPayload,
  slashPayload,
  submissionPayload,
} from './payloads.ts';
import { loadSlackSchemas } from './schema.ts';
import { createWorld, type FakeMessage, type FakeUser, type FakeView } from './world.ts';

const user: FakeUser = {
  id: 'UALICE',
  name: 'alice',
  team: 'T0DROVER0',
  deleted: false,
  isBot: false,
  isRestricted: false,
  isUltraRestricted: false,
  isStranger: false,
};
const at = { world: createWorld(), origin: 'http://127.0.0.1', user };
const plain = { type: 'plain_text', text: 'x', emoji: false };
const button = { type: 'button', action_id: 'a', value: 'v', text: plain };
const blocks = [{ type: 'actions', elements: [button] }];
const message: FakeMessage = {
  ts: '1.1',
  channel: 'C1',
  thread: null,
  user: 'U0DROVER0',
  text: 'x',
  blocks,
  metadata: null,
  history: [],
};
const element = { type: 'plain_text_input', action_id: 'value' };
const input = { type: 'input', block_id: 'name', element, label: plain };
const form = { type: 'modal', title: plain, submit: plain, blocks: [input], callback_id: 'c', private_metadata: '' };
const view = (kind: FakeView['kind'], view: JsonObject): FakeView => {
  return { id: 'V1', hash: 'h', user: user.id, kind, view, errors: {}, open: true };
};
const event = (more: JsonObject) =>
  eventBody({ user: user.id, text: 'x', ts: '1.1', channel: 'C1', event_ts: '1.1', ...more }, 'Ev1');

const samples: [PayloadName, JsonObject][] = [
  ['command', slashPayload(at, 'C1', '/vm list')],
  ['press', pressPayload(at, message, 'a')],
  ['press', homePressPayload(at, view('home', { type: 'home', blocks }), 'a')],
  ['submission', submissionPayload(at, view('modal', form), { name: 'web-01' })],
  ['shortcut', shortcutPayload(at, 'vm_create', null)],
  ['messageShortcut', shortcutPayload(at, 'vm_create_here', message)],
  ['mention', event({ type: 'app_mention' })],
  ['directMessage', event({ type: 'message', channel_type: 'im' })],
  ['home', event({ type: 'app_home_opened', tab: 'home' })],
];
for (const [name, sample] of samples) {
  test(`the ${name} that the fake sends is one that Bolt knows`, () => {
    // Slack sends null outside an organisation; Bolt's types know only its absence. Bolt's types promise an address for
    // answers with every press; in views Slack sends none.
    const { enterprise: _, ...payload }: JsonObject = { response_url: '', ...sample };
    assert.deepEqual(loadSlackSchemas().checkPayload(name, payload), []);
  });
}
