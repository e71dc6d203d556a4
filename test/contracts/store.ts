/** What every store promises; run on each implementation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Store, Writes } from '../../bot/store/store.ts';

const NOTHING: Writes = { guards: [], puts: [], deletes: [] };
const put = (...keys: string[]): Writes => ({ ...NOTHING, puts: keys.map((key) => ({ key, value: key })) });

export function storeContract(name: string, open: () => Promise<Store>): void {
  const of = (what: string, run: (store: Store) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const store = await open();
      try {
        await run(store);
      } finally {
        await store.close();
      }
    });
  const keys = async (store: Store, prefix: string, page = {}) =>
    (await store.list(prefix, page)).map(({ key }) => key);

  of('what is not there is null', async (store) => {
    assert.equal(await store.get('a'), null);
    assert.deepEqual(await store.list('a'), []);
  });

  of('any JSON comes back as it went in', async (store) => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1 }),
        fc.json().filter((json) => !json.includes('__proto__')),
        async (key, text) => {
          const value = JSON.parse(text); // -0 is written as 0, as JSON does
          await store.transact({ ...NOTHING, puts: [{ key: `x/${key}`, value }] });
          assert.equal(JSON.stringify((await store.get(`x/${key}`))?.value), JSON.stringify(value));
        },
      ),
      { numRuns: 100 },
    );
  });

  of('a value that was read is a copy', async (store) => {
    const value = { list: [1] };
    await store.transact({ ...NOTHING, puts: [{ key: 'a', value }] });
    value.list.push(2);
    assert.deepEqual((await store.get('a'))?.value, { list: [1] });
  });

  of('every transaction that writes has a higher revision, and its entries carry it', async (store) => {
    const first = await store.transact(put('a', 'b'));
    const second = await store.transact(put('b'));
    assert.ok(first.kind === 'written' && second.kind === 'written' && second.revision > first.revision);
    assert.equal((await store.get('a'))?.revision, first.revision);
    assert.equal((await store.get('b'))?.revision, second.revision);
  });

  of('a guard on an absent key holds only as long as it is absent', async (store) => {
    const guarded: Writes = { ...put('a'), guards: [{ key: 'a', revision: null }] };
    assert.equal((await store.transact(guarded)).kind, 'written');
    assert.deepEqual(await store.transact(guarded), { kind: 'conflict', key: 'a' });
  });

  of('a guard on a revision holds only until the next write, also one of the same value', async (store) => {
    await store.transact(put('a'));
    const seen = await store.get('a');
    const guarded: Writes = { ...put('b'), guards: [{ key: 'a', revision: seen?.revision ?? null }] };
    assert.equal((await store.transact(guarded)).kind, 'written');
    await store.transact(put('a'));
    assert.deepEqual(await store.transact(guarded), { kind: 'conflict', key: 'a' });
    await store.transact({ ...NOTHING, deletes: ['a'] });
    assert.deepEqual(await store.transact(guarded), { kind: 'conflict', key: 'a' });
  });

  of('one guard that fails keeps everything from being written', async (store) => {
    await store.transact(put('a', 'old'));
    const written = await store.transact({
      guards: [
        { key: 'b', revision: null },
        { key: 'a', revision: null },
      ],
      puts: [{ key: 'b', value: 1 }],
      deletes: ['old'],
    });
    assert.deepEqual(written, { kind: 'conflict', key: 'a' });
    assert.deepEqual(await keys(store, ''), ['a', 'old']);
  });

  of('of many guarded writers at once exactly one wins each round', async (store) => {
    for (let round = 0; round < 10; round += 1) {
      const guards = [{ key: `r${round}`, revision: null }];
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, value) =>
          store.transact({ guards, puts: [{ key: `r${round}`, value }], deletes: [] }),
        ),
      );
      assert.equal(all.filter(({ kind }) => kind === 'written').length, 1);
    }
  });

  of('a list is in the order of keys, of its prefix alone, in pages, forwards and back', async (store) => {
    const own = Array.from({ length: 25 }, (_, n) => `op/${String(n).padStart(3, '0')}`);
    await store.transact(put(...own.toReversed(), 'op', 'open/1', 'oq/1', 'o', 'op0'));
    assert.deepEqual(await keys(store, 'op/'), own);
    assert.deepEqual(await keys(store, 'op/', { reverse: true }), own.toReversed());
    assert.deepEqual(await keys(store, 'op/', { limit: 3 }), own.slice(0, 3));
    for (const reverse of [false, true]) {
      const read: string[] = [];
      for (let page = await keys(store, 'op/', { limit: 7, reverse }); page.length > 0; ) {
        read.push(...page);
        page = await keys(store, 'op/', { limit: 7, reverse, after: page.at(-1) });
      }
      assert.deepEqual(read, reverse ? own.toReversed() : own);
    }
  });

  of('keys may hold any letters', async (store) => {
    await store.transact(put('inbox/web/héllo 世界 😀', 'inbox/web/%_*', 'inbox/web/\'"'));
    assert.equal((await keys(store, 'inbox/web/')).length, 3);
    assert.deepEqual(await keys(store, 'inbox/web/%'), ['inbox/web/%_*']);
  });

  of('a watcher hears of every write under its prefix, at least once, after it, and of nothing else', async (store) => {
    const heard: string[] = [];
    const watching = store.watch('op/', (changed) => heard.push(...changed));
    await store.transact(put('op/1', 'open/1'));
    await store.transact({ ...NOTHING, deletes: ['op/1'] });
    await store.transact({ ...put('op/2'), guards: [{ key: 'open/1', revision: null }] });
    await store.transact(put('op/3'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(new Set(heard), new Set(['op/1', 'op/3']));
    watching.stop();
    await store.transact(put('op/4'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(!heard.includes('op/4'));
  });
}
