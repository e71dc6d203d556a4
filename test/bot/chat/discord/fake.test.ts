/** The fake Discord refuses what Discord refuses, and answers in the shapes of the official description. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeDiscord } from '../../../fakes/discord/fake-discord.ts';
import { loadSpec } from '../../../fakes/discord/spec.ts';
import { cards } from '../cards.ts';
import { ALICE, inOps, OPS, openFixture } from './fixture.ts';

const spec = await loadSpec();

async function call(fake: FakeDiscord, method: string, path: string, body?: object) {
  const response = await fetch(`${fake.apiUrl}/v10${path}`, {
    method,
    headers: { authorization: `Bot ${fake.credentials.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = response.status === 204 ? null : await response.json();
  return { status: response.status, answer, headers: response.headers };
}

const V2 = 1 << 15;
const plain = { allowed_mentions: { parse: [] }, nonce: 'n', enforce_nonce: true };
const text = (content: string) => ({ type: 10, content });
const button = (at: number, label = 'A') => ({ type: 2, style: 1, label, custom_id: `b${at}` });

const refused: [what: string, body: object][] = [
  ['2,001 characters', { ...plain, content: 'x'.repeat(2_001) }],
  ['an unknown field', { ...plain, contents: 'x' }],
  ['components v2 beside content', { ...plain, flags: V2, content: 'x', components: [text('y')] }],
  ['components v2 without their flag', { ...plain, components: [text('y')] }],
  ['41 components', { ...plain, flags: V2, components: Array.from({ length: 41 }, () => text('y')) }],
  ['4,001 characters of text', { ...plain, flags: V2, components: [text('x'.repeat(2_000)), text('y'.repeat(2_001))] }],
  [
    'six buttons in a row',
    { ...plain, flags: V2, components: [{ type: 1, components: Array.from({ length: 6 }, (_, at) => button(at)) }] },
  ],
  [
    'a label of 81 characters',
    { ...plain, flags: V2, components: [{ type: 1, components: [button(1, 'x'.repeat(81))] }] },
  ],
  ['a custom_id twice', { ...plain, flags: V2, components: [{ type: 1, components: [button(1), button(1)] }] }],
  [
    'a file that is not there',
    { ...plain, flags: V2, components: [{ type: 13, file: { url: 'attachment://a.txt' } }] },
  ],
  ['a message that may ring people', { content: 'x', nonce: 'n', enforce_nonce: true }],
  ['a post without a nonce', { content: 'x', allowed_mentions: { parse: [] } }],
];

for (const [what, body] of refused) {
  test(`${what} is refused and remembered`, async (t) => {
    const { fake } = await openFixture(t, {}, { start: false });
    const { status, answer } = await call(fake, 'POST', `/channels/${OPS}/messages`, body);
    assert.equal(status, 400);
    assert.match(JSON.stringify(answer), /50035/);
    assert.equal(fake.messages(OPS).length, 0);
    assert.ok(fake.violations.length > 0);
  });
}

test('an unknown route is a violation', async (t) => {
  const { fake } = await openFixture(t, {}, { start: false });
  assert.equal((await call(fake, 'GET', '/users/@me/guilds')).status, 404);
  assert.equal(fake.violations.length, 1);
});

test('a bucket is told in headers, and overrun it answers 429', async (t) => {
  const { fake } = await openFixture(t, {}, { start: false });
  fake.bucket({ route: 'GET /channels/:channel', limit: 2, perMs: 60_000 });
  const first = await call(fake, 'GET', `/channels/${OPS}`);
  assert.equal(first.headers.get('x-ratelimit-remaining'), '1');
  await call(fake, 'GET', `/channels/${OPS}`);
  const third = await call(fake, 'GET', `/channels/${OPS}`);
  assert.deepEqual([third.status, third.headers.get('retry-after') !== null, fake.limited()], [429, true, 1]);
});

test('more than 50 requests in a second are too many', async (t) => {
  const { fake } = await openFixture(t, {}, { start: false });
  const all = await Promise.all(Array.from({ length: 60 }, () => call(fake, 'GET', `/channels/${OPS}`)));
  assert.ok(
    all.filter(({ status }) => status === 429).every(({ headers }) => headers.get('x-ratelimit-global') === 'true'),
  );
  assert.ok(fake.limited() > 0);
});

test('messages, threads and commands have the official shape', async (t) => {
  const { fake, chat } = await openFixture(t);
  const long = { ...cards.waiting, blocks: [{ kind: 'code' as const, text: 'x\n'.repeat(5_000) }] };
  const root = await chat.post(inOps, '12/card', long);
  await chat.post(inOps, '12/closing', cards.succeeded);
  const message = await call(fake, 'GET', `/channels/${OPS}/messages/${root}`);
  assert.deepEqual(spec.check(['MessageResponse'], message.answer), []);
  const thread = await call(fake, 'GET', `/channels/${root}`);
  assert.deepEqual(spec.check(['ThreadResponse'], thread.answer), []);
  const commands = await call(fake, 'GET', `/applications/1/guilds/${fake.guildId}/commands`);
  assert.ok(Array.isArray(commands.answer));
  assert.deepEqual(spec.check(['ApplicationCommandResponse'], commands.answer[0]), []);
});

test('a second answer to an interaction is refused, and a late one too', async (t) => {
  const { fake } = await openFixture(t);
  const { id, token } = await fake.user(ALICE).slash(OPS, 'vm', 'list');
  const second = await call(fake, 'POST', `/interactions/${id}/${token}/callback`, { type: 5 });
  assert.match(JSON.stringify(second.answer), /40060/);
  fake.advance(4_000);
  const late = await call(fake, 'POST', `/interactions/${id}/${token}/callback`, { type: 5 });
  assert.match(JSON.stringify(late.answer), /10062/);
  fake.advance(15 * 60_000);
  const dead = await call(fake, 'POST', `/webhooks/1/${token}`, { content: 'x', allowed_mentions: { parse: [] } });
  assert.match(JSON.stringify(dead.answer), /50027/);
});

test('creates of commands are counted, and 200 a day are the most', async (t) => {
  const { fake } = await openFixture(t, {}, { start: false });
  fake.world.creates = 200;
  const made = await call(fake, 'POST', `/applications/1/guilds/${fake.guildId}/commands`, {
    name: 'x',
    description: 'y',
    type: 1,
  });
  assert.match(JSON.stringify(made.answer), /30034/);
});
