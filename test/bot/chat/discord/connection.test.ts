/** The connection: interrupted, it goes on; ended for good, it says so and never stays silent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../../../fakes/discord/world.ts';
import { cards } from '../cards.ts';
import { ALICE, inOps, OPS, openFixture, until } from './fixture.ts';

for (const [name, disturb] of [
  ['Discord asks to reconnect (op 7)', (fake) => fake.gateway.op7()],
  ['the session is called invalid but resumable (op 9)', (fake) => fake.gateway.op9(true)],
  ['it is closed with 1001', (fake) => fake.gateway.close(1001)],
  ['it is closed with 4000', (fake) => fake.gateway.close(4000)],
  ['it is closed with 4009', (fake) => fake.gateway.close(4009)],
  ['the TCP connection is cut', (fake) => fake.gateway.drop()],
] satisfies [string, (fake: Awaited<ReturnType<typeof openFixture>>['fake']) => void][]) {
  test(`a command given while ${name} is not lost`, async (t) => {
    const { fake, inbound, fatal } = await openFixture(t);
    disturb(fake);
    const interaction = await fake.user(ALICE).slash(OPS, 'vm', 'list');
    assert.equal(interaction.state, 'deferred');
    await until('the line', () => inbound.length === 1);
    assert.deepEqual(fatal, []);
    await until('the session goes on', () => fake.gateway.counts().resumed >= 1);
    await fake.user(ALICE).slash(OPS, 'vm', 'help');
    await until('the next line', () => inbound.length === 2);
    assert.deepEqual(fake.violations, []);
  });
}

test('a connection that stops answering heartbeats is replaced', async (t) => {
  const { fake, inbound } = await openFixture(t, { heartbeatMs: 400 });
  fake.gateway.deafen();
  await until('the session goes on', () => fake.gateway.counts().resumed >= 1);
  await fake.user(ALICE).slash(OPS, 'vm', 'list');
  await until('the line', () => inbound.length === 1);
});

test('after a session is lost for good, Drover signs in again and works', async (t) => {
  const { fake, inbound, fatal } = await openFixture(t);
  fake.gateway.op9(false);
  await until('the new session', () => fake.gateway.counts().identified === 2, 20_000);
  await until('it is connected', () => fake.gateway.connected() === 1);
  await fake.user(ALICE).slash(OPS, 'vm', 'list');
  await until('the line', () => inbound.length === 1);
  assert.deepEqual(fatal, []);
});

test('a session that Discord ends with 4004 is told, once, in words that help', async (t) => {
  const { fake, fatal, log } = await openFixture(t);
  fake.gateway.close(4004);
  await until('the end', () => fatal.length > 0);
  assert.match(fatal[0]?.message ?? '', /4004.*token/);
  assert.ok(log.some((line) => line.startsWith('error') && line.includes('4004')));
  assert.equal(fatal.length, 1);
});

test('one stray 401 is the end, because the library forgets the token', async (t) => {
  const { fake, chat, fatal, log } = await openFixture(t);
  fake.fault({ method: 'POST', path: '/messages', status: 401 });
  await assert.rejects(chat.post(inOps, '1/card', cards.help));
  await assert.rejects(chat.post(inOps, '2/card', cards.help));
  assert.equal(fatal.length, 1);
  assert.match(fatal[0]?.message ?? '', /401.*DISCORD_TOKEN/);
  assert.ok(log.some((line) => line.startsWith('error')));
});

test('a wrong token ends the start with a clear error', async (t) => {
  const { fake, chat, fatal } = await openFixture(t, {}, { start: false });
  fake.credentials.token = 'another';
  await assert.rejects(chat.start(), /token is not valid/);
  assert.equal(fatal.length, 1);
});

for (const [code, why] of [
  [4004, /token is not valid/],
  [4014, /intent is not allowed/],
] as const) {
  test(`a gateway that turns Drover away with ${code} ends the start with a clear error`, async (t) => {
    const { fake, chat, fatal, log } = await openFixture(t, {}, { start: false });
    fake.gateway.turnAway(code);
    await assert.rejects(chat.start(), why);
    assert.equal(fatal.length, 1);
    assert.match(fatal[0]?.message ?? '', why);
    assert.ok(log.some((line) => line.startsWith('error') && why.test(line)));
  });
}

test('a Discord that cannot be reached at the start is asked again', async (t) => {
  const { fake, chat, fatal, log } = await openFixture(t, {}, { start: false });
  fake.fault({ path: '/gateway/bot', status: 503 });
  await chat.start();
  assert.deepEqual([fatal, chat.health()], [[], { connected: true, fatal: null }]);
  assert.ok(log.some((line) => line.includes('asking again')));
});

test('a gateway that cuts connections for a while is connected to again', async (t) => {
  const { fake, inbound, fatal } = await openFixture(t);
  fake.gateway.refuse(3);
  fake.gateway.drop();
  await until('the session goes on', () => fake.gateway.counts().resumed >= 1, 30_000);
  await fake.user(ALICE).slash(OPS, 'vm', 'list');
  await until('the line', () => inbound.length === 1);
  assert.deepEqual(fatal, []);
});

test('commands that cannot be registered do not keep Drover from working, and the log says why', async (t) => {
  const { fake, chat, log, inbound } = await openFixture(t, {}, { start: false });
  fake.fault({ method: 'GET', path: '/commands', status: 403, code: 50_001 });
  await chat.start();
  assert.ok(log.some((line) => line.startsWith('error') && line.includes('applications.commands')));
  fake.user(ALICE).mention(OPS, 'list');
  await until('the line', () => inbound.length === 1);
});

test('no privileged intent is asked for', async (t) => {
  const { fake, fatal } = await openFixture(t, { grantedIntents: 0 });
  assert.equal(fake.gateway.connected(), 1);
  assert.deepEqual(fatal, []);
});

test('commands are created once, left alone when nothing changed, and changed when something did', async (t) => {
  const { fake, chat, another } = await openFixture(t);
  assert.deepEqual([fake.world.creates, fake.world.commands.length], [1, 1]);
  const writes = () =>
    fake.world.requests.filter(({ method, path }) => method !== 'GET' && path.includes('/commands')).length;
  assert.equal(writes(), 1);
  await chat.close();
  const second = await another();
  assert.equal(writes(), 1);
  await second.close();
  const [command] = fake.world.commands;
  if (command !== undefined) command.description = 'Something else';
  fake.world.commands.push({ id: '1', name: 'old', description: 'left over', type: 1, guild_id: fake.guildId });
  await another();
  assert.equal(fake.world.creates, 1);
  assert.deepEqual(
    fake.world.commands.map(({ name, description }) => [name, description]),
    [['vm', 'See and operate virtual machines']],
  );
  assert.deepEqual(fake.violations, []);
});

test('an acknowledgement whose answer is lost is not a second answer, and the command runs', async (t) => {
  const { fake, inbound } = await openFixture(t);
  fake.fault({ path: '/callback', dropAfter: true });
  await fake.user(ALICE).slash(OPS, 'vm', 'list');
  await until('the line', () => inbound.length === 1);
  // The second answer is the very retry that a lost answer makes necessary.
  assert.ok(fake.violations.every((why) => why.includes('answered twice')));
});

test('an acknowledgement that came too late does nothing: the person was told that it failed', async (t) => {
  const { fake, inbound, log } = await openFixture(t, { ackDeadlineMs: 300 });
  fake.fault({ path: '/callback', delay: 600 });
  await fake.user(ALICE).slash(OPS, 'vm', 'delete', { vm: 'web-01' });
  await until('the line in the log', () => log.some((line) => line.includes('not acted on')));
  assert.deepEqual(inbound, []);
  assert.equal(fake.world.timeouts.length, 1);
});

test('an acknowledgement survives a 5xx and a cut connection', async (t) => {
  const { fake, inbound } = await openFixture(t);
  fake.fault({ path: '/callback', status: 500 });
  fake.fault({ path: '/callback', drop: true });
  const { state } = await fake.user(ALICE).slash(OPS, 'vm', 'list');
  assert.equal(state, 'deferred');
  await until('the line', () => inbound.length === 1);
});

test('no token of an interaction and no token of the bot gets into the log', async (t) => {
  const { fake, chat, log } = await openFixture(t);
  const { token } = await fake.user(ALICE).slash(OPS, 'vm', 'list');
  fake.fault({ path: '/webhooks/', status: 500, times: 10 });
  await chat.whisper(inOps, { platform: 'discord', id: ALICE }, cards.help);
  assert.ok(log.length > 0);
  assert.ok(log.every((line) => !line.includes(token) && !line.includes(fake.credentials.token)));
  const dm = [...fake.world.channels.values()].find(({ kind }) => kind === 'dm');
  assert.match(textOf(fake.messages(dm?.id ?? '')[0] ?? { content: '', components: [] }), /What you can ask/);
});
