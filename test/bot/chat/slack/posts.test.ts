/** What Drover says in Slack stands there once, in the right place, in a form that the workspace takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpsError } from '../../../../actions/errors.ts';
import type { Card } from '../../../../bot/chat/card.ts';
import { createSlackChat } from '../../../../bot/chat/slack/slack.ts';
import { cards } from '../cards.ts';
import { type Connected, connect, inChannel, readVmForm, simpleCard } from './fixture.ts';

const count = ({ fake }: Connected, method: string) =>
  fake.world.requests.filter((request) => request.method === method).length;

test('a message carries its request and key as metadata, and text for notifications', async (t) => {
  const { fake, chat } = await connect(t);
  const ts = await chat.post(inChannel('C1'), 'request-12', cards.waiting);
  const [message] = fake.messages('C1');
  assert.equal(message?.ts, ts);
  assert.deepEqual(message?.metadata, { event_type: 'vm_request', event_payload: { request: 12, key: 'request-12' } });
  assert.match(message?.text ?? '', /create web-01 waits for approval/);
});

const lostAnswers = [
  { name: 'the answer is lost after the message was stored', fault: { dropAfter: true } },
  { name: 'the connection is cut before', fault: { drop: true } },
  { name: 'Slack answers HTTP 503', fault: { status: 503 } },
  { name: 'Slack answers internal_error', fault: { error: 'internal_error' } },
  { name: 'the answer is lost twice', fault: { dropAfter: true, times: 2 } },
];
for (const { name, fault } of lostAnswers) {
  for (const inThread of [false, true]) {
    test(`a message stands once when ${name}${inThread ? ', in a thread' : ''}`, async (t) => {
      const { fake, chat } = await connect(t);
      const root = inThread ? await fake.user('UALICE').mention('C1', 'list') : null;
      fake.fault({ method: 'chat.postMessage', ...fault });
      const ts = await chat.post(inChannel('C1', root), 'key-1', simpleCard('one'));
      const ours = fake.messages('C1').filter(({ metadata }) => metadata !== null);
      assert.deepEqual(
        ours.map((message) => message.ts),
        [ts],
      );
    });
  }
}

test('a later process finds the message of the one that died, even deep in a thread', async (t) => {
  const before = await connect(t);
  const { fake } = before;
  const root = await before.chat.post(inChannel('C1'), 'root', cards.received);
  const ts = await before.chat.post(inChannel('C1', root), 'key-7', simpleCard('seven'));
  const alice = fake.user('UALICE');
  const template = fake.messages('C1').find((message) => message.ts === ts) ?? assert.fail();
  for (let at = 0; at < 450; at += 1) fake.world.messages.unshift({ ...template, ts: `1.${at}`, metadata: null });
  await alice.dm('unrelated');
  const after = createSlackChat({
    botToken: fake.tokens.bot,
    mode: { kind: 'socket', appToken: fake.tokens.app },
    apiUrl: fake.apiUrl,
    receive: async () => undefined,
    forms: { form: async () => null, read: readVmForm },
    home: async () => [],
    isFirstTry: () => false,
    onFatal: (error) => assert.fail(error),
    log: console,
  });
  t.after(() => after.close());
  assert.equal(await after.post(inChannel('C1', root), 'key-7', simpleCard('seven')), ts);
  assert.equal(await after.post(inChannel('C1'), 'root', cards.received), root);
  assert.equal(count(before, 'chat.postMessage'), 2);
});

test('a message is not posted again when it cannot be known whether it stands', async (t) => {
  const { fake, chat } = await connect(t);
  fake.fault({ method: 'chat.postMessage', dropAfter: true });
  fake.fault({ method: 'conversations.history', error: 'internal_error', times: 99 });
  await assert.rejects(chat.post(inChannel('C1'), 'key-1', simpleCard('one')), OpsError);
  assert.equal(fake.messages('C1').length, 1);
});

test('the same key asked for twice at once is one message', async (t) => {
  const { fake, chat } = await connect(t);
  const post = () => chat.post(inChannel('C1'), 'key-1', simpleCard('one'));
  const [first, second] = await Promise.all([post(), post()]);
  assert.equal(first, second);
  assert.equal(fake.messages('C1').length, 1);
});

test('a workspace that does not know plans gets lines, and is not asked with plans again', async (t) => {
  const { fake, chat } = await connect(t);
  fake.world.unknownBlocks.add('plan');
  const ts = await chat.post(inChannel('C1'), 'a', cards.running);
  const [message] = fake.messages('C1');
  assert.match(JSON.stringify(message?.blocks), /▸ defining web-01/);
  const before = fake.world.requests.length;
  await chat.edit(inChannel('C1'), ts, cards.succeeded);
  assert.equal(fake.world.requests.length, before + 1);
});

test('a message that Slack finds too long is sent shorter', async (t) => {
  const { fake, chat } = await connect(t);
  fake.fault({ method: 'chat.postMessage', error: 'msg_blocks_too_long', times: 2 });
  const long: Card = { ...cards.received, blocks: [{ kind: 'code', text: 'output\n'.repeat(1_000) }] };
  await chat.post(inChannel('C1'), 'a', long);
  assert.ok(JSON.stringify(fake.messages('C1')[0]?.blocks).length < 3_000);
});

test('whoever approves sees all of it: what does not fit hangs in the thread as a file, once', async (t) => {
  const { fake, chat } = await connect(t);
  const effects = Array.from(
    { length: 400 },
    (_, at) => `Change number ${at} of very many, in words that take some room`,
  );
  const long: Card = { ...cards.waiting, blocks: [{ kind: 'list', items: effects }] };
  const ts = await chat.post(inChannel('C1'), 'a', long);
  await chat.edit(inChannel('C1'), ts, long);
  const files = [...fake.world.files.values()];
  assert.deepEqual(
    files.map(({ name, channel, thread }) => ({ name, channel, thread })),
    [{ name: 'request-12.txt', channel: 'C1', thread: ts }],
  );
  assert.match(files[0]?.content ?? '', /Change number 399/);
});

test('a place may be a person: that is his direct conversation', async (t) => {
  const { fake, chat } = await connect(t);
  const ts = await chat.post(inChannel('UALICE'), 'notice', simpleCard('maintenance at 22:00', 'waiting'));
  await chat.edit(inChannel('UALICE'), ts, simpleCard('maintenance is over', 'good'));
  assert.match(fake.messages('DALICE')[0]?.text ?? '', /is over/);
});

test('editing a message that is gone says so', async (t) => {
  const { chat } = await connect(t);
  await assert.rejects(chat.edit(inChannel('C1'), '1.000001', cards.received), { code: 'not-found' });
});
