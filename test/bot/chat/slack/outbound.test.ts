/** What Drover says in Slack stands there once, in the right place, with the latest text, whatever Slack does meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpsError } from '../../../../actions/errors.ts';
import type { Card } from '../../../../bot/chat/card.ts';
import { slackRates } from '../../../../bot/chat/slack/limiter.ts';
import { createSlackChat } from '../../../../bot/chat/slack/slack.ts';
import { cards } from '../cards.ts';
import { type Connected, connect, inChannel, readVmForm, simpleCard, slackUser, until } from './fixture.ts';

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

const slowUpdates = {
  ...slackRates,
  'chat.update': { burst: 1, perMinute: 600, per: 'workspace' as const, reserve: 0 },
};

test('fifty changes of one message become a few calls, in order, and the last text stands', async (t) => {
  const connected = await connect(t, { slack: { rates: slowUpdates } });
  const { fake, chat } = connected;
  const ts = await chat.post(inChannel('C1'), 'a', simpleCard('p 0', 'running'));
  const edits = Array.from({ length: 50 }, (_, at) =>
    chat.edit(inChannel('C1'), ts, simpleCard(`p ${at + 1}`, 'running')),
  );
  await Promise.all(edits);
  const [message] = fake.messages('C1');
  assert.match(message?.text ?? '', /p 50$/);
  assert.ok(count(connected, 'chat.update') <= 4, `${count(connected, 'chat.update')} calls`);
  const numbers = message?.history.map((text) => Number(text.replace(/.*p /, ''))) ?? [];
  assert.deepEqual(
    numbers,
    numbers.toSorted((one, other) => one - other),
  );
});

test('a failure of a message overtakes the progress of others, and its own', async (t) => {
  const connected = await connect(t, { slack: { rates: slowUpdates } });
  const { fake, chat } = connected;
  const places = await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      chat.post(inChannel(at % 2 === 0 ? 'C1' : 'C2'), `k${at}`, simpleCard('start', 'running')),
    ),
  );
  const progress = places.map((ts, at) =>
    chat.edit(inChannel(at % 2 === 0 ? 'C1' : 'C2'), ts, simpleCard('progress', 'running')),
  );
  const failure = chat.edit(inChannel('C2'), places[7] ?? '', simpleCard('failed', 'bad'));
  await failure;
  const updates = fake.world.requests
    .filter(({ method }) => method === 'chat.update')
    .map(({ args }) => String(args.text));
  assert.ok(updates.findIndex((text) => text.includes('failed')) <= 1, updates.join(' | '));
  await Promise.all(progress);
});

test('a 429 in one channel holds up neither another channel nor another method', async (t) => {
  const { fake, chat } = await connect(t);
  const order: string[] = [];
  fake.fault({ method: 'chat.postMessage', channel: 'C1', retryAfter: 1 });
  const slow = chat.post(inChannel('C1'), 'a', simpleCard('a')).then(() => order.push('C1'));
  await chat.post(inChannel('C2'), 'b', simpleCard('b')).then(() => order.push('C2'));
  await chat.checkUser('UALICE').then(() => order.push('users.info'));
  await slow;
  assert.deepEqual(order, ['C2', 'users.info', 'C1']);
});

test('an urgent message is not held up by progress that Slack never answers', async (t) => {
  const { fake, chat } = await connect(t);
  const ts = await chat.post(inChannel('C1'), 'a', simpleCard('a', 'running'));
  fake.fault({ method: 'chat.update', delay: 1_500 });
  const order: string[] = [];
  const slow = chat.edit(inChannel('C1'), ts, simpleCard('slow', 'running')).then(() => order.push('progress'));
  await until(() => fake.world.requests.some(({ method }) => method === 'chat.update'));
  await chat.post(inChannel('C1'), 'b', simpleCard('approve this', 'waiting')).then(() => order.push('approval'));
  await slow;
  assert.deepEqual(order, ['approval', 'progress']);
});

test('"ratelimited" with HTTP 200 is waited out too, in that channel alone', async (t) => {
  const { fake, chat } = await connect(t);
  const order: string[] = [];
  fake.fault({ method: 'chat.postMessage', channel: 'C1', error: 'ratelimited', retryAfter: 1 });
  const slow = chat.post(inChannel('C1'), 'a', simpleCard('a')).then(() => order.push('C1'));
  await chat.post(inChannel('C2'), 'b', simpleCard('b')).then(() => order.push('C2'));
  await slow;
  assert.deepEqual(order, ['C2', 'C1']);
});

test("with rate limits as strict as Slack's, a burst of messages and edits runs into none of them", async (t) => {
  const connected = await connect(t, { fake: { rateLimits: true } });
  const { chat, log } = connected;
  const posts = Array.from({ length: 6 }, (_, at) =>
    chat.post(inChannel(at % 2 === 0 ? 'C1' : 'C2'), `k${at}`, simpleCard('x', 'running')),
  );
  const ids = await Promise.all(posts);
  await Promise.all(ids.map((ts, at) => chat.edit(inChannel(at % 2 === 0 ? 'C1' : 'C2'), ts, simpleCard('y', 'bad'))));
  assert.deepEqual(
    log.filter((line) => line.includes('asks to wait')),
    [],
  );
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

test('a whisper is seen by its addressee only', async (t) => {
  const { fake, chat } = await connect(t);
  await chat.whisper(inChannel('C1'), slackUser('UALICE'), cards.refused);
  assert.equal(fake.ephemerals('UALICE').length, 1);
  assert.deepEqual(fake.ephemerals('UBOB'), []);
  assert.deepEqual(fake.messages('C1'), []);
});

test('who asks in a channel without the bot is told how to invite it', async (t) => {
  const { fake, chat } = await connect(t, {
    receive: async ({ place }, chat) => void (await chat.post(place, 'a', cards.received).catch(() => undefined)),
  });
  fake.addChannel('C9', ['UALICE'], { bot: false });
  await fake.user('UALICE').slash('C9', '/vm list');
  await until(() => fake.ephemerals('UALICE').some(({ via }) => via === 'response_url'));
  assert.match(fake.ephemerals('UALICE').at(-1)?.text ?? '', /Invite me/);
  await assert.rejects(chat.post(inChannel('C9'), 'b', cards.received), {
    code: 'denied',
    message: /not_in_channel.*invite the bot/,
  });
});

test('a whisper in a channel without the bot goes by the address of the command, later directly', async (t) => {
  const { fake, chat } = await connect(t);
  fake.addChannel('C9', ['UALICE'], { bot: false });
  await fake.user('UALICE').slash('C9', '/vm list');
  for (let at = 0; at < 6; at += 1) await chat.whisper(inChannel('C9'), slackUser('UALICE'), cards.refused);
  assert.equal(fake.ephemerals('UALICE').filter(({ via }) => via === 'response_url').length, 4);
  assert.equal(fake.messages('DALICE').length, 2);
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

test('a window that Slack opens too late is said, not waited for', async (t) => {
  const { fake, chat } = await connect(t);
  await chat.post(inChannel('C1'), 'a', cards.waiting);
  fake.fault({ method: 'views.open', error: 'expired_trigger_id' });
  const [message] = fake.messages('C1');
  assert.ok(message);
  await fake.user('UBOB').press(message, 'drover:press:reject:1');
  await until(() => fake.ephemerals('UBOB').length === 1);
  assert.match(fake.ephemerals('UBOB')[0]?.text ?? '', /Press the button again/);
});
