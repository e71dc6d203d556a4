/** Slow platforms slow down progress, never approvals and failures; what stands at the end is the latest text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slackRates } from '../../../../bot/chat/slack/limiter.ts';
import { type Connected, connect, inChannel, simpleCard, until } from './fixture.ts';

const count = ({ fake }: Connected, method: string) =>
  fake.world.requests.filter((request) => request.method === method).length;

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

test('what became of an approval is shown before the progress of others', async (t) => {
  const connected = await connect(t, { slack: { rates: slowUpdates } });
  const { fake, chat } = connected;
  const running = await Promise.all(
    Array.from({ length: 8 }, (_, at) => chat.post(inChannel('C1'), `k${at}`, simpleCard('start', 'running'))),
  );
  const waiting = await chat.post(inChannel('C2'), 'w', simpleCard('may I?', 'waiting'));
  const progress = running.map((ts) => chat.edit(inChannel('C1'), ts, simpleCard('progress', 'running')));
  await chat.edit(inChannel('C2'), waiting, simpleCard('approved by bob', 'running'));
  const updates = fake.world.requests.filter(({ method }) => method === 'chat.update').map(({ args }) => args.text);
  assert.ok(updates.length <= 2, updates.join(' | '));
  await Promise.all(progress);
  // What follows is progress like any other.
  const more = running.map((ts) => chat.edit(inChannel('C1'), ts, simpleCard('more', 'running')));
  await chat.edit(inChannel('C2'), waiting, simpleCard('step 1', 'running'));
  await Promise.all(more);
  assert.match(String(fake.world.requests.at(-1)?.args.text), /step 1/);
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

/** What Slack and the way to it do wrong, a little of everything. */
const storm = [
  { dropAfter: true, times: 3 },
  { drop: true, times: 3 },
  { status: 503, times: 3 },
  { retryAfter: 1, times: 2 },
  { method: 'chat.update', dropAfter: true, times: 3 },
  { method: 'conversations.history', status: 500, times: 2 },
];

test('after a storm each message stands once, with its latest text', async (t) => {
  const { fake, chat } = await connect(t, { slack: { isFirstTry: () => false, rates: {} } });
  for (const fault of storm) fake.fault({ method: 'chat.postMessage', ...fault });
  const channels = ['C1', 'C2', 'C3', 'C4'];
  for (const channel of channels) fake.addChannel(channel, ['UALICE']);
  const stories = Array.from({ length: 16 }, async (_, at) => {
    const place = inChannel(channels[at % 4] ?? '');
    const ts = await chat.post(place, `key-${at}`, simpleCard(`story ${at} begins`, 'running'));
    await Promise.all([1, 2, 3].map((step) => chat.edit(place, ts, simpleCard(`story ${at} step ${step}`, 'running'))));
    await chat.edit(place, ts, simpleCard(`story ${at} ends`, 'good'));
  });
  await Promise.all(stories);
  const texts = channels.flatMap((channel) => fake.messages(channel).map(({ text }) => text.replace(/^\S+ /, '')));
  assert.deepEqual(texts.toSorted(), Array.from({ length: 16 }, (_, at) => `story ${at} ends`).toSorted());
});
