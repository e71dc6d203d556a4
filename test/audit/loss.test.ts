/** The audit folder, or its end, is gone at a start: it is refused and says so, until the folder is back or the loss accepted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openAuditLog } from '../../audit/log.ts';
import { fieldOf, type ParsedRecord } from '../../audit/parse.ts';
import { AuditUnavailable } from '../../audit/record.ts';
import { searchLog } from '../../audit/search.ts';
import { openAnchoredLog } from '../../bot/audit-anchor.ts';
import { openSqliteStore } from '../../bot/store/sqlite.ts';
import type { Store } from '../../bot/store/store.ts';
import { openWorld } from '../journeys/world.ts';
import { entryOf, linesOf, openLog, problemsOf, replaceLines, tempDirectory, verify } from './support.ts';

interface Place {
  directory: string;
  saved: string;
  store: Store;
}

/** Where a log with its anchor was written, closed, and saved. */
async function usedPlace(t: TestContext): Promise<Place> {
  const state = tempDirectory(t);
  const place = {
    directory: join(state, 'audit'),
    saved: join(state, 'saved'),
    store: openSqliteStore(join(state, 'db')),
  };
  t.after(() => place.store.close());
  const { log } = await start(place);
  for (let n = 0; n < 5; n += 1) await log.append(entryOf(n));
  await log.close();
  cpSync(place.directory, place.saved, { recursive: true });
  return place;
}

async function start({ directory, store }: Place) {
  const warnings: string[] = [];
  const log = await openAnchoredLog({ directory, warn: (message) => warnings.push(message) }, store);
  return { log, warnings };
}

function restore({ directory, saved }: Place): void {
  rmSync(directory, { recursive: true, force: true });
  cpSync(saved, directory, { recursive: true });
}

async function lossIn(directory: string): Promise<ParsedRecord> {
  for await (const record of searchLog({ directory, type: 'ANOM_RBAC_INTEGRITY_FAIL', order: 'oldest' })) return record;
  assert.fail('no loss on record');
}

const remove = (directory: string) => rmSync(directory, { recursive: true });

/** A log that somebody else has made, with as many records. */
async function replaceByAnother(directory: string): Promise<void> {
  const other = `${directory}-other`;
  const log = await openAuditLog({ directory: other, warn: assert.fail });
  for (let n = 0; n < 9; n += 1) await log.append(entryOf(n));
  await log.close();
  remove(directory);
  renameSync(other, directory);
}

const losses: [title: string, lose: (directory: string) => void | Promise<void>, said: RegExp][] = [
  ['the folder is gone', remove, /there is no log, but records through 8 of the log with key SHA256:\S+ were durable/],
  [
    'all in the folder is gone',
    (d) => execFileSync('sh', ['-c', `rm -rf ${d}/*`]),
    /there is no log, but records through 8/,
  ],
  [
    'audit.log is moved away',
    (d) => renameSync(join(d, 'audit.log'), join(d, 'sav')),
    /there is no log, but records through 8/,
  ],
  [
    'audit.log is emptied',
    (d) => writeFileSync(join(d, 'audit.log'), ''),
    /the log ends at record 0, but records through 8/,
  ],
  [
    'the last records are cut off',
    (d) => replaceLines(d, linesOf(d).slice(0, 4)),
    /the log ends at record 4, but records through 8/,
  ],
  ['the log is another one', replaceByAnother, /this is another log, with key SHA256:\S+, but records through 8/],
];

for (const [title, lose, said] of losses) {
  test(`when ${title}, the start is refused, changes no file, and goes on where the folder is restored`, async (t) => {
    const place = await usedPlace(t);
    await lose(place.directory);
    const left = existsSync(place.directory) ? contentsOf(place.directory) : [];
    for (let again = 0; again < 2; again += 1) {
      await assert.rejects(start(place), (error) => {
        assert.ok(error instanceof AuditUnavailable);
        assert.match(error.message, said);
        assert.match(error.message, /Put its files back into .*audit-loss-accepted/);
        return true;
      });
    }
    assert.deepEqual(contentsOf(place.directory), left);
    restore(place);
    const { log, warnings } = await start(place);
    await log.append(entryOf(99));
    await log.close();
    assert.deepEqual(warnings, []);
    assert.deepEqual(problemsOf(await verify(place.directory)), []);
  });

  test(`when ${title} and an operator accepts it, one start goes on and puts the loss on record`, async (t) => {
    const place = await usedPlace(t);
    await lose(place.directory);
    writeFileSync(`${place.directory}-loss-accepted`, 'the disk died, ticket 812\n');
    const { log, warnings } = await start(place);
    await log.append(entryOf(99));
    await log.close();
    assert.match(warnings.join(), said);
    const loss = await lossIn(place.directory);
    assert.match(fieldOf(loss, 'problem') ?? '', said);
    assert.equal(fieldOf(loss, 'reason'), 'the disk died, ticket 812');
    assert.deepEqual(problemsOf(await verify(place.directory)), []);
    const second = await start(place);
    await second.log.close();
    assert.deepEqual(second.warnings, []);
    remove(place.directory);
    await assert.rejects(start(place), AuditUnavailable);
  });
}

/** What counts of a folder; the lock and the ballast are made anew at each start. */
function contentsOf(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && !['lock', 'ballast'].includes(entry.name))
    .map((entry) => `${entry.name} ${readFileSync(join(entry.parentPath, entry.name), 'latin1')}`)
    .sort();
}

test('a log that was changed in its middle is not taken for a shorter one: it goes on and says so', async (t) => {
  const place = await usedPlace(t);
  replaceLines(
    place.directory,
    linesOf(place.directory).map((line, n) => (n === 3 ? line.replace('alice', 'malory') : line)),
  );
  const { log, warnings } = await start(place);
  await log.close();
  assert.match(warnings.join(), /breaks after serial 3/);
});

test('records that were written since the head was last remembered are no loss', async (t) => {
  const place = await usedPlace(t);
  const running = await openLog(t, { directory: place.directory });
  await running.log.append(entryOf(1));
  await running.log.close();
  const { log, warnings } = await start(place);
  await log.close();
  assert.deepEqual(warnings, []);
});

test('Drover does not start over an emptied audit folder, and starts again over the restored one', async (t) => {
  const directory = tempDirectory(t);
  const first = await openWorld(t, { directory });
  await first.drover.begin();
  await first.drover.stop(0);
  const audit = join(first.stateDir, 'audit');
  renameSync(audit, `${audit}-saved`);
  mkdirSync(audit);
  await assert.rejects(openWorld(t, { directory }), /there is no log, but records through \d+/);
  rmSync(audit, { recursive: true });
  renameSync(`${audit}-saved`, audit);
  const second = await openWorld(t, { directory });
  await second.drover.begin();
  assert.ok(second.drover.audit.head().serial > first.drover.audit.head().serial);
});
