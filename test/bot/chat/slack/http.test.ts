/** The same things arrive over signed requests; what is not signed by Slack, or is old, does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, signedHeaders } from '../../../fakes/slack/delivery.ts';
import { cards } from '../cards.ts';
import { connect, inChannel, until } from './fixture.ts';

test('commands, mentions, messages, presses and forms arrive over HTTP', async (t) => {
  const { fake, chat, inbox } = await connect(t, { http: true });
  const alice = fake.user('UALICE');
  await chat.post(inChannel('C1'), 'a', cards.unknown);
  const [message] = fake.messages('C1');
  assert.ok(message);
  await alice.slash('C1', '/vm list');
  await alice.mention('C1', 'list');
  await alice.dm('list');
  await alice.press(message, 'drover:press:adopt:0');
  await alice.shortcut('vm_create');
  await until(() => JSON.stringify(alice.modal()?.view ?? '').includes('vCPUs'));
  await alice.submitModal({ name: 'not valid' });
  assert.deepEqual(alice.modal()?.errors, { name: 'use a-z, 0-9 and -' });
  await alice.submitModal({ name: 'web-01' });
  await until(() => inbox.length === 5);
  assert.deepEqual(
    inbox.map(({ kind }) => kind),
    ['line', 'line', 'line', 'press', 'line'],
  );
  assert.deepEqual(fake.world.timeouts, []);
  assert.deepEqual(chat.health(), { open: 1, fatal: null });
});

const payload = {
  type: 'events_api' as const,
  payload: {
    type: 'event_callback',
    event_id: 'Ev1',
    event: { type: 'app_mention', user: 'UALICE', text: 'x', ts: '1.1', channel: 'C1' },
    team_id: 'T0DROVER0',
  },
};
const now = () => Math.floor(Date.now() / 1000);
const forgeries = [
  { name: 'without a signature', headers: () => ({}) },
  { name: 'with a signature of another secret', headers: (body: string) => signedHeaders(body, 'other', now()) },
  { name: 'signed for another body', headers: (_: string, secret: string) => signedHeaders('{}', secret, now()) },
  {
    name: 'signed more than five minutes ago',
    headers: (body: string, secret: string) => signedHeaders(body, secret, now() - 301),
  },
];
for (const { name, headers } of forgeries) {
  test(`a request ${name} is answered 401 and does nothing`, async (t) => {
    const { fake, chat, inbox } = await connect(t, { http: true });
    const { body, contentType } = encode(payload);
    const response = await fetch(`http://127.0.0.1:${chat.port()}/slack/events`, {
      method: 'POST',
      body,
      headers: { 'content-type': contentType, ...headers(body, fake.signingSecret) },
    });
    assert.equal(response.status, 401);
    assert.deepEqual(inbox, []);
  });
}

test('a replay within five minutes arrives with the same event id', async (t) => {
  const { fake, chat, inbox } = await connect(t, { http: true });
  const { body, contentType } = encode(payload);
  const headers = { 'content-type': contentType, ...signedHeaders(body, fake.signingSecret, now()) };
  for (let at = 0; at < 2; at += 1) {
    const response = await fetch(`http://127.0.0.1:${chat.port()}/slack/events`, { method: 'POST', body, headers });
    assert.equal(response.status, 200);
  }
  await until(() => inbox.length === 2);
  assert.deepEqual(
    inbox.map(({ eventId }) => eventId),
    ['Ev1', 'Ev1'],
  );
});
