/** What Drover says in Discord stands there once, in the right place, whatever happens to the calls. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpsError } from '../../../../actions/errors.ts';
import type { Card } from '../../../../bot/chat/card.ts';
import { textOf } from '../../../fakes/discord/world.ts';
import { cards } from '../cards.ts';
import { ALICE, inOps, OPS, openFixture, until } from './fixture.ts';

const HOUR_MS = 3_600_000;
const alice = { platform: 'discord', id: ALICE };
const running = (text: string): Card => ({ ...cards.running, blocks: [{ kind: 'text', text }] });
const shown = (message: { content: string; components: Parameters<typeof textOf>[0]['components'] } | undefined) =>
  textOf(message ?? { content: '', components: [] });

test('the card of a request stands in the channel, what follows it in its thread', async (t) => {
  const { fake, chat } = await openFixture(t);
  const root = await chat.post(inOps, '12/card', cards.waiting);
  const closing = await chat.post(inOps, '12/closing-succeeded', cards.succeeded);
  assert.deepEqual(
    fake.messages(OPS).map(({ id }) => id),
    [root],
  );
  assert.equal(fake.messages(root).length, 1);
  assert.match(shown(fake.messages(root)[0]), /web-01 is running/);
  await chat.edit(inOps, closing, { ...cards.succeeded, buttons: [] });
  assert.equal(fake.messages(root)[0]?.history.length, 1);
  assert.deepEqual(
    fake.threads(OPS).map(({ name }) => name),
    [cards.waiting.title],
  );
  assert.deepEqual(fake.violations, []);
});

test('an answer to a mention goes into the thread of that message', async (t) => {
  const { fake, chat, inbound } = await openFixture(t);
  const message = fake.user(ALICE).mention(OPS, 'stop web-01');
  await until('the line', () => inbound.length === 1);
  const place = { ...inOps, thread: message.id };
  const card = await chat.post(place, '12/card', cards.waiting);
  await chat.edit(place, card, cards.running);
  assert.deepEqual(
    fake.messages(message.id).map(({ id }) => id),
    [card],
  );
  assert.deepEqual(fake.violations, []);
});

test('a process that was started again finds the card of the request, and goes on in the same thread', async (t) => {
  const { fake, chat, another } = await openFixture(t);
  const root = await chat.post(inOps, '12/card', cards.waiting);
  await chat.edit(inOps, root, cards.running);
  await chat.close();
  const next = await another();
  await next.post(inOps, '12/closing-succeeded', cards.succeeded);
  assert.equal(fake.messages(OPS).length, 1);
  assert.equal(fake.messages(root).length, 1);
});

for (const [name, fault] of [
  ['the answer is lost', { dropAfter: true }],
  ['the request is lost', { drop: true }],
  ['Discord answers 500 twice', { status: 500, times: 2 }],
  ['Discord answers 503', { status: 503 }],
] as const) {
  test(`a post stands there once when ${name}`, async (t) => {
    const { fake, chat } = await openFixture(t);
    fake.fault({ method: 'POST', path: `/channels/${OPS}/messages`, ...fault });
    await chat.post(inOps, '12/card', cards.waiting);
    assert.equal(fake.messages(OPS).length, 1);
    assert.deepEqual(fake.violations, []);
  });
}

test('a post whose answer was lost in a crash is found by its mark, also when Discord has forgotten the nonce', async (t) => {
  const { fake, chat, another } = await openFixture(t);
  const first = await chat.post(inOps, '12/card', cards.waiting);
  await chat.close();
  fake.advance(30 * 60_000);
  const again = await (await another()).post(inOps, '12/card', cards.waiting);
  assert.equal(again, first);
  assert.equal(fake.messages(OPS).length, 1);
});

test('the same post asked for twice at once is one message', async (t) => {
  const { fake, chat } = await openFixture(t);
  const [a, b] = await Promise.all([
    chat.post(inOps, '1/card', cards.waiting),
    chat.post(inOps, '1/card', cards.waiting),
  ]);
  assert.equal(a, b);
  assert.equal(fake.messages(OPS).length, 1);
});

test('a Discord that stays away is an error of the world, not a bug', async (t) => {
  const { fake, chat } = await openFixture(t, {}, { isFirstTry: () => true });
  fake.fault({ method: 'POST', path: '/messages', status: 502, times: 20 });
  await assert.rejects(chat.post(inOps, '12/card', cards.waiting), (error) => error instanceof OpsError);
});

test('fifty changes at once become a few edits, in order, and the last one stands', async (t) => {
  const { fake, chat } = await openFixture(t);
  fake.bucket({ route: 'PATCH /channels/:channel/messages', limit: 5, perMs: 1_000 });
  const id = await chat.post(inOps, '12/card', cards.running);
  await Promise.all(Array.from({ length: 50 }, (_, at) => chat.edit(inOps, id, running(`p ${at}`))));
  const [message] = fake.messages(OPS);
  assert.match(shown(message), /p 49/);
  assert.ok((message?.history.length ?? 0) <= 10);
  const order = (message?.history ?? []).flatMap((text) => /p (\d+)/.exec(text)?.[1] ?? []).map(Number);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  assert.equal(fake.limited(), 0);
});

test('progress of many requests does not hold up an approval in the same channel', async (t) => {
  const { fake, chat } = await openFixture(t);
  fake.bucket({ route: 'PATCH /channels/:channel/messages', limit: 5, perMs: 1_500 });
  const ids: string[] = [];
  for (let at = 0; at < 10; at += 1)
    ids.push(await chat.post(inOps, `${at}/card`, { ...cards.running, operation: { request: at, digest: '' } }));
  const order: string[] = [];
  const edits = ids.map((id, at) => chat.edit(inOps, id, running(`p ${at}`)).then(() => order.push('progress')));
  const urgent = chat.edit(inOps, ids[9] ?? '', cards.succeeded).then(() => order.push('urgent'));
  await urgent;
  assert.ok(order.length <= 5, `${order}`);
  await Promise.all(edits);
  assert.equal(fake.limited(), 0);
});

test('progress after an hour goes on in the thread, and a change of state reaches the old card too', async (t) => {
  const { fake, chat } = await openFixture(t);
  fake.world.lateEditsAllowed = 1;
  const id = await chat.post(inOps, '12/card', cards.waiting);
  fake.advance(HOUR_MS + 60_000);
  await chat.edit(inOps, id, running('p 1'));
  await chat.edit(inOps, id, running('p 2'));
  assert.equal(fake.messages(id).length, 1);
  assert.match(shown(fake.messages(id)[0]), /p 2/);
  await chat.edit(inOps, id, cards.succeeded);
  assert.match(shown(fake.messages(OPS)[0]), /web-01 is running/);
  assert.match(shown(fake.messages(id)[0]), /web-01 is running/);
  assert.deepEqual(fake.violations, []);
});

test('when Discord takes no more edits of an old card, the outcome stands in the thread', async (t) => {
  const { fake, chat } = await openFixture(t);
  const id = await chat.post(inOps, '12/card', cards.waiting);
  fake.advance(2 * HOUR_MS);
  await chat.edit(inOps, id, cards.succeeded);
  assert.match(shown(fake.messages(id)[0]), /web-01 is running/);
  await chat.edit(inOps, id, cards.failed);
  assert.equal(fake.messages(id).length, 1);
  assert.match(shown(fake.messages(id)[0]), /was not created/);
});

test('what goes on in the thread is found again after a restart', async (t) => {
  const { fake, chat, another } = await openFixture(t);
  const id = await chat.post(inOps, '12/card', cards.waiting);
  fake.advance(2 * HOUR_MS);
  await chat.edit(inOps, id, running('p 1'));
  await chat.edit(inOps, id, running('p 2'));
  await chat.close();
  await (await another()).edit(inOps, id, running('p 3'));
  assert.equal(fake.messages(id).length, 1);
  assert.match(shown(fake.messages(id)[0]), /p 3/);
});

test('a card that somebody deleted goes on in a new message', async (t) => {
  const { fake, chat } = await openFixture(t);
  const id = await chat.post(inOps, '12/card', cards.waiting);
  await until('the thread', () => fake.threads(OPS).length === 1);
  fake.world.messages.splice(0, 1);
  await chat.edit(inOps, id, cards.succeeded);
  await chat.edit(inOps, id, cards.failed);
  assert.equal(fake.messages(id).length, 1);
  assert.match(shown(fake.messages(id)[0]), /was not created/);
});

test('an archived thread is opened again for an edit', async (t) => {
  const { fake, chat } = await openFixture(t);
  await chat.post(inOps, '12/card', cards.waiting);
  const closing = await chat.post(inOps, '12/closing', cards.succeeded);
  const [thread] = fake.threads(OPS);
  assert.ok(thread !== undefined);
  thread.archived = true;
  await chat.edit(inOps, closing, cards.failed);
  assert.match(shown(fake.messages(thread.id)[0]), /was not created/);
});

test('a locked thread that cannot be opened sends the outcome to the channel', async (t) => {
  const { fake, chat } = await openFixture(t);
  await chat.post(inOps, '12/card', cards.waiting);
  await until('the thread', () => fake.threads(OPS).length === 1);
  const [thread] = fake.threads(OPS);
  assert.ok(thread !== undefined);
  Object.assign(thread, { archived: true, locked: true });
  thread.forbidden.add('manage-threads');
  await chat.post(inOps, '12/closing', cards.succeeded);
  assert.match(shown(fake.messages(OPS)[1]), /web-01 is running/);
});

test('where no thread can be made, what follows stands in the channel', async (t) => {
  const { fake, chat } = await openFixture(t);
  fake.world.activeThreadsAllowed = 0;
  await chat.post(inOps, '12/card', cards.waiting);
  const closing = await chat.post(inOps, '12/closing', cards.succeeded);
  assert.deepEqual(
    fake
      .messages(OPS)
      .map(({ id }) => id)
      .slice(1),
    [closing],
  );
});

test('long output comes as a file, and goes again with the next edit', async (t) => {
  const { fake, chat } = await openFixture(t);
  const long: Card = { ...cards.succeeded, blocks: [{ kind: 'code', text: 'line\n'.repeat(5_000) }] };
  const id = await chat.post(inOps, '12/card', long);
  assert.equal(fake.messages(OPS)[0]?.files[0]?.text.split('line').length, 5_001);
  await chat.edit(inOps, id, long);
  assert.equal(fake.messages(OPS)[0]?.files.length, 1);
  await chat.edit(inOps, id, cards.succeeded);
  assert.deepEqual(fake.messages(OPS)[0]?.files, []);
  assert.deepEqual(fake.violations, []);
});

test('a 429 with a long wait holds up its own channel alone', async (t) => {
  const { fake, chat } = await openFixture(t, {}, { isFirstTry: () => true });
  const other = '200000000000000002';
  fake.addChannel(other);
  fake.fault({ method: 'POST', path: `/channels/${OPS}/messages`, retryAfter: 6 });
  const order: string[] = [];
  const slow = chat.post(inOps, '1/card', cards.waiting).then(() => order.push('slow'));
  await chat.post({ ...inOps, channel: other }, '2/card', cards.help).then(() => order.push('fast'));
  assert.deepEqual(order, ['fast']);
  await slow;
  assert.equal(fake.messages(OPS).length, 1);
});

test('a hundred posts at once stay within 50 requests a second, without a 429', async (t) => {
  const { fake, chat } = await openFixture(t, {}, { isFirstTry: () => true });
  const channels = Array.from({ length: 100 }, (_, at) => `2000000000000010${String(at).padStart(2, '0')}`);
  for (const channel of channels) fake.addChannel(channel);
  await Promise.all(channels.map((channel) => chat.post({ ...inOps, channel }, `x/${channel}`, cards.help)));
  assert.equal(fake.limited(), 0);
  assert.ok(channels.every((channel) => fake.messages(channel).length === 1));
});

test('every fixture card is posted and edited without a violation', async (t) => {
  const { fake, chat } = await openFixture(t);
  for (const [name, card] of Object.entries(cards)) {
    const id = await chat.post(inOps, `x/${name}`, card);
    await chat.edit(inOps, id, card);
    await chat.whisper(inOps, alice, card);
  }
  assert.deepEqual(fake.violations, []);
});
