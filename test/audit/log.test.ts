/** The writer on a healthy disk: batches, rotation, restart, clock, keys, one writer at a time. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readKeys } from '../../audit/key.ts';
import { openAuditLog } from '../../audit/log.ts';
import { fieldOf, type ParsedRecord, parseLine } from '../../audit/parse.ts';
import { AuditUnavailable } from '../../audit/record.ts';
import { verifyLog } from '../../audit/verify.ts';
import { entryOf, linesOf, openLog, problemsOf, tempDirectory, verify } from './support.ts';

const DAY_MS = 86_400_000;

function recordsOf(directory: string): ParsedRecord[] {
  return linesOf(directory).map((line) => {
    const parsed = parseLine(line);
    assert.ok(parsed.kind === 'record', line);
    return parsed.record;
  });
}

function opsOf(directory: string): (string | null)[] {
  return recordsOf(directory).map((record) => fieldOf(record, 'op'));
}

test('callers at once share batches and get serials in the order of their calls', async (t) => {
  const directory = tempDirectory(t);
  const { log } = await openLog(t, { directory });
  const done = await Promise.all(Array.from({ length: 500 }, (_, n) => log.append(entryOf(n))));
  const serials = done.map(({ serial }) => serial);
  assert.deepEqual(
    serials,
    Array.from({ length: 500 }, (_, n) => (serials[0] ?? 0) + n),
  );
  const written = recordsOf(directory).filter(({ request }) => request !== null);
  assert.deepEqual(
    written.map(({ request, serial }) => [request, serial]),
    serials.map((serial, n) => [n, serial]),
  );
});

test('what append has acknowledged is in the file at that moment, and head names it', async (t) => {
  const directory = tempDirectory(t);
  const { log } = await openLog(t, { directory });
  const { serial } = await log.append(entryOf(1));
  const last = recordsOf(directory).at(-1);
  assert.equal(last?.serial, serial);
  assert.deepEqual(log.head(), { serial, chain: last?.chain });
});

test('serial and chain run on through restarts and rotations, and nothing is deleted', async (t) => {
  const directory = tempDirectory(t);
  for (let start = 0; start < 3; start += 1) {
    const log = await openAuditLog({ directory, maxLogFileMiB: 0.01, warn: assert.fail });
    for (let n = 0; n < 40; n += 1) await log.append(entryOf(n));
    await log.close();
  }
  const records = recordsOf(directory);
  assert.deepEqual(
    records.map(({ serial }) => serial),
    records.map((_, n) => n + 1),
  );
  assert.equal(records.filter(({ request }) => request !== null).length, 120);
  const files = readdirSync(directory).filter((name) => name.startsWith('audit.log'));
  assert.ok(files.length > 3, files.join());
  for (const name of files) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, name === 'audit.log' ? 0o600 : 0o400);
  }
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a rotated-in file begins with the head of the file before it', async (t) => {
  const directory = tempDirectory(t);
  const { log } = await openLog(t, { directory, maxLogFileMiB: 0.01 });
  for (let n = 0; n < 40; n += 1) await log.append(entryOf(n));
  const before = readFileSync(join(directory, 'audit.log.1'), 'latin1').trimEnd().split('\n').at(-1) ?? '';
  const first = readFileSync(join(directory, 'audit.log'), 'latin1').split('\n')[0] ?? '';
  assert.match(first, /op=log-rotate/);
  assert.equal(/prev-head=(\S+)/.exec(first)?.[1], / chain=([\w-]+)/.exec(before)?.[1]);
});

test('a clock that is set back stops time in the log, on record once', async (t) => {
  const directory = tempDirectory(t);
  let nowMs = Date.UTC(2026, 10, 22, 12);
  const { log } = await openLog(t, { directory, now: () => nowMs });
  await log.append(entryOf(1));
  nowMs -= 3_600_000;
  for (const n of [2, 3]) await log.append(entryOf(n));
  nowMs += 3_700_000;
  await log.append(entryOf(4));
  nowMs -= 200; // as a time server does
  await log.append(entryOf(5));
  const steps = recordsOf(directory).filter((record) => fieldOf(record, 'op') === 'clock-step');
  assert.deepEqual(
    steps.map((record) => fieldOf(record, 'delta-ms')),
    ['-3600000'],
  );
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a clock that is set back while Drover is down is on record too', async (t) => {
  const directory = tempDirectory(t);
  const noon = Date.UTC(2026, 10, 22, 12);
  await (await openAuditLog({ directory, now: () => noon, warn: assert.fail })).close();
  const { log } = await openLog(t, { directory, now: () => noon - 60_000 });
  await log.append(entryOf(1));
  assert.ok(opsOf(directory).includes('clock-step'));
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a seal comes after so many records and so much time, also when nothing happens', async (t) => {
  const directory = tempDirectory(t);
  let nowMs = Date.UTC(2026, 10, 22, 12);
  const { log } = await openLog(t, { directory, now: () => nowMs, checkpointEvery: { records: 10, seconds: 5 } });
  const seals = () => opsOf(directory).filter((op) => op === 'checkpoint').length;
  const before = seals();
  await Promise.all(Array.from({ length: 95 }, (_, n) => log.append(entryOf(n))));
  assert.equal(seals() - before, 9);
  nowMs += 5000;
  await log.append(entryOf(96));
  assert.equal(seals() - before, 10);

  const idle = tempDirectory(t);
  const quiet = await openLog(t, { directory: idle, checkpointEvery: { records: 10, seconds: 0.02 } });
  while (quiet.log.head().serial < 6) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(new Set(opsOf(idle)), new Set(['key-create', 'checkpoint']));
});

test('each day has its key; the old one signs the new one and is gone', async (t) => {
  const directory = tempDirectory(t);
  let nowMs = Date.UTC(2026, 10, 22, 23, 59, 59, 990);
  const { log } = await openLog(t, { directory, now: () => nowMs });
  const pin = (await readKeys(directory))?.pin ?? assert.fail('no key');
  const keyFile = () => readFileSync(join(directory, 'key', 'current'), 'utf8');
  const keys = [keyFile()];
  for (const days of [1, 1, 5]) {
    await log.append(entryOf(days));
    nowMs += days * DAY_MS;
    await log.append(entryOf(days));
    keys.push(keyFile());
  }
  await log.close();
  assert.equal(new Set(keys).size, 4);
  assert.deepEqual(readdirSync(join(directory, 'key')), ['current']);
  assert.equal(statSync(join(directory, 'key', 'current')).mode & 0o777, 0o600);
  assert.equal(opsOf(directory).filter((op) => op === 'key-rotate').length, 3);
  assert.deepEqual(problemsOf(await verify(directory, pin)), []);
  assert.equal((await readKeys(directory))?.pin, pin);
});

test('a restart on another day goes on with a new key', async (t) => {
  const directory = tempDirectory(t);
  const noon = Date.UTC(2026, 10, 22, 12);
  for (const days of [0, 3, 4]) {
    const log = await openAuditLog({ directory, now: () => noon + days * DAY_MS, warn: assert.fail });
    await log.append(entryOf(days));
    await log.close();
  }
  const verdict = await verifyLog({ directory, pin: null, anchors: [], notBefore: noon + 4 * DAY_MS });
  assert.deepEqual(problemsOf(verdict), []);
});

test('a second writer is refused, in this process and in another, until the first is gone', async (t) => {
  const directory = tempDirectory(t);
  const { log } = await openLog(t, { directory });
  await assert.rejects(openAuditLog({ directory, warn: assert.fail }), AuditUnavailable);
  const script = `
    import { openAuditLog } from ${JSON.stringify(join(import.meta.dirname, '../../audit/log.ts'))};
    try { await openAuditLog({ directory: process.argv[1], warn: () => {} }); console.log('opened'); }
    catch (error) { console.log(error.name); }`;
  const other = () =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script, directory], { encoding: 'utf8' }).stdout.trim();
  assert.equal(other(), 'AuditUnavailable');
  await log.append(entryOf(1));
  await log.close();
  // It opens, and ends although it never closes: no timer keeps a process alive.
  assert.equal(other(), 'opened');
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a bad entry is a bug of its caller alone', async (t) => {
  const directory = tempDirectory(t);
  const { log } = await openLog(t, { directory });
  const good = log.append(entryOf(1));
  await assert.rejects(log.append(entryOf(2, { fields: [['failures', 3]] })), /field failures/);
  assert.equal((await good).serial, recordsOf(directory).at(-1)?.serial);
  assert.deepEqual(await log.status(), { kind: 'writing' });
});

test('a closed log takes nothing', async (t) => {
  const { log } = await openLog(t, { directory: tempDirectory(t) });
  const last = log.append(entryOf(1));
  await log.close();
  await last;
  await assert.rejects(log.append(entryOf(2)), AuditUnavailable);
});
