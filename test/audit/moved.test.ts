/** `audit.log` is moved away and back under a running log: no refused record is ever found in it, and it stays whole. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { openLiveFile } from '../../audit/live-file.ts';
import { appendBytes, entryOf, linesOf, openLog, problemsOf, tempDirectory, verify, waitForStatus } from './support.ts';

/** Numbers of the records that belong to a request. */
function requestsIn(directory: string): string[] {
  const numbers = linesOf(directory).flatMap((line) => / ses=(\d+) /.exec(line)?.[1] ?? []);
  return numbers.filter((number) => number !== '4294967295');
}

function mover(directory: string): { away(): void; back(): void } {
  const [path, saved] = [join(directory, 'audit.log'), join(directory, 'sav')];
  return { away: () => renameSync(path, saved), back: () => renameSync(saved, path) };
}

function startWriter(t: TestContext, directory: string): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer-told.ts'), directory]);
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
}

test('a record refused while the file is away is not in it, before and after it is put back', async (t) => {
  const directory = tempDirectory(t);
  const move = mover(directory);
  const { log } = await openLog(t, { directory });
  await log.append(entryOf(1));
  const before = readFileSync(join(directory, 'audit.log'));
  move.away();
  await assert.rejects(log.append(entryOf(2)), /audit\.log was removed/);
  move.back();
  assert.deepEqual(readFileSync(join(directory, 'audit.log')), before);
  assert.deepEqual(problemsOf(await verify(directory)), []);
  await waitForStatus(log, 'writing');
  await log.append(entryOf(3));
  assert.deepEqual(requestsIn(directory), ['1', '3']);
  assert.ok(linesOf(directory).some((line) => line.includes('op=log-recovered refused-records=1 ')));
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('moved away, one append, kill -9, moved back: the next start finds nothing wrong', async (t) => {
  const directory = tempDirectory(t);
  const move = mover(directory);
  const child = startWriter(t, directory);
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.write('go 1\n');
  assert.equal((await said.next()).value, '+1');
  move.away();
  child.stdin.write('go 2\n');
  assert.equal((await said.next()).value, '-2');
  await kill(child);
  move.back();
  const { log, warnings } = await openLog(t, { directory });
  await log.append(entryOf(3));
  assert.deepEqual(warnings, []);
  assert.deepEqual(requestsIn(directory), ['1', '3']);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('moved away under load and killed at any moment: acknowledged is there, refused is not, verify finds nothing', async (t) => {
  for (let round = 0; round < 12; round += 1) {
    const directory = tempDirectory(t);
    const move = mover(directory);
    const child = startWriter(t, directory);
    const told: string[] = [];
    child.stdin.write('load\n');
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(line);
      if (told.length === 20 + round) move.away();
      if (told.length === 20 + round + (round % 4)) child.kill('SIGKILL');
    }
    move.back();
    const { log } = await openLog(t, { directory });
    await log.append(entryOf(1));
    const there = new Set(requestsIn(directory));
    const of = (sign: string) => told.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
    assert.deepEqual([of('+').filter((n) => !there.has(n)), of('-').filter((n) => there.has(n))], [[], []]);
    assert.deepEqual(problemsOf(await verify(directory)), []);
    await log.close();
  }
});

const harms: [title: string, harm: (path: string) => void, where: string][] = [
  ['moved', (path) => renameSync(path, `${path}-away`), 'audit.log-away'],
  [
    'replaced',
    (path) => {
      renameSync(path, `${path}-away`);
      writeFileSync(path, 'another file\n');
    },
    'audit.log-away',
  ],
];

for (const [title, harm, where] of harms) {
  test(`what was being written while the file was ${title} is taken back where the file is now`, async (t) => {
    const directory = tempDirectory(t);
    const live = openLiveFile(directory);
    t.after(() => live.close());
    await live.append(Buffer.from('one\n'));
    const writing = live.append(Buffer.from('two\n')); // has looked for the file, and not yet a second time
    harm(join(directory, 'audit.log'));
    await assert.rejects(writing, /was (?:removed|replaced)/);
    assert.equal(readFileSync(join(directory, where), 'utf8'), 'one\n');
    assert.equal(live.size(), 4);
  });
}

test('what somebody else wrote into the file is not taken back with what failed', async (t) => {
  const directory = tempDirectory(t);
  const live = openLiveFile(directory);
  t.after(() => live.close());
  await live.append(Buffer.from('one\n'));
  appendBytes(directory, 'foreign\n');
  await live.append(Buffer.from('two\n'));
  const writing = live.append(Buffer.from('three\n'));
  renameSync(join(directory, 'audit.log'), join(directory, 'sav'));
  await assert.rejects(writing, /was removed/);
  assert.equal(readFileSync(join(directory, 'sav'), 'utf8'), 'one\nforeign\ntwo\n');
});

test('a refused batch that could not be taken back, and then a kill: the start keeps it aside and says so', async (t) => {
  const directory = tempDirectory(t);
  const first = await openLog(t, { directory });
  await first.log.append(entryOf(1));
  await first.log.close();
  appendBytes(directory, `${linesOf(directory).at(-2)}\n`); // a whole line of no seal, whose chain leads nowhere
  const { log, warnings } = await openLog(t, { directory });
  await log.append(entryOf(2));
  assert.match(warnings.join(), /of a batch that a crash cut short were moved to torn-/);
  assert.ok(linesOf(directory).some((line) => line.includes('op=log-recovered torn-bytes=')));
  assert.ok(!warnings.join().includes('breaks'));
  assert.deepEqual(problemsOf(await verify(directory)), []);
});
