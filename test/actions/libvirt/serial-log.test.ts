/** The tail of a serial log. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSerialTail } from '../../../actions/libvirt/serial-log.ts';

test('the tail is the end of the file, cut at a character', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'drover-serial-'));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, 'web.log');
  await writeFile(path, 'booting\ngrüße');
  assert.equal(await readSerialTail(path, 100), 'booting\ngrüße');
  assert.equal(await readSerialTail(path, 4), 'ße'); // ü would be half
  assert.equal(await readSerialTail(path, 0), '');
});

test('a log that is not there yet is empty; one that cannot be read is an error', async () => {
  assert.equal(await readSerialTail('/nowhere/web.log', 10), '');
  await assert.rejects(readSerialTail('/', 10), { code: 'failed' });
});
