/** The log on a disk that fails: it refuses, loses nothing that it acknowledged, and recovers by itself. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AuditLog, AuditUnavailable } from '../../audit/record.ts';
import {
  entryOf,
  linesOf,
  mountTmpfs,
  NO_MOUNT,
  openLog,
  problemsOf,
  tempDirectory,
  unmount,
  verify,
  waitForStatus,
} from './support.ts';

/** Fills the file system to its last byte. */
function fillUp(directory: string): void {
  for (const size of [65536, 4096, 1]) {
    try {
      for (let n = 0; ; n += 1) writeFileSync(join(directory, `fill-${size}-${n}`), Buffer.alloc(size));
    } catch (error) {
      assert.match(String(error), /ENOSPC/);
    }
  }
}

function makeRoom(directory: string): void {
  for (const name of readdirSync(directory)) if (name.startsWith('fill-')) rmSync(join(directory, name));
}

/** Appends until the log refuses; the serials that were acknowledged. */
async function appendUntilRefused(log: AuditLog): Promise<number[]> {
  const serials: number[] = [];
  for (let n = 1; n < 5000; n += 1) {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => log.append(entryOf(n))));
    for (const result of results) if (result.status === 'fulfilled') serials.push(result.value.serial);
    const refusal = results.find((result) => result.status === 'rejected');
    if (refusal === undefined) continue;
    assert.ok(refusal.reason instanceof AuditUnavailable, String(refusal.reason));
    return serials;
  }
  assert.fail('never refused');
}

function serialsOf(directory: string): Set<number> {
  return new Set(linesOf(directory).map((line) => Number(/audit\(\d+\.\d+:(\d+)\)/.exec(line)?.[1])));
}

function assertHolds(directory: string, serials: readonly number[]): void {
  const there = serialsOf(directory);
  assert.deepEqual(
    serials.filter((serial) => !there.has(serial)),
    [],
  );
}

test('on a full disk appends are refused, the suspension is on record, and with room the log goes on', {
  skip: NO_MOUNT,
}, async (t) => {
  const mount = mountTmpfs(t, 256);
  const directory = join(mount, 'audit');
  const { log, warnings } = await openLog(t, { directory });
  const serials = await appendUntilRefused(log);
  assert.ok(serials.length > 50, String(serials.length));
  assert.equal((await log.status()).kind, 'suspended');
  await assert.rejects(log.append(entryOf(1)), /ENOSPC.*nothing was done/);
  const last = linesOf(directory).slice(-2);
  assert.match(last[0] ?? '', /^type=USYS_CONFIG .*op=log-suspended reason=[0-9A-F]+ .*res=failed/);
  assert.match(last[1] ?? '', /op=checkpoint/);
  assertHolds(directory, serials);
  assert.deepEqual(problemsOf(await verify(directory)), []);

  execFileSync('mount', ['-o', 'remount,size=1024k', mount]);
  await waitForStatus(log, 'writing');
  const { serial } = await log.append(entryOf(7));
  assertHolds(directory, [...serials, serial]);
  assert.ok(linesOf(directory).some((line) => /op=log-recovered refused-records=\d+ /.test(line)));
  assert.match(warnings.join('\n'), /suspended.*ENOSPC[\s\S]*written again/);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a disk that is full again and again never tears the log', { skip: NO_MOUNT }, async (t) => {
  const mount = mountTmpfs(t, 1024);
  const directory = join(mount, 'audit');
  const { log } = await openLog(t, { directory, maxLogFileMiB: 0.02 });
  const serials: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    fillUp(mount);
    serials.push(...(await appendUntilRefused(log)));
    assert.deepEqual(problemsOf(await verify(directory)), []);
    makeRoom(mount);
    await waitForStatus(log, 'writing');
    serials.push((await log.append(entryOf(1))).serial);
  }
  assertHolds(directory, serials);
  assert.equal(new Set(serials).size, serials.length);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a start on a full disk begins suspended and recovers', { skip: NO_MOUNT }, async (t) => {
  const mount = mountTmpfs(t, 512);
  const directory = join(mount, 'audit');
  const first = await openLog(t, { directory });
  const { serial } = await first.log.append(entryOf(1));
  await first.log.close();
  rmSync(join(directory, 'ballast'));
  fillUp(mount);
  const { log } = await openLog(t, { directory });
  assert.equal((await log.status()).kind, 'suspended');
  await assert.rejects(log.append(entryOf(2)), AuditUnavailable);
  makeRoom(mount);
  await waitForStatus(log, 'writing');
  assertHolds(directory, [serial, (await log.append(entryOf(3))).serial]);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a directory on a read-only file system cannot be opened', { skip: NO_MOUNT }, async (t) => {
  const directory = join(mountTmpfs(t, 512), 'audit');
  await (await openLog(t, { directory })).log.close();
  execFileSync('mount', ['-o', 'remount,ro', join(directory, '..')]);
  await assert.rejects(openLog(t, { directory }), AuditUnavailable);
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

/** An ext4 in a file, which can be made to fail as a bad disk does: it then turns read-only by itself. */
function mountExt4(t: TestContext): { mount: string; breakDown: () => void } {
  const folder = tempDirectory(t);
  const image = join(folder, 'image');
  const mount = mkdtempSync(join(tmpdir(), 'drover-audit-ext4-'));
  writeFileSync(image, Buffer.alloc(8 * 1024 * 1024));
  execFileSync('mkfs.ext4', ['-q', image]);
  execFileSync('mount', ['-o', 'loop,errors=remount-ro', image, mount]);
  t.after(() => unmount(mount));
  const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', mount], { encoding: 'utf8' }).trim();
  return { mount, breakDown: () => writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1') };
}

const NO_EXT4 = NO_MOUNT || whyNoExt4();

function whyNoExt4(): string | false {
  const needed = ['/usr/sbin/mkfs.ext4', '/sys/fs/ext4', '/dev/loop-control'];
  const missing = needed.filter((path) => !existsSync(path));
  return missing.length > 0 && `needs ${missing.join(', ')}`;
}

test('a file system that turns read-only under the log suspends it; nothing acknowledged is lost', {
  skip: NO_EXT4,
}, async (t) => {
  const { mount, breakDown } = mountExt4(t);
  const directory = join(mount, 'audit');
  const { log } = await openLog(t, { directory });
  const serials = [(await log.append(entryOf(1))).serial, (await log.append(entryOf(2))).serial];
  breakDown();
  await assert.rejects(log.append(entryOf(3)), AuditUnavailable);
  assert.equal((await log.status()).kind, 'suspended');
  assertHolds(directory, serials);
});

test('an idle log notices a read-only file system by its status', { skip: NO_EXT4 }, async (t) => {
  const { mount, breakDown } = mountExt4(t);
  const { log } = await openLog(t, { directory: join(mount, 'audit') });
  assert.deepEqual(await log.status(), { kind: 'writing' });
  breakDown();
  await waitForStatus(log, 'suspended');
});

test('a directory that was deleted takes no records, not even into a new one of the same name', async (t) => {
  const directory = join(tempDirectory(t), 'audit');
  const { log } = await openLog(t, { directory });
  await log.append(entryOf(1));
  rmSync(directory, { recursive: true });
  await assert.rejects(log.append(entryOf(2)), /audit\.log was removed/);
  assert.equal((await log.status()).kind, 'suspended');
  await assert.rejects(log.append(entryOf(3)), AuditUnavailable);
  assert.equal(existsSync(directory), false);
});

test('a log that was moved away goes on when it is put back', async (t) => {
  const directory = join(tempDirectory(t), 'audit');
  const { log } = await openLog(t, { directory });
  await log.append(entryOf(1));
  renameSync(directory, `${directory}-away`);
  await assert.rejects(log.append(entryOf(2)), AuditUnavailable);
  renameSync(`${directory}-away`, directory);
  await waitForStatus(log, 'writing');
  await log.append(entryOf(3));
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('a file that was replaced or shortened takes no records', async (t) => {
  for (const harm of [
    (path: string) => writeFileSync(path, ''),
    (path: string) => {
      renameSync(path, `${path}.old`);
      writeFileSync(path, 'another file\n');
    },
  ]) {
    const directory = tempDirectory(t);
    const { log } = await openLog(t, { directory });
    await log.append(entryOf(1));
    harm(join(directory, 'audit.log'));
    await assert.rejects(log.append(entryOf(2)), /was (?:replaced|shortened)/);
    assert.equal((await log.status()).kind, 'suspended');
  }
});

test('the ballast holds its space', { skip: NO_MOUNT }, async (t) => {
  const mount = mountTmpfs(t, 512);
  const before = statfsSync(mount).bfree;
  await openLog(t, { directory: join(mount, 'audit'), ballastKiB: 64 });
  assert.ok(before - statfsSync(mount).bfree >= 16);
});
