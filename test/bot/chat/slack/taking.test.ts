/** Nothing is acknowledged before it is durable, and whoever was not heard is told so within Slack's 3 s. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { cards } from '../cards.ts';
import { type Connected, connect, inChannel, until } from './fixture.ts';

const never = () => new Promise<void>(() => undefined);
const fails = () => Promise.reject(new Error('the disk is full'));

for (const http of [false, true]) {
  const way = http ? 'HTTP' : 'Socket Mode';

  test(`${way}: a command and an event are acknowledged when they are durable, not before`, async (t) => {
    const { promise: durable, resolve: onDisk } = Promise.withResolvers<void>();
    const { fake, inbox } = await connect(t, { http, receive: () => durable });
    const acknowledged: string[] = [];
    const slash = fake.user('UALICE').slash('C1', '/vm list');
    const mention = fake.user('UALICE').mention('C1', 'list');
    slash.then(() => acknowledged.push('slash'));
    mention.then(() => acknowledged.push('mention'));
    await until(() => inbox.length === 2);
    await pause(300);
    assert.deepEqual(acknowledged, []);
    onDisk();
    await Promise.all([slash, mention]);
    assert.deepEqual(fake.world.timeouts, []);
  });

  test(`${way}: whose command cannot be written down is told that it is not taken`, async (t) => {
    const { fake, log } = await connect(t, { http, receive: fails });
    const answer = await fake.user('UALICE').slash('C1', '/vm stop web-01');
    assert.equal(answer?.text, 'Not taken: it could not be written down. Please try again. `vm stop web-01`');
    assert.ok(log.some((line) => line.includes('the disk is full')));
  });

  test(`${way}: whose command is not durable in time is told so before Slack gives up`, async (t) => {
    const { fake } = await connect(t, { http, receive: never });
    const answer = await fake.user('UALICE').slash('C1', '/vm stop web-01');
    assert.match(String(answer?.text), /may not be taken.*please try again/);
    assert.deepEqual(fake.world.timeouts, []);
  });

  test(`${way}: an event that could not be written down is delivered again, and taken then`, async (t) => {
    let tries = 0;
    const receive = () => (++tries < 3 ? fails() : Promise.resolve());
    const { fake, inbox } = await connect(t, { http, receive, fake: { ackDeadlineMs: 300, eventRetryMs: [50, 100] } });
    await fake.user('UALICE').mention('C1', 'list');
    assert.equal(tries, 3);
    assert.equal(new Set(inbox.map(({ eventId }) => eventId)).size, 1);
  });

  test(`${way}: an event that is not durable in time is left to Slack to deliver again`, async (t) => {
    let tries = 0;
    const receive = () => (++tries < 2 ? never() : Promise.resolve());
    const { fake, inbox } = await connect(t, { http, receive, fake: { eventRetryMs: [0] } });
    await fake.user('UALICE').mention('C1', 'list');
    assert.equal(inbox.length, 2);
  });

  test(`${way}: whose press cannot be written down is told so alone, and the button is still there`, async (t) => {
    const connected = await connect(t, { http, receive: fails });
    const { fake } = connected;
    await press(connected, 'drover:press:adopt:0');
    await until(() => fake.ephemerals('UBOB').length === 1);
    assert.match(JSON.stringify(fake.ephemerals('UBOB')), /Not done: adopt.*Please try again/s);
    assert.match(JSON.stringify(fake.messages('C1')), /drover:press:adopt/);
    assert.deepEqual(fake.world.timeouts, []);
  });

  test(`${way}: a reason that could not be written down stays in its window, and counts once when it is sent again`, async (t) => {
    let tries = 0;
    const receive = () => (++tries < 2 ? fails() : Promise.resolve());
    const connected = await connect(t, { http, receive });
    const bob = connected.fake.user('UBOB');
    await connected.chat.post(inChannel('C1'), 'a', cards.waiting);
    const [message] = connected.fake.messages('C1');
    assert.ok(message);
    await bob.press(message, 'drover:press:reject:1');
    await until(() => bob.modal() !== null);
    await bob.submitModal({ input: 'too big' });
    assert.match(bob.modal()?.errors.input ?? '', /Not taken: .* it counts once/);
    await bob.submitModal({ input: 'too big' });
    assert.equal(bob.modal(), null);
    assert.equal(new Set(connected.inbox.map(({ eventId }) => eventId)).size, 1);
  });
}

test('a form that could not be written down stays open with what was typed', async (t) => {
  const { fake } = await connect(t, { receive: fails });
  const alice = fake.user('UALICE');
  await alice.shortcut('vm_create');
  await until(() => JSON.stringify(alice.modal()?.view ?? '').includes('vCPUs'));
  await alice.submitModal({ name: 'web-01' });
  assert.match(alice.modal()?.errors.name ?? '', /Not taken/);
});

test('slow calls to Slack hold up no acknowledgement', async (t) => {
  const connected = await connect(t, { slack: { home: async () => Object.values(cards) } });
  const { fake, inbox } = connected;
  await fake.user('UALICE').openHome();
  await until(() => fake.world.views.length === 1);
  fake.fault({ delay: 5_000, times: 9 });
  const done = Promise.all([
    fake.user('UALICE').pressHome('drover:press:adopt:0'),
    fake.user('UALICE').openHome(),
    fake.user('UALICE').dm('list'),
    fake.user('UALICE').mention('C1', 'list'),
  ]).then(() => 'all');
  assert.equal(await Promise.race([done, pause(3_000, 'too slow', { ref: false })]), 'all');
  assert.equal(inbox.length, 3);
  assert.deepEqual(fake.world.timeouts, []);
});

test('who could not be acknowledged, because the connection ended, still learns that his command was taken', async (t) => {
  const { promise: durable, resolve: onDisk } = Promise.withResolvers<void>();
  const { fake, chat, inbox } = await connect(t, { receive: () => durable, fake: { ackDeadlineMs: 500 } });
  const slash = fake.user('UALICE').slash('C1', '/vm stop web-01');
  await until(() => inbox.length === 1);
  fake.fault({ method: 'apps.connections.open', delay: 2_000, times: 2 });
  fake.disconnect('cut', 'all');
  await until(() => chat.health().open === 0);
  onDisk();
  assert.equal(await slash, null);
  await until(() => fake.ephemerals('UALICE').some(({ text }) => text.includes('Got it: `vm stop web-01`')));
});

async function press({ fake, chat }: Connected, action: string): Promise<void> {
  await chat.post(inChannel('C1'), 'a', cards.unknown);
  const [message] = fake.messages('C1');
  assert.ok(message);
  await fake.user('UBOB').press(message, action);
}
