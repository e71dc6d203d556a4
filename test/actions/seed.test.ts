import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { writeIso } from '../../actions/iso9660.ts';
import { hostnameOf, nocloudSeed } from '../../actions/seed.ts';

const UUID = '1a2b3c4d-0000-4000-8000-000000000000';

/** What a reader that is not ours finds in the image. */
function extract(image: Uint8Array): Record<string, Buffer> {
  const dir = mkdtempSync(join(tmpdir(), 'seed-'));
  try {
    writeFileSync(join(dir, 'seed.iso'), image);
    execFileSync('xorriso', ['-osirrox', 'on', '-indev', join(dir, 'seed.iso'), '-extract', '/', join(dir, 'out')], {
      stdio: 'pipe',
    });
    const names = readdirSync(join(dir, 'out'));
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, 'out', name))]));
  } finally {
    spawnSync('chmod', ['-R', 'u+w', dir]);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The 8.3 names, as a reader that does not know Joliet sees them. */
function listPrimary(image: Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), 'seed-'));
  try {
    writeFileSync(join(dir, 'seed.iso'), image);
    const args = ['-read_fs', 'nojoliet', '-indev', join(dir, 'seed.iso'), '-lsl', '/'];
    return execFileSync('xorriso', args, { stdio: 'pipe' }).toString();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('the seed has the label and the files that cloud-init looks for', () => {
  const seed = nocloudSeed({ instanceId: UUID, hostname: 'web-01' });
  assert.equal(
    Buffer.from(seed.subarray(16 * 2048 + 40, 16 * 2048 + 72))
      .toString('latin1')
      .trimEnd(),
    'cidata',
  );
  const files = extract(seed);
  assert.deepEqual(Object.keys(files).sort(), ['meta-data', 'network-config', 'user-data']);
  assert.deepEqual(parse(String(files['meta-data'])), { 'instance-id': UUID, 'local-hostname': 'web-01' });
  assert.match(String(files['user-data']), /^#cloud-config\n/);
  assert.equal(parse(String(files['network-config'])).version, 2);
});

test('readers without Joliet find the same files under short names', () => {
  const listed = listPrimary(nocloudSeed({ instanceId: UUID, hostname: 'web-01' }));
  for (const name of ['METADATA', 'NETWORKC', 'USERDATA']) assert.match(listed, new RegExp(name, 'i'));
});

test('the same seed has the same bytes, so that an upload may be done again', () => {
  const make = () => nocloudSeed({ instanceId: UUID, hostname: 'web-01' });
  assert.deepEqual(make(), make());
});

test('files of every size around a sector come out as they went in', () => {
  const sizes = [0, 1, 2047, 2048, 2049, 5000];
  const files = sizes.map((size, n) => ({
    name: `file-${n}-with-a-long-name`,
    shortName: `FILE${n}`,
    content: Buffer.alloc(size, n + 1),
  }));
  const found = extract(writeIso('cidata', files));
  for (const file of files) assert.deepEqual(found[file.name], file.content, file.name);
});

test('directory records have an even length, as the standard wants', () => {
  const image = nocloudSeed({ instanceId: UUID, hostname: 'web-01' });
  for (const sector of [23, 24]) {
    let records = 0;
    for (let at = sector * 2048; image[at] !== 0; at += image[at] ?? 0) {
      assert.equal((image[at] ?? 1) % 2, 0);
      records++;
    }
    assert.equal(records, 5);
  }
});

test('files that do not fit in the directory are a fault, not a broken image', () => {
  const many = Array.from({ length: 60 }, (_, n) => ({ name: `f${n}`, shortName: `F${n}`, content: Buffer.alloc(1) }));
  assert.throws(() => writeIso('cidata', many), /do not fit/);
});

test('the kernel mounts the seed and sees the true names', (t) => {
  const known = readFileSync('/proc/filesystems', 'utf8').includes('iso9660');
  if (!known || process.getuid?.() !== 0) return t.skip('needs root and a kernel with iso9660');
  const dir = mkdtempSync(join(tmpdir(), 'seed-'));
  const mount = join(dir, 'mnt');
  try {
    writeFileSync(join(dir, 'seed.iso'), nocloudSeed({ instanceId: UUID, hostname: 'web-01' }));
    execFileSync('mkdir', [mount]);
    execFileSync('mount', ['-o', 'loop,ro', join(dir, 'seed.iso'), mount]);
    assert.deepEqual(readdirSync(mount).sort(), ['meta-data', 'network-config', 'user-data']);
  } finally {
    spawnSync('umount', [mount]);
    rmSync(dir, { recursive: true, force: true });
  }
});

const hostnames = [
  ['web-01', 'web-01'],
  ['Web_01.dev', 'web-01-dev'],
  ['मशीन', 'xn--l2bly4b'],
  ['7', '7'],
  ['é'.repeat(63), 'vm-1a2b3c4d'],
] as const;

for (const [vm, hostname] of hostnames) {
  test(`the guest of ${vm.slice(0, 12)} is called ${hostname}`, () => assert.equal(hostnameOf(vm, UUID), hostname));
}

test('every name gives a host name that is one label of RFC 1123', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 70 }), (vm) => {
      assert.match(hostnameOf(vm, UUID), /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
    { numRuns: 1000 },
  );
});
