import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { test } from 'node:test';
import { createWebChat } from '../../../../bot/chat/web/web.ts';
import { signIn, startChat, TOKEN, tempStore, visit } from './chat.ts';

function statusWithHost(origin: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}/?token=${TOKEN}`, { headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

test('strangers are kept out when the chat is made', (t) => {
  const good = { store: tempStore(t), receive: async () => {}, people: () => [], channels: ['ops'], port: 0 } as const;
  const make = (more: object) => () =>
    createWebChat({ ...good, channels: ['ops'], demo: true, host: '127.0.0.1', token: TOKEN, ...more });
  assert.throws(make({ demo: false }), /sign-in other than demo mode is not there yet/);
  assert.throws(make({ host: '0.0.0.0' }), /listens on this machine only/);
  assert.throws(make({ token: 'secret' }), /32 hexadecimal digits/);
  assert.throws(make({ channels: ['a/b'] }), /channel "a\/b"/);
});

test('only the address with the right token opens the page, and then its cookie does', async (t) => {
  const { url, origin } = await startChat({ store: tempStore(t) });
  for (const wrong of ['/', '/?token=', `/?token=${TOKEN.replace('0', '1')}`]) {
    const response = await fetch(origin + wrong);
    assert.equal(response.status, 403);
    assert.match(await response.text(), /terminal where it was started/);
    assert.equal(response.headers.get('set-cookie'), null);
  }
  const right = await fetch(url);
  assert.match(right.headers.get('set-cookie') ?? '', /; HttpOnly; SameSite=Strict$/);
  assert.doesNotMatch(right.headers.get('set-cookie') ?? '', new RegExp(TOKEN));
  const again = await fetch(origin, { headers: { Cookie: await signIn(url) } });
  assert.equal(again.status, 200);
  assert.match(again.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self';/);
  assert.doesNotMatch(await again.text(), /<script(?! type="module" src=)|style=|onload/);
});

test('without the cookie nothing can be read or sent', async (t) => {
  const { origin } = await startChat({ store: tempStore(t) });
  for (const path of ['/session', '/events?as=alice', '/messages?as=alice&channel=ops&before=ops/0000000001']) {
    assert.equal((await fetch(origin + path)).status, 403);
  }
  const headers = { 'X-Drover-Person': 'alice', 'Content-Type': 'application/json' };
  assert.equal((await fetch(`${origin}/lines`, { method: 'POST', headers, body: '{}' })).status, 403);
});

test('a page of another site gets nowhere, under whatever name it reaches this port', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const alice = await visit(t, started, 'alice');
  const line = () => ({ id: randomUUID(), channel: 'ops', thread: null, text: 'vm list' });
  for (const headers of [
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: 'http://evil.example' },
    { Origin: 'null' },
  ]) {
    assert.equal((await alice.post('/lines', line(), headers)).status, 403);
  }
  assert.equal((await alice.post('/lines', line(), { 'Content-Type': 'text/plain' })).status, 400);
  assert.equal(
    (await alice.post('/lines', line(), { Origin: started.origin, 'Sec-Fetch-Site': 'same-origin' })).status,
    202,
  );
  assert.equal(await statusWithHost(started.origin, 'evil.example'), 403);
  assert.equal(await statusWithHost(started.origin, '127.0.0.1.evil.example'), 403);
  assert.equal(await statusWithHost(started.origin, new URL(started.origin).host), 200);
  assert.equal(started.received.length, 1);
});
