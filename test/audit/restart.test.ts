/** What a start finds after a crash, and after somebody's hands. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readKeys } from '../../audit/key.ts';
import { AuditUnavailable } from '../../audit/record.ts';
import { appendBytes, entryOf, linesOf, openLog, problemsOf, replaceLines, tempDirectory, verify } from './support.ts';

/** The directory as a process that was killed leaves it: seven records, then no seal. */
async function crashed(t: TestContext, options: { maxLogFileMiB?: number; records?: number } = {}): Promise<string> {
  const directory = tempDirectory(t);
  const { maxLogFileMiB = 8, records = 5 } = options;
  const { log } = await openLog(t, { directory: join(directory, 'running'), maxLogFileMiB });
  for (let n = 0; n < records; n += 1) await log.append(entryOf(n));
  const copy = join(directory, 'crashed');
  cpSync(join(directory, 'running'), copy, { recursive: true, filter: (path) => !path.endsWith('lock') });
  await log.close();
  return copy;
}

async function goesOn(t: TestContext, directory: string): Promise<string[]> {
  const { log, warnings } = await openLog(t, { directory });
  await log.append(entryOf(99));
  await log.close();
  const requests = linesOf(directory).flatMap((line) => /ses=(\d+) /.exec(line)?.[1] ?? []);
  assert.ok(requests.includes('99'));
  return warnings;
}

const torn: [title: string, bytes: string][] = [
  ['half a line', "type=USER_CMD msg=audit(1795377661.066:8): pid=1 uid=0 auid=4294967295 ses=1 msg='op=exec res=succ"],
  ['zeros of a block that was never written', '\0'.repeat(4096)],
  ['a line without its line feed', 'x'],
  ['whole lines behind a hole', `${'\0'.repeat(300)}\ntype=USER_CMD\ntype=`],
];

for (const [title, bytes] of torn) {
  test(`after a crash ${title} is set aside, and the log goes on without a gap`, async (t) => {
    const directory = await crashed(t);
    appendBytes(directory, bytes);
    const warnings = await goesOn(t, directory);
    assert.match(warnings.join(), new RegExp(`${bytes.length} bytes of a batch that a crash cut short`));
    const kept = readdirSync(directory).find((name) => name.startsWith('torn-')) ?? assert.fail('nothing set aside');
    assert.equal(readFileSync(join(directory, kept), 'latin1'), bytes);
    assert.ok(linesOf(directory).some((line) => line.includes(`op=log-recovered torn-bytes=${bytes.length} `)));
    assert.deepEqual(problemsOf(await verify(directory)), []);
  });
}

test('the last line cut anywhere loses that line and no other', async (t) => {
  const directory = await crashed(t);
  const whole = readFileSync(join(directory, 'audit.log'));
  const start = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
  for (const length of [start + 1, start + 100, whole.length - 1]) {
    const copy = `${directory}-${length}`;
    cpSync(directory, copy, { recursive: true });
    truncateSync(join(copy, 'audit.log'), length);
    await goesOn(t, copy);
    assert.deepEqual(linesOf(copy).slice(0, 6), linesOf(directory).slice(0, 6));
    assert.deepEqual(problemsOf(await verify(copy)), []);
  }
});

const move = (directory: string, from: string, to: string) => renameSync(join(directory, from), join(directory, to));

const rotations: [title: string, crash: (directory: string) => void][] = [
  ['after its first renaming', (d) => move(d, 'audit.log.2', 'audit.log.3')],
  ['after all renaming but the last', (d) => [2, 1].map((n) => move(d, `audit.log.${n}`, `audit.log.${n + 1}`))],
  ['before audit.log was made again', (d) => rmSync(join(d, 'audit.log'))],
  ['before audit.log had its first record', (d) => truncateSync(join(d, 'audit.log'), 0)],
];

for (const [title, crash] of rotations) {
  test(`a rotation that a crash ended ${title} is finished at the start`, async (t) => {
    const directory = await crashed(t, { maxLogFileMiB: 0.01, records: 60 });
    crash(directory);
    assert.deepEqual(await goesOn(t, directory), []);
    const files = readdirSync(directory).filter((name) => name.startsWith('audit.log'));
    assert.deepEqual(files, ['audit.log', 'audit.log.1', 'audit.log.2']);
    assert.deepEqual(problemsOf(await verify(directory)), []);
  });
}

test('a start before whose first record the machine died begins anew', async (t) => {
  const directory = tempDirectory(t);
  const { log } = await openLog(t, { directory });
  await log.close();
  writeFileSync(join(directory, 'audit.log'), 'type=CRYPTO_KEY');
  await goesOn(t, directory);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a key that was staged for a day that never came on record is dropped', async (t) => {
  const directory = await crashed(t);
  writeFileSync(join(directory, 'key', 'next'), readFileSync(join(directory, 'key', 'current')));
  const before = await readKeys(directory);
  await goesOn(t, directory);
  assert.equal((await readKeys(directory))?.pin, before?.pin);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a staged key that is on record becomes the current one', async (t) => {
  const directory = await crashed(t);
  renameSync(join(directory, 'key', 'current'), join(directory, 'key', 'next'));
  writeFileSync(join(directory, 'key', 'current'), 'overwritten');
  await goesOn(t, directory);
  assert.deepEqual(readdirSync(join(directory, 'key')), ['current']);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a log without its key is not continued', async (t) => {
  const directory = await crashed(t);
  rmSync(join(directory, 'key'), { recursive: true });
  await assert.rejects(openLog(t, { directory }), (error) => {
    assert.ok(error instanceof AuditUnavailable);
    assert.match(error.message, /is not the key SHA256:\S+ that signs this log/);
    return true;
  });
});

test('what was sealed and changed is not cut away: the log goes on and says so, and verify finds it', async (t) => {
  const directory = await crashed(t);
  await goesOn(t, directory);
  const lines = linesOf(directory);
  const edited = lines.map((line, n) => (n === 3 ? line.replace('alice', 'malory') : line));
  replaceLines(directory, edited);
  const warnings = await goesOn(t, directory);
  assert.match(warnings.join(), /breaks after serial 3, in records that were durable/);
  assert.deepEqual(linesOf(directory).slice(0, lines.length), edited);
  assert.ok(linesOf(directory).some((line) => line.startsWith('type=ANOM_RBAC_INTEGRITY_FAIL')));
  const verdict = await verify(directory);
  assert.ok(verdict.kind === 'broken');
  assert.deepEqual([verdict.problems[0]?.serial, verdict.problems.length], [4, 1]);
});
