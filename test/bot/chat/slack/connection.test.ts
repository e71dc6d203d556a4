/** Connections come and go; commands are still acknowledged within Slack's 3 s, events arrive, and a dead end is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DisconnectReason } from '../../../fakes/slack/socket.ts';
import { connect, inChannel, simpleCard, until } from './fixture.ts';

const reasons = ['warning', 'refresh_requested', 'cut'] as const satisfies DisconnectReason[];
for (const reason of reasons) {
  test(`twelve of twelve commands are acknowledged while connections end one after the other (${reason})`, async (t) => {
    const { fake, inbox } = await connect(t);
    const answers: Promise<unknown>[] = [];
    for (let at = 0; at < 12; at += 1) {
      if (at === 3 || at === 8) fake.disconnect(reason);
      answers.push(fake.user('UALICE').slash('C1', `/vm stop web-${at}`));
      await pause(50);
    }
    assert.ok((await Promise.all(answers)).every((answer) => answer !== null));
    assert.deepEqual(fake.world.timeouts, []);
    await until(() => inbox.length === 12 && fake.connected() === 2);
  });

  test(`both connections come back when both end at once (${reason})`, async (t) => {
    const { fake, inbox, chat } = await connect(t);
    fake.disconnect(reason, 'all');
    await until(() => fake.connected() === 2 && chat.health().open === 2);
    await fake.user('UALICE').slash('C1', '/vm list');
    await until(() => inbox.length === 1);
  });
}

test('a connection that goes silent is replaced, and meanwhile the other one answers', async (t) => {
  const { fake } = await connect(t);
  fake.disconnect('stall');
  assert.notEqual(await fake.user('UALICE').slash('C1', '/vm list'), null);
  await until(() => fake.connected() === 2);
});

test('an event that came while nobody was connected is delivered again, and arrives', async (t) => {
  const { fake, inbox } = await connect(t, { fake: { ackDeadlineMs: 300, eventRetryMs: [100, 300, 1_000, 3_000] } });
  fake.disconnect('cut', 'all');
  await fake.user('UALICE').mention('C1', 'list');
  await until(() => inbox.length === 1);
});

const openFaults = [
  { name: 'HTTP 503 three times', fault: { status: 503, times: 3 } },
  { name: 'connections cut', fault: { drop: true, times: 2 } },
  { name: 'internal_error twice', fault: { error: 'internal_error', times: 2 } },
];
for (const { name, fault } of openFaults) {
  test(`reconnecting goes on after ${name}`, async (t) => {
    const { fake, fatal } = await connect(t);
    fake.fault({ method: 'apps.connections.open', ...fault });
    fake.disconnect('refresh_requested', 'all');
    await until(() => fake.connected() === 2);
    assert.deepEqual(fatal, []);
  });
}

test('a 429 to a reconnect is waited out', async (t) => {
  const { fake } = await connect(t);
  fake.fault({ method: 'apps.connections.open', retryAfter: 1 });
  const opened = () => fake.world.requests.filter(({ method }) => method === 'apps.connections.open');
  fake.disconnect('refresh_requested');
  await until(() => fake.connected() === 2);
  const [, , early, late] = opened();
  assert.ok(early !== undefined && late !== undefined && late.at - early.at >= 1_000);
  assert.equal(opened().length, 4);
});

test('a start while Slack is down goes through when Slack is back', async (t) => {
  const { fake, chat, fatal } = await connect(t, { start: false });
  fake.fault({ method: 'auth.test', status: 503, times: 2 });
  fake.fault({ method: 'apps.connections.open', drop: true, times: 2 });
  await chat.start();
  await until(() => fake.connected() === 2);
  assert.deepEqual(fatal, []);
});

test('a refused bot token at the start ends in one clear line and a call to stop', async (t) => {
  const { chat, fatal, log } = await connect(t, { start: false, slack: { botToken: 'xoxb-wrong' } });
  await chat.start();
  assert.equal(fatal.length, 1);
  assert.match(log.find((line) => line.startsWith('error')) ?? '', /Slack cannot be used any more: .*invalid_auth/);
  assert.match(chat.health().fatal ?? '', /invalid_auth/);
});

test('a refused app token at the start ends in one clear line and a call to stop', async (t) => {
  const { chat, fatal, log } = await connect(t, {
    start: false,
    slack: { mode: { kind: 'socket', appToken: 'xapp-wrong' } },
  });
  await chat.start();
  assert.equal(fatal.length, 1);
  assert.equal(log.filter((line) => line.includes('cannot be used any more')).length, 1);
  assert.match(String(fatal[0]), /invalid_auth.*app token/);
});

test('a token that is refused at a reconnect ends in a call to stop, not in the end of the process', async (t) => {
  const { fake, fatal } = await connect(t);
  fake.fault({ method: 'apps.connections.open', error: 'invalid_auth', times: 9 });
  fake.disconnect('refresh_requested');
  await until(() => fatal.length === 1);
  fake.disconnect('refresh_requested', 'all');
  await pause(300);
  assert.equal(fatal.length, 1);
});

for (const error of ['token_revoked', 'account_inactive']) {
  test(`a token that is refused while it works (${error}) ends in a call to stop`, async (t) => {
    const { fake, chat, fatal } = await connect(t);
    fake.fault({ method: 'chat.postMessage', error });
    await assert.rejects(chat.post(inChannel('C1'), 'a', simpleCard('a')), new RegExp(error));
    assert.equal(fatal.length, 1);
  });
}
