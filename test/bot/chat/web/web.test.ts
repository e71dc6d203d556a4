import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { LIMITS } from '../../../../bot/chat/web/limits.ts';
import { cards } from '../cards.ts';
import { OPS, signIn, startChat, tempStore, visit } from './chat.ts';

/** Asked twice: the first may meet a connection of the server before, as kept open by the client. */
async function sessionStatus(origin: string, cookie: string): Promise<number> {
  const ask = async () => (await fetch(`${origin}/session`, { headers: { Cookie: cookie } })).status;
  return ask().catch(ask);
}

test('a line is stored as the person’s message, then handed on with what a thread can hang on', async (t) => {
  const store = tempStore(t);
  const started = await startChat({ store });
  const alice = await visit(t, started, 'alice');
  const first = await alice.say('  vm list  ', { id: '0b8f1a52-9f3f-4c53-8d7d-9a8f1f6f1c11' });
  assert.deepEqual(started.received, [
    {
      kind: 'line',
      eventId: '0b8f1a52-9f3f-4c53-8d7d-9a8f1f6f1c11',
      from: { platform: 'web', id: 'alice' },
      place: OPS,
      message: 'ops/0000000001',
      address: '127.0.0.1',
      text: 'vm list',
    },
  ]);
  assert.equal(first.body.message, 'ops/0000000001');
  await alice.say('and now', { thread: 'ops/0000000001' });
  await alice.say('an answer to the answer', { thread: 'ops/0000000002' });
  assert.deepEqual(
    started.received.map(({ place, message }) => [place.thread, message]),
    [
      [null, 'ops/0000000001'],
      ['ops/0000000001', 'ops/0000000002'],
      ['ops/0000000001', 'ops/0000000003'],
    ],
  );
  assert.equal((await store.list('web/message/ops/')).length, 3);
});

test('a line that is sent again is one message with one event id', async (t) => {
  const store = tempStore(t);
  let broken = true;
  const ids: string[] = [];
  const receive = async ({ eventId }: { eventId: string }) => {
    ids.push(eventId);
    if (broken) throw new Error('the inbox is full');
  };
  const reports: unknown[] = [];
  const started = await startChat({ store, receive, report: (error) => reports.push(error) });
  const alice = await visit(t, started, 'alice');
  const id = randomUUID();
  const failed = await alice.say('vm list', { id });
  assert.equal(failed.status, 500);
  assert.match(failed.body.error ?? '', /may try again/);
  assert.equal(reports.length, 1);
  broken = false;
  assert.equal((await alice.say('vm list', { id })).body.message, 'ops/0000000001');
  assert.deepEqual(ids, [id, id]);
  assert.equal((await store.list('web/message/')).length, 1);
});

test('what does not fit is refused with a sentence', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const alice = await visit(t, started, 'alice');
  assert.equal((await alice.say('x'.repeat(LIMITS.lineLength))).status, 202);
  const long = await alice.say('x'.repeat(LIMITS.lineLength + 1));
  assert.deepEqual(long, { status: 400, body: { error: 'a line has 1 to 2000 characters' } });
  assert.equal((await alice.say('   ')).status, 400);
  assert.equal((await alice.say('hi', { channel: 'secret' })).status, 404);
  assert.equal((await alice.say('hi', { thread: 'team-a/0000000001' })).status, 404);
  assert.equal((await alice.post('/lines', { text: 'x'.repeat(LIMITS.bodyBytes) })).status, 413);
  const nobody = await visit(t, started, 'mallory');
  assert.equal((await nobody.say('hi')).status, 401);
});

test('a person who sends too much is asked to wait, and nobody else is', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const [alice, bob] = [await visit(t, started, 'alice'), await visit(t, started, '王')];
  for (let line = 0; line < LIMITS.linesPerWindow; line += 1) assert.equal((await alice.say(`${line}`)).status, 202);
  const refused = await alice.say('one more');
  assert.equal(refused.status, 429);
  assert.match(refused.body.error ?? '', /^that is more than 20 in 10 s; go on in \d+ s$/);
  assert.equal((await bob.say('mine')).status, 202);
});

test('a card is posted once for its key, also when two try at once', async (t) => {
  const store = tempStore(t);
  const { chat } = await startChat({ store });
  const ids = await Promise.all([1, 2, 3].map(() => chat.post(OPS, 'request/12', cards.waiting)));
  const other = await Promise.all([4, 5, 6].map((n) => chat.post(OPS, `request/${n}`, cards.help)));
  assert.deepEqual(new Set(ids).size, 1);
  assert.equal(new Set([...ids, ...other]).size, 4);
  assert.equal((await store.list('web/message/')).length, 4);
  await assert.rejects(chat.edit(OPS, 'ops/0000000099', cards.help), /there is no such message/);
});

test('pages get a snapshot, then each message and each edit', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const id = await started.chat.post(OPS, 'k1', cards.waiting);
  const events = await (await visit(t, started, 'alice')).events();
  const snapshot = await events.next();
  assert.equal(snapshot.name, 'snapshot');
  assert.equal(JSON.parse(snapshot.data).channels[0].messages[0].content.card.title, cards.waiting.title);
  await started.chat.edit(OPS, id, cards.succeeded);
  const edited = JSON.parse((await events.next()).data);
  assert.equal(edited.id, id);
  assert.equal(edited.content.card.title, cards.succeeded.title);
  await (await visit(t, started, 'bob')).say('hello');
  assert.deepEqual(JSON.parse((await events.next()).data).author, { kind: 'person', id: 'bob' });
});

test('a page that comes back gets what it missed and nothing twice', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const alice = await visit(t, started, 'alice');
  const first = await alice.events();
  await first.next();
  await started.chat.post(OPS, 'k1', cards.waiting);
  const seen = await first.next();
  first.stop();
  const missed = await started.chat.post(OPS, 'k2', cards.help);
  const witness = await (await visit(t, started, 'bob')).events();
  await witness.next();
  await started.chat.post(OPS, 'k3', cards.help);
  await witness.next();
  const second = await alice.events(seen.id);
  assert.equal((await second.next()).name, 'resumed');
  assert.equal(JSON.parse((await second.next()).data).id, missed);
  const unknown = await alice.events('another-start.7');
  assert.equal((await unknown.next()).name, 'snapshot');
});

test('a whisper reaches its addressee alone, also after a reload', async (t) => {
  const store = tempStore(t);
  const started = await startChat({ store });
  const [alice, bob] = [await visit(t, started, 'alice'), await visit(t, started, 'bob')];
  const [toAlice, toBob] = [await alice.events(), await bob.events()];
  const firstOfBob = await toBob.next();
  await toAlice.next();
  await started.chat.whisper(OPS, { platform: 'web', id: 'alice' }, cards.refused);
  await started.chat.post(OPS, 'k1', cards.help);
  assert.equal((await toAlice.next()).name, 'whisper');
  assert.equal((await toBob.next()).name, 'message');
  const reloaded = JSON.parse((await (await alice.events()).next()).data);
  assert.equal(reloaded.whispers[0].card.title, cards.refused.title);
  assert.equal(reloaded.whispers[0].expires - reloaded.whispers[0].created, 15 * 60_000);
  assert.deepEqual(JSON.parse((await (await bob.events()).next()).data).whispers, []);
  const resumed = await bob.events(firstOfBob.id);
  assert.deepEqual([(await resumed.next()).name, (await resumed.next()).name], ['resumed', 'message']);
  assert.equal(
    (await store.list('web/')).some(({ value }) => JSON.stringify(value).includes('pay-db-01')),
    false,
  );
});

test('a press carries the plan that the person saw, from the card that shows it', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const bob = await visit(t, started, 'bob');
  const root = (await bob.say('vm create web-01')).body.message ?? '';
  const place = { ...OPS, thread: root };
  const message = await started.chat.post(place, 'k1', cards.waiting);
  const press = { id: randomUUID(), message, request: 12, digest: 'as-seen', verb: 'reject', input: ' too big ' };
  assert.equal((await bob.post('/presses', press)).status, 202);
  const { id: eventId, ...rest } = { ...press, input: 'too big' };
  const from = { platform: 'web', id: 'bob' };
  assert.deepEqual(started.received[1], { kind: 'press', eventId, from, place, address: '127.0.0.1', ...rest });
  assert.equal((await bob.post('/presses', { ...press, request: 13 })).status, 404);
  assert.equal((await bob.post('/presses', { ...press, message: root })).status, 404);
  assert.equal((await bob.post('/presses', { ...press, verb: 'sudo' })).status, 400);
});

test('buttons of a whisper work for its addressee alone', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const [alice, bob] = [await visit(t, started, 'alice'), await visit(t, started, 'bob')];
  await started.chat.whisper(OPS, { platform: 'web', id: 'alice' }, cards.unknown);
  const snapshot = JSON.parse((await (await alice.events()).next()).data);
  const { id: message } = snapshot.whispers[0];
  const press = { id: randomUUID(), message, request: 15, digest: '', verb: 'adopt', input: '' };
  assert.equal((await bob.post('/presses', press)).status, 404);
  assert.equal((await alice.post('/presses', press)).status, 202);
});

test('after a restart with the same store and token everything goes on, with a new token nothing does', async (t) => {
  const store = tempStore(t);
  const first = await startChat({ store });
  const cookie = await signIn(first.url);
  await (await visit(t, first, 'alice')).say('vm list');
  const port = Number(new URL(first.url).port);
  await first.chat.close();
  const second = await startChat({ store, port });
  assert.equal(await sessionStatus(second.origin, cookie), 200);
  const alice = await visit(t, second, 'alice');
  assert.equal(JSON.parse((await (await alice.events()).next()).data).channels[0].messages[0].content.text, 'vm list');
  assert.equal((await alice.say('again')).body.message, 'ops/0000000002');
  await second.chat.close();
  const third = await startChat({ store, port, token: 'f'.repeat(32) });
  assert.equal(await sessionStatus(third.origin, cookie), 403);
});

test('long channels come in pages, with the roots of threads that began earlier', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const alice = await visit(t, started, 'alice');
  const root = await started.chat.post(OPS, 'root', cards.help);
  for (let n = 0; n < LIMITS.messagesPerPage; n += 1) await started.chat.post(OPS, `k${n}`, cards.received);
  await started.chat.post({ ...OPS, thread: root }, 'reply', cards.help);
  const [ops] = JSON.parse((await (await alice.events()).next()).data).channels;
  assert.equal(ops.messages.length, LIMITS.messagesPerPage + 1);
  assert.equal(ops.messages[0].id, root);
  const query = new URLSearchParams({ channel: 'ops', before: ops.older });
  const headers = { Cookie: await signIn(started.url), 'X-Drover-Person': 'alice' };
  const older = await (await fetch(`${started.origin}/messages?${query}`, { headers })).text();
  assert.deepEqual(
    JSON.parse(older).messages.map(({ id }: { id: string }) => id),
    [root, 'ops/0000000002'],
  );
  assert.equal(JSON.parse(older).older, null);
});

test('closing ends the streams', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const events = await (await visit(t, started, 'alice')).events();
  await events.next();
  await started.chat.close();
  assert.equal((await events.next()).name, 'end');
  await assert.rejects(fetch(started.origin));
});
