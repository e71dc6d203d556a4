/** What people do in Slack arrives as the same few kinds of `Inbound`, each acknowledged before anything else happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cards } from '../cards.ts';
import { connect, inChannel, until } from './fixture.ts';

test('a slash command is a line without a message that a thread could hang on', async (t) => {
  const { fake, inbox } = await connect(t);
  const answer = await fake.user('UALICE').slash('C1', '/vm stop web-01');
  assert.equal(answer?.text, 'Got it: `vm stop web-01`');
  const [inbound] = inbox;
  assert.ok(inbound?.kind === 'line');
  assert.equal(inbound.text, 'vm stop web-01');
  assert.deepEqual(inbound.place, inChannel('C1'));
  assert.deepEqual(inbound.from, { platform: 'slack', id: 'UALICE' });
  assert.equal(inbound.message, null);
  assert.deepEqual(fake.world.timeouts, []);
});

test('a mention is a line whose thread hangs on the message, and in a thread stays in it', async (t) => {
  const { fake, inbox } = await connect(t);
  const root = await fake.user('UALICE').mention('C1', 'stop web-01');
  await fake.user('UALICE').mention('C1', 'vm start web-01', root);
  await until(() => inbox.length === 2);
  assert.deepEqual(
    inbox.map((inbound) => inbound.kind === 'line' && inbound.text),
    ['vm stop web-01', 'vm start web-01'],
  );
  assert.deepEqual(
    inbox.map(({ message, place }) => [message === root, place.thread]),
    [
      [true, null],
      [false, root],
    ],
  );
});

test('a direct message is a line, and its writer sees that it is being looked at', async (t) => {
  const { fake, inbox } = await connect(t);
  const ts = await fake.user('UALICE').dm('list');
  await until(() => inbox.length === 1 && fake.world.statuses.length === 1);
  assert.equal(inbox[0]?.kind === 'line' && inbox[0].text, 'vm list');
  assert.deepEqual(fake.world.statuses, [{ channel: 'DALICE', thread: ts, status: 'is looking at it…' }]);
});

test('a press carries request, digest and verb, and the thread of its message', async (t) => {
  const { fake, chat, inbox } = await connect(t);
  const root = await chat.post(inChannel('C1'), 'a', cards.received);
  const ts = await chat.post(inChannel('C1', root), 'b', cards.unknown);
  const message = fake.messages('C1').find((found) => found.ts === ts);
  assert.ok(message);
  await fake.user('UBOB').press(message, 'drover:press:adopt:0');
  await until(() => inbox.length === 1);
  const { eventId: _, ...press } = inbox[0] ?? assert.fail();
  assert.deepEqual(press, {
    from: { platform: 'slack', id: 'UBOB' },
    place: inChannel('C1', root),
    message: ts,
    address: null,
    kind: 'press',
    request: 15,
    digest: cards.unknown.operation?.digest,
    verb: 'adopt',
    input: '',
  });
});

test('a button that wants a reason asks for it in a modal, which counts once it is sent', async (t) => {
  const { fake, chat, inbox } = await connect(t);
  await chat.post(inChannel('C1'), 'a', cards.waiting);
  const [message] = fake.messages('C1');
  assert.ok(message);
  const bob = fake.user('UBOB');
  await bob.press(message, 'drover:press:reject:1');
  await until(() => bob.modal() !== null);
  assert.equal(inbox.length, 0, 'nothing counts yet');
  assert.match(JSON.stringify(bob.modal()?.view), /Why not\? alice will read it/);
  await assert.rejects(bob.submitModal({}), /input is empty/);
  await bob.submitModal({ input: 'too big' });
  await until(() => inbox.length === 1);
  const [inbound] = inbox;
  assert.ok(inbound?.kind === 'press');
  assert.deepEqual([inbound.verb, inbound.input, inbound.message], ['reject', 'too big', message.ts]);
  assert.equal(bob.modal(), null);
});

test('the shortcut opens a form at once, fills it when the facts are there, and keeps it open while a field is wrong', async (t) => {
  const { promise: facts, resolve: factsAreThere } = Promise.withResolvers<void>();
  const { vmForm, readVmForm } = await import('./fixture.ts');
  const { fake, inbox } = await connect(t, {
    slack: { forms: { form: () => facts.then(() => vmForm), read: readVmForm } },
  });
  const alice = fake.user('UALICE');
  await alice.shortcut('vm_create');
  await until(() => alice.modal() !== null);
  assert.match(JSON.stringify(alice.modal()?.view), /One moment/);
  factsAreThere();
  await until(() => JSON.stringify(alice.modal()?.view).includes('vCPUs'));
  await alice.submitModal({ name: 'Web 01' });
  assert.deepEqual(alice.modal()?.errors, { name: 'use a-z, 0-9 and -' });
  assert.equal(inbox.length, 0);
  await alice.submitModal({ name: 'web-01', cpu: '4' });
  await until(() => inbox.length === 1);
  const [inbound] = inbox;
  assert.equal(inbound?.kind === 'line' && inbound.text, 'vm create web-01 --cpu 4 --image debian-12');
  assert.deepEqual(inbound?.place, inChannel('UALICE'), 'a shortcut belongs to no channel: the answer goes to alice');
  assert.equal(alice.modal(), null);
});

test('the shortcut on a message answers in the thread of that message', async (t) => {
  const { fake, inbox } = await connect(t);
  const alice = fake.user('UALICE');
  await alice.mention('C1', 'list');
  const [message] = fake.messages('C1');
  assert.ok(message);
  await alice.shortcut('vm_create_here', message);
  await until(() => JSON.stringify(alice.modal()?.view ?? '').includes('vCPUs'));
  await alice.submitModal({ name: 'web-01' });
  await until(() => inbox.length === 2);
  assert.deepEqual([inbox[1]?.place, inbox[1]?.message], [inChannel('C1'), message.ts]);
});

test('the Home tab shows the cards that concern a person, and a press there answers him directly', async (t) => {
  const { fake, inbox } = await connect(t, {
    slack: { home: async ({ id }) => (id === 'UALICE' ? Object.values(cards) : []) },
  });
  await fake.user('UALICE').openHome();
  await until(() => fake.world.views.length === 1);
  await fake.user('UALICE').pressHome('drover:press:adopt:0');
  await until(() => inbox.length === 1);
  assert.deepEqual(inbox[0]?.place, inChannel('UALICE'));
  await fake.user('UBOB').openHome();
  await until(() => fake.world.views.length === 2);
  assert.match(JSON.stringify(fake.world.views[1]?.view), /Nothing waits for you/);
});

test('a duplicate of an event, a command or a press has the same event id', async (t) => {
  const { fake, chat, inbox } = await connect(t);
  await chat.post(inChannel('C1'), 'a', cards.unknown);
  const [message] = fake.messages('C1');
  assert.ok(message);
  fake.duplicate(3);
  await fake.user('UALICE').slash('C1', '/vm list');
  await fake.user('UALICE').mention('C1', 'list');
  await fake.user('UALICE').press(message, 'drover:press:adopt:0');
  await until(() => inbox.length === 6);
  assert.equal(new Set(inbox.map(({ eventId }) => eventId)).size, 3);
});

test('two presses of one button are two events', async (t) => {
  const { fake, chat, inbox } = await connect(t);
  await chat.post(inChannel('C1'), 'a', cards.unknown);
  const [message] = fake.messages('C1');
  assert.ok(message);
  const press = () => fake.user('UBOB').press(message, 'drover:press:adopt:0');
  await Promise.all([press(), press()]);
  await until(() => inbox.length === 2);
  assert.equal(new Set(inbox.map(({ eventId }) => eventId)).size, 2);
});
