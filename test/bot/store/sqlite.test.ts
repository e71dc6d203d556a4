/** What only a store on a disk can lose: kill -9 under load, a second process, a disk without room. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openSqliteStore } from '../../../bot/store/sqlite.ts';
import { StoreInUse } from '../../../bot/store/store.ts';
import { mountTmpfs, NO_MOUNT } from '../../audit/support.ts';

const KILLS = 20;
const WRITER = join(import.meta.dirname, 'writer-under-load.ts');

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'drover-store-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Lets a writer run until it has acknowledged `enough`, kills it, and gives the last number it acknowledged. */
function runAndKill(path: string, enough: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.split('\n').length > enough) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(output.split('\n').at(-2)));
      else reject(new Error(`the writer ended by itself: ${code}`));
    });
  });
}

test(`${KILLS} times kill -9 under load loses no acknowledged write and tears none`, async (t) => {
  const path = join(temporary(t), 'drover.db');
  for (let kill = 0; kill < KILLS; kill += 1) {
    const acknowledged = await runAndKill(path, 1 + ((kill * 37) % 200));
    const store = openSqliteStore(path);
    const last = Number((await store.get('last'))?.value);
    assert.ok(last >= acknowledged, `${acknowledged} was acknowledged, ${last} is the last`);
    const all = await store.list('n/');
    assert.equal(all.length, last, 'every transaction is there whole');
    await store.close();
  }
});

test('a second process is refused while the first lives, and let in when that is gone', async (t) => {
  const path = join(temporary(t), 'drover.db');
  const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  assert.throws(() => openSqliteStore(path), StoreInUse);
  child.kill('SIGKILL');
  await gone;
  await openSqliteStore(path).close();
});

test('a second opener in the same process is refused, too', async (t) => {
  const path = join(temporary(t), 'drover.db');
  const store = openSqliteStore(path);
  assert.throws(() => openSqliteStore(path), StoreInUse);
  await store.close();
  await openSqliteStore(path).close();
});

test('a full disk is an error that loses nothing, and with room writing goes on', { skip: NO_MOUNT }, async (t) => {
  const directory = mountTmpfs(t, 1024);
  const store = openSqliteStore(join(directory, 'drover.db'));
  t.after(() => store.close());
  await store.transact({ guards: [], puts: [{ key: 'kept', value: 'yes' }], deletes: [] });
  writeFileSync(join(directory, 'ballast'), Buffer.alloc(600 * 1024));

  const padding = 'x'.repeat(50_000);
  let written = 0;
  await assert.rejects(async () => {
    for (; written < 100; written += 1) {
      const puts = [
        { key: `fill/${written}`, value: padding },
        { key: 'count', value: written + 1 },
      ];
      await store.transact({ guards: [], puts, deletes: [] });
    }
  }, /full/);
  assert.ok(written > 0);
  assert.equal((await store.get('kept'))?.value, 'yes');
  assert.equal((await store.get('count'))?.value, written, 'the transaction that failed left nothing');
  assert.equal((await store.list('fill/')).length, written);

  rmSync(join(directory, 'ballast'));
  const puts = [{ key: 'again', value: true }];
  assert.equal((await store.transact({ guards: [], puts, deletes: [] })).kind, 'written');
  assert.equal((await store.get('again'))?.value, true);
});

test('what was written on a disk that filled up is there after a new start', { skip: NO_MOUNT }, async (t) => {
  const directory = mountTmpfs(t, 512);
  const path = join(directory, 'drover.db');
  const store = openSqliteStore(path);
  let written = 0;
  try {
    for (; written < 100; written += 1) {
      const puts = [{ key: `fill/${String(written).padStart(3, '0')}`, value: 'x'.repeat(20_000) }];
      await store.transact({ guards: [], puts, deletes: [] });
    }
  } catch {
    await store.close();
  }
  assert.ok(written > 0 && written < 100);
  const again = openSqliteStore(path);
  assert.equal((await again.list('fill/')).length, written);
  await again.close();
});
