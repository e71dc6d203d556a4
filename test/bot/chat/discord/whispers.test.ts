/** What one person alone sees, for as long as Discord lets it be so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../../../fakes/discord/world.ts';
import { cards } from '../cards.ts';
import { ALICE, BOB, inOps, OPS, openFixture, until } from './fixture.ts';

const alice = { platform: 'discord', id: ALICE };
const shown = (message: { content: string; components: Parameters<typeof textOf>[0]['components'] } | undefined) =>
  textOf(message ?? { content: '', components: [] });

test('a whisper answers the command that it belongs to, and the next one follows it', async (t) => {
  const { fake, chat, script } = await openFixture(t);
  script.receive = async (event, to) => to.whisper(event.place, event.from, cards.refused);
  await fake.user(ALICE).slash(OPS, 'vm', 'stop', { vm: 'pay-db-01' });
  await until('the answer', () => fake.ephemerals(ALICE).length === 1);
  await chat.whisper(inOps, alice, cards.help);
  assert.deepEqual(
    fake.ephemerals(ALICE).map((message) => shown(message).includes('prod-needs-ops')),
    [true, false],
  );
  assert.equal(fake.ephemerals(BOB).length, 0);
  assert.equal(fake.messages(OPS).length, 0);
  assert.deepEqual(fake.violations, []);
});

test('two whispers at once keep their order', async (t) => {
  const { fake, chat, inbound } = await openFixture(t);
  await fake.user(ALICE).slash(OPS, 'vm', 'stop', { vm: 'pay-db-01' });
  await until('the line', () => inbound.length === 1);
  fake.fault({ method: 'PATCH', path: '/messages/@original', delay: 200 });
  await Promise.all([chat.whisper(inOps, alice, cards.refused), chat.whisper(inOps, alice, cards.help)]);
  assert.deepEqual(
    fake.ephemerals(ALICE).map((message) => shown(message).includes('prod-needs-ops')),
    [true, false],
  );
});

test('whoever asked is led to the card of his request', async (t) => {
  const { fake, script } = await openFixture(t);
  script.receive = async (event, to) => void (await to.post(event.place, '12/card', cards.waiting));
  await fake.user(ALICE).slash(OPS, 'vm', 'create', { name: 'web-01', image: 'debian-12.qcow2' });
  await until('the link', () => fake.ephemerals(ALICE).length === 1);
  const [root] = fake.messages(OPS);
  assert.ok(shown(fake.ephemerals(ALICE)[0]).includes(`/channels/${fake.guildId}/${OPS}/${root?.id}`));
});

test('a command that nothing answers soon says that it was taken', async (t) => {
  const { fake } = await openFixture(t);
  await fake.user(ALICE).slash(OPS, 'vm', 'stop', { vm: 'web-01' });
  await until('the sign', () => fake.ephemerals(ALICE).length === 1);
  assert.match(shown(fake.ephemerals(ALICE)[0]), /Taken: vm stop web-01/);
});

test('a whisper after the 15 minutes of a token is a direct message', async (t) => {
  const { fake, chat } = await openFixture(t);
  await fake.user(ALICE).slash(OPS, 'vm', 'stop', { vm: 'web-01' });
  fake.advance(16 * 60_000);
  await chat.whisper(inOps, alice, cards.refused);
  const dm = [...fake.world.channels.values()].find(({ kind }) => kind === 'dm');
  assert.match(shown(fake.messages(dm?.id ?? '')[0]), /prod-needs-ops/);
  assert.equal(fake.messages(OPS).length, 0);
});

test('who takes no direct messages is told in the channel that there is an answer, not what it says', async (t) => {
  const { fake, chat } = await openFixture(t);
  fake.addUser(ALICE, { closed: true });
  await chat.whisper(inOps, alice, cards.refused);
  const [notice] = fake.messages(OPS);
  assert.match(shown(notice), /answer for you alone/);
  assert.ok(!shown(notice).includes('pay-db-01'));
});

test('where Drover may not write, whoever asked is told what it needs', async (t) => {
  const { fake, script } = await openFixture(t);
  const closed = '200000000000000003';
  fake.addChannel(closed, { forbidden: ['send'] });
  script.receive = async (event, to) => {
    await to.post(event.place, '12/card', cards.waiting).catch(() => undefined);
  };
  await fake.user(ALICE).slash(closed, 'vm', 'list');
  await until('the answer', () => fake.ephemerals(ALICE).length === 1);
  assert.match(shown(fake.ephemerals(ALICE)[0]), /View Channel/);
});
