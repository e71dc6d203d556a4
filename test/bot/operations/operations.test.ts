import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { createOperations } from '../../../bot/operations/operations.ts';
import { OPERATION_STATES } from '../../../bot/operations/states.ts';
import type { Store } from '../../../bot/store/store.ts';
import { anOperation, memoryStore, NOTHING, operationsWith } from './fixture.ts';

let store: Store;
beforeEach(() => {
  store = memoryStore();
});

const keys = async (prefix: string) => (await store.list(prefix)).map(({ key }) => key);

test('an operation is created once', async () => {
  const operations = createOperations(store);
  assert.equal(await operations.create(anOperation(), NOTHING), true);
  assert.equal(await operations.create(anOperation({ line: 'another' }), NOTHING), false);
  assert.equal((await operations.get(1))?.operation.line, 'vm create web-01');
});

test('what goes with its creation is written with it or not at all', async () => {
  const operations = await operationsWith(store, anOperation());
  const also = { ...NOTHING, puts: [{ key: 'with', value: true }] };
  assert.equal(await operations.create(anOperation(), also), false);
  assert.equal(await store.get('with'), null);
  await operations.create(anOperation({ request: 2 }), also);
  assert.equal((await store.get('with'))?.value, true);
});

test('a hundred updates at once all count', async () => {
  const operations = await operationsWith(store, anOperation());
  const note = (at: number) => ({ at, text: `note ${at}` });
  await Promise.all(
    Array.from({ length: 100 }, (_, at) => operations.update(1, ({ notes }) => ({ notes: [...notes, note(at)] }))),
  );
  const notes = (await operations.get(1))?.operation.notes ?? [];
  assert.deepEqual(
    notes.map(({ at }) => at).sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, at) => at),
  );
});

test('of many who end it at once one does, and the others learn that', async () => {
  const operations = await operationsWith(store, anOperation({ state: 'waiting' }));
  const ends = ['rejected', 'expired', 'withdrawn', 'queued'] as const;
  const all = await Promise.all(
    [...ends, ...ends].map((to) => operations.update(1, ({ state }) => (state === 'waiting' ? { state: to } : null))),
  );
  assert.equal(all.filter((now) => now !== null).length, 1);
});

test('a state change that the table does not allow throws and writes nothing', async () => {
  const operations = await operationsWith(store, anOperation({ state: 'failed' }));
  await assert.rejects(
    operations.update(1, () => ({ state: 'succeeded' })),
    /no way from failed to succeeded/,
  );
  assert.equal((await operations.get(1))?.operation.state, 'failed');
});

test('an operation is listed as open until it is over', async () => {
  const operations = await operationsWith(store, anOperation(), anOperation({ request: 2, state: 'waiting' }));
  assert.deepEqual(
    (await operations.open()).map(({ operation }) => operation.request),
    [1, 2],
  );
  await operations.update(1, () => ({ state: 'denied' }));
  assert.deepEqual(
    (await operations.open()).map(({ operation }) => operation.request),
    [2],
  );
});

test('every write marks the thread as not up to date', async () => {
  const operations = await operationsWith(store, anOperation());
  await store.transact({ ...NOTHING, deletes: ['unsynced/0000000001'] });
  await operations.update(1, () => ({ expiresAt: 5 }));
  assert.deepEqual(await keys('unsynced/'), ['unsynced/0000000001']);
});

test('an update that changes its mind writes nothing', async () => {
  const operations = await operationsWith(store, anOperation());
  const before = await operations.get(1);
  assert.equal(await operations.update(1, () => null), null);
  assert.equal((await operations.get(1))?.revision, before?.revision);
  assert.equal(await operations.update(99, () => ({ expiresAt: 1 })), null);
});

test('locks are taken all or none', async () => {
  const one = anOperation({ request: 1, state: 'queued', targets: ['b'] });
  const two = anOperation({ request: 2, state: 'queued', targets: ['a', 'b', 'c'] });
  const operations = await operationsWith(store, one, two);
  assert.deepEqual(await operations.acquire(one), { kind: 'acquired' });
  assert.deepEqual(await operations.acquire(two), { kind: 'locked', by: 1, target: 'b' });
  assert.deepEqual(await keys('lock/'), ['lock/b']);
});

test('locks that overlap in any order never deadlock, and each target has one holder', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }), { minLength: 2, maxLength: 6 }),
      async (wanted) => {
        const own = memoryStore();
        const all = wanted.map((targets, at) => anOperation({ request: at + 1, state: 'queued', targets }));
        const operations = await operationsWith(own, ...all);
        const got = await Promise.all(all.map((operation) => operations.acquire(operation)));
        const holders = all.filter((_, at) => got[at]?.kind === 'acquired');
        const held = holders.flatMap(({ targets }) => targets);
        assert.ok(holders.length > 0);
        assert.equal(new Set(held).size, held.length, 'no target is held twice');
        assert.deepEqual(
          (await own.list('lock/')).map(({ key }) => key),
          held.map((target) => `lock/${target}`).sort(),
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('to lock again what one holds does nothing', async () => {
  const one = anOperation({ state: 'queued' });
  const operations = await operationsWith(store, one);
  await operations.acquire(one);
  assert.deepEqual(await operations.acquire(one), { kind: 'acquired' });
});

test("a release drops one's own locks and nobody else's", async () => {
  const one = anOperation({ request: 1, state: 'queued', targets: ['a'] });
  const two = anOperation({ request: 2, state: 'queued', targets: ['a', 'b'] });
  const operations = await operationsWith(store, one, two);
  await operations.acquire(one);
  await operations.release(two);
  assert.deepEqual(await keys('lock/'), ['lock/a']);
  await operations.release(one);
  assert.deepEqual(await keys('lock/'), []);
});

for (const state of OPERATION_STATES) {
  const stays = state === 'running' || state === 'unknown';
  test(`at a start the lock of an operation that is ${state} ${stays ? 'stays' : 'is dropped'}`, async () => {
    const operations = await operationsWith(store, anOperation({ state }));
    await store.transact({ ...NOTHING, puts: [{ key: 'lock/web-01', value: 1 }] });
    await operations.dropStaleLocks();
    assert.equal((await store.get('lock/web-01')) !== null, stays);
  });
}

test('at a start the lock of an operation that nobody knows is dropped', async () => {
  const operations = createOperations(store);
  await store.transact({ ...NOTHING, puts: [{ key: 'lock/web-01', value: 12 }] });
  await operations.dropStaleLocks();
  assert.deepEqual(await keys('lock/'), []);
});

for (const [from, to, kept] of [
  ['running', 'succeeded', false],
  ['running', 'failed', false],
  ['running', 'cancelled', false],
  ['running', 'unknown', true],
  ['unknown', 'running', true],
  ['unknown', 'succeeded', false],
  ['queued', 'running', true],
  ['queued', 'waiting', false],
  ['queued', 'cancelled', false],
] as const) {
  test(`from ${from} to ${to} it ${kept ? 'keeps' : 'drops'} its locks in the same transaction`, async () => {
    const operation = anOperation({ state: from });
    const operations = await operationsWith(store, operation);
    await operations.acquire(operation);
    const seen = new Promise<string[]>((resolve) => store.watch('', resolve));
    await operations.update(1, () => ({ state: to }));
    assert.equal((await seen).includes('lock/web-01'), !kept);
    assert.deepEqual(await keys('lock/'), kept ? ['lock/web-01'] : []);
  });
}

test('an end never drops the lock that another holds by now', async () => {
  const operations = await operationsWith(store, anOperation({ state: 'running' }));
  await store.transact({ ...NOTHING, puts: [{ key: 'lock/web-01', value: 2 }] });
  await operations.update(1, () => ({ state: 'failed' }));
  assert.equal((await store.get('lock/web-01'))?.value, 2);
});

test('the newest come first, as many as asked for', async () => {
  const all = [1, 2, 11, 100].map((request) => anOperation({ request }));
  const operations = await operationsWith(store, ...all);
  assert.deepEqual(
    (await operations.recent(3)).map(({ request }) => request),
    [100, 11, 2],
  );
});
