/** What people do in Discord reaches Drover once, as the line or the press that it means, acknowledged first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Card } from '../../../../bot/chat/card.ts';
import { allComponents } from '../../../fakes/discord/rules.ts';
import { textOf } from '../../../fakes/discord/world.ts';
import { cards } from '../cards.ts';
import { ALICE, BOB, inOps, OPS, openFixture, ROLE, until } from './fixture.ts';

const buttonOf = (message: { components: Parameters<typeof allComponents>[0] }, verb: string): string => {
  const ids = allComponents(message.components).flatMap(({ custom_id }) =>
    typeof custom_id === 'string' ? [custom_id] : [],
  );
  const found = ids.find((id) => id.includes(`:${verb}:`));
  assert.ok(found !== undefined, `no button ${verb} among ${ids}`);
  return found;
};

test('a slash command becomes the line of the grammar, is acknowledged at once, and its roles count without asking', async (t) => {
  const { fake, chat, inbound } = await openFixture(t);
  const interaction = await fake.user(ALICE).slash(OPS, 'vm', 'stop', { vm: 'web-01', grace: '2m', 'dry-run': true });
  assert.equal(interaction.state, 'deferred');
  await until('the line', () => inbound.length === 1);
  assert.deepEqual(inbound[0], {
    kind: 'line',
    eventId: interaction.id,
    from: { platform: 'discord', id: ALICE },
    place: inOps,
    message: null,
    address: null,
    text: 'vm stop web-01 --grace 2m --dry-run',
  });
  fake.fault({ path: '/members/', status: 500, times: 20 });
  assert.deepEqual(await chat.directory?.among(ROLE, [ALICE]), [ALICE]);
  assert.deepEqual(fake.violations, []);
});

test('the acknowledgement does not wait for what takes long', async (t) => {
  const { fake, inbound, script } = await openFixture(t);
  const slow = Promise.withResolvers<void>();
  script.receive = () => slow.promise;
  const interaction = await fake.user(ALICE).slash(OPS, 'vm', 'list');
  assert.equal(interaction.state, 'deferred');
  await until('the line', () => inbound.length === 1);
  slow.resolve();
  assert.deepEqual(fake.world.timeouts, []);
});

test('any command can be given as one line, and help and explain have their own', async (t) => {
  const { fake, inbound } = await openFixture(t);
  const alice = fake.user(ALICE);
  await alice.slash(OPS, 'vm', 'line', { text: 'stop web-01 --grace 2m' });
  await alice.slash(OPS, 'vm', 'help', {});
  await alice.slash(OPS, 'vm', 'help', { verb: 'stop' });
  await alice.slash(OPS, 'vm', 'explain', { command: 'stop web-01' });
  await until('four lines', () => inbound.length === 4);
  assert.deepEqual(
    inbound.map((event) => event.kind === 'line' && event.text),
    ['vm stop web-01 --grace 2m', 'vm help', 'vm help stop', 'vm explain stop web-01'],
  );
});

test('a list is written as words, and words that hide something are refused to him alone', async (t) => {
  const { fake, inbound } = await openFixture(t);
  await fake.user(ALICE).slash(OPS, 'vm', 'list', { select: 'owner=team-a env=dev' });
  await until('the line', () => inbound.length === 1);
  assert.equal(inbound[0]?.kind === 'line' && inbound[0].text, 'vm list owner=team-a env=dev');
  await fake.user(ALICE).slash(OPS, 'vm', 'stop', { vm: 'web\u200b-01' });
  await until('the refusal', () => fake.ephemerals(ALICE).length === 1);
  assert.equal(inbound.length, 1);
});

test('names are offered while a person types, and a failure to ask is told apart from none', async (t) => {
  const { fake } = await openFixture(t);
  assert.deepEqual(await fake.user(ALICE).autocomplete(OPS, 'vm', 'stop', { vm: 'web-0' }, 'vm'), ['web-01', 'web-02']);
  assert.deepEqual(await fake.user(ALICE).autocomplete(OPS, 'vm', 'stop', { vm: 'zz' }, 'vm'), []);
  const broken = await openFixture(t, {}, { complete: () => Promise.reject(new Error('no inventory')) });
  assert.deepEqual(await broken.fake.user(ALICE).autocomplete(OPS, 'vm', 'stop', { vm: 'we' }, 'vm'), ['we']);
});

test('more than 25 names, and names that are too long, never break the offer', async (t) => {
  const names = [...Array.from({ length: 60 }, (_, at) => `vm-${at}`), 'x'.repeat(200)];
  const { fake } = await openFixture(t, {}, { complete: async () => names });
  assert.equal((await fake.user(ALICE).autocomplete(OPS, 'vm', 'show', { vm: '' }, 'vm')).length, 25);
  assert.deepEqual(fake.violations, []);
});

test('offers that take too long do not keep a person waiting', async (t) => {
  const { fake } = await openFixture(t, {}, { complete: () => new Promise(() => undefined) });
  await fake.user(ALICE).autocomplete(OPS, 'vm', 'show', { vm: 'we' }, 'vm');
  assert.deepEqual(fake.world.timeouts, []);
});

test('creating without the needed values opens a form, and the form becomes the same line', async (t) => {
  const { fake, inbound } = await openFixture(t);
  const alice = fake.user(ALICE);
  const opened = await alice.slash(OPS, 'vm', 'create', { name: 'web-09', tag: 'env=dev tier=web' });
  assert.equal(opened.state, 'modal');
  const sent = await alice.submitModal(opened, { image: 'debian-12.qcow2' });
  assert.equal(sent.state, 'deferred');
  await until('the line', () => inbound.length === 1);
  assert.equal(
    inbound[0]?.kind === 'line' && inbound[0].text,
    'vm create web-09 --image debian-12.qcow2 --tag env=dev --tag tier=web',
  );
  assert.deepEqual(fake.violations, []);
});

test('a form that was opened before a restart says so instead of losing what was given', async (t) => {
  const { fake, chat, inbound, another } = await openFixture(t);
  const opened = await fake.user(ALICE).slash(OPS, 'vm', 'create', { name: 'web-09' });
  await chat.close();
  await another();
  await fake.user(ALICE).submitModal(opened, { image: 'debian-12.qcow2' });
  await until('the answer', () => fake.ephemerals(ALICE).length === 1);
  assert.match(textOf(fake.ephemerals(ALICE)[0] ?? { content: '', components: [] }), /once more/);
  assert.equal(inbound.length, 0);
});

async function posted(t: Parameters<typeof openFixture>[0], card: Card) {
  const fixture = await openFixture(t);
  const id = await fixture.chat.post(inOps, `${card.operation?.request}/card`, card);
  const message = fixture.fake.messages(OPS).find((one) => one.id === id);
  assert.ok(message !== undefined);
  return { ...fixture, message };
}

test('a pressed button becomes a press with the whole digest', async (t) => {
  const { fake, message, inbound } = await posted(t, cards.waiting);
  const pressed = await fake.user(BOB).press(message, buttonOf(message, 'approve'));
  assert.equal(pressed.state, 'deferred-update');
  await until('the press', () => inbound.length === 1);
  assert.deepEqual(inbound[0], {
    kind: 'press',
    eventId: pressed.id,
    from: { platform: 'discord', id: BOB },
    place: inOps,
    message: message.id,
    address: null,
    ...cards.waiting.operation,
    verb: 'approve',
    input: '',
  });
  assert.deepEqual(fake.violations, []);
});

test('a button that needs a reason opens a form, and only the filled form counts', async (t) => {
  const { fake, message, inbound } = await posted(t, cards.waiting);
  const opened = await fake.user(BOB).press(message, buttonOf(message, 'reject'));
  assert.equal(opened.state, 'modal');
  assert.match(JSON.stringify(opened.modal), /Why not\? alice will read it/);
  assert.equal(inbound.length, 0);
  await fake.user(BOB).submitModal(opened, { input: ' too big ' });
  await until('the press', () => inbound.length === 1);
  assert.equal(inbound[0]?.kind === 'press' && inbound[0].input, 'too big');
  assert.deepEqual(fake.violations, []);
});

test('a dangerous button asks once more, to him who pressed it alone', async (t) => {
  const { fake, message, inbound } = await posted(t, cards.waiting);
  const asked = await fake.user(ALICE).press(message, buttonOf(message, 'withdraw'));
  const [question] = fake.ephemerals(ALICE);
  assert.ok(question !== undefined && asked.state === 'answered');
  assert.match(textOf(question), /Withdraw request 12\?/);
  assert.equal(inbound.length, 0);
  await fake.user(ALICE).press(question, buttonOf(question, 'withdraw'));
  await until('the press', () => inbound.length === 1);
  assert.match(textOf(question), /taken/);
  assert.equal(inbound[0]?.kind === 'press' && inbound[0].verb, 'withdraw');
  assert.deepEqual(fake.violations, []);
});

test('buttons of a former process still ask and still work', async (t) => {
  const { fake, chat, message, inbound, another } = await posted(t, cards.destructive);
  await chat.close();
  await another();
  const opened = await fake.user(BOB).press(message, buttonOf(message, 'approve'));
  assert.match(JSON.stringify(opened.modal), /Approve request 13\?/);
  await fake.user(BOB).submitModal(opened, {});
  await until('the press', () => inbound.length === 1);
  assert.equal(inbound[0]?.kind === 'press' && inbound[0].digest, cards.destructive.operation?.digest);
});

test('a mention at the start of a message is a command, and its thread hangs on that message', async (t) => {
  const { fake, inbound } = await openFixture(t);
  const message = fake.user(ALICE).mention(OPS, 'stop web-01');
  await until('the line', () => inbound.length === 1);
  const [event] = inbound;
  assert.ok(event?.kind === 'line');
  assert.deepEqual([event.text, event.message, event.eventId], ['vm stop web-01', message.id, message.id]);
});

test('what bots, webhooks and people who do not address it write is not read', async (t) => {
  const { fake, inbound } = await openFixture(t);
  fake.addUser('100000000000000031', { bot: true });
  fake.user('100000000000000031').mention(OPS, 'delete web-01');
  fake.user(ALICE).say(OPS, 'vm delete web-01');
  await fake.user('100000000000000031').slash(OPS, 'vm', 'list');
  fake.user(ALICE).mention(OPS, 'list');
  await until('the last line', () => inbound.length === 1);
  assert.equal(inbound[0]?.kind === 'line' && inbound[0].text, 'vm list');
});

test('in a thread, the place is the channel with the thread', async (t) => {
  const { fake, chat, inbound } = await openFixture(t);
  const id = await chat.post(inOps, '12/card', cards.waiting);
  await until('the thread', () => fake.threads(OPS).length === 1);
  await fake.user(ALICE).slash(id, 'vm', 'list');
  fake.user(ALICE).mention(id, 'list');
  await until('both lines', () => inbound.length === 2);
  for (const event of inbound) assert.deepEqual(event.place, { platform: 'discord', channel: OPS, thread: id });
});

test('a command that cannot be written down is answered, not forgotten', async (t) => {
  const { fake, script } = await openFixture(t);
  script.receive = () => Promise.reject(new Error('disk full'));
  await fake.user(ALICE).slash(OPS, 'vm', 'list');
  await until('the answer', () => fake.ephemerals(ALICE).length === 1);
  assert.match(textOf(fake.ephemerals(ALICE)[0] ?? { content: '', components: [] }), /nothing was done/);
});
