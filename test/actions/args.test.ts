import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { z } from 'zod';
import { DiskGiB, MemoryMiB, Owner, Selector, seconds, Tags, VmName, VolumeName, whole } from '../../actions/args.ts';

const Grace = seconds({ min: 5, max: 900 });
const Vcpus = whole({ min: 1, max: 64 });

const right: [string, z.ZodType, unknown, unknown][] = [
  ['a plain name', VmName, 'web-01', 'web-01'],
  ['a name in another script', VmName, '数据库01', '数据库01'],
  ['a name whose script needs marks', VmName, 'दिल्ली-1', 'दिल्ली-1'],
  ['a name in parts, put together (NFC)', VmName, 'café', 'café'],
  ['the longest name', VmName, 'a'.repeat(63), 'a'.repeat(63)],
  ['GiB of memory', MemoryMiB, '8GiB', 8192],
  ['a fraction that gives whole MiB', MemoryMiB, '1.5 gib', 1536],
  ['memory without a unit, in MiB', MemoryMiB, '512', 512],
  ['memory as a number, in MiB', MemoryMiB, 512, 512],
  ['a disk without a unit, in GiB', DiskGiB, '20', 20],
  ['a disk in TiB', DiskGiB, '2TiB', 2048],
  ['a disk in MiB that are whole GiB', DiskGiB, '2048MiB', 2],
  ['minutes', Grace, '2m', 120],
  ['a duration of parts', Grace, '1m30s', 90],
  ['seconds without a unit', Grace, '90', 90],
  ['a count as text', Vcpus, '4', 4],
  ['tags as text, sorted', Tags, 'tier=web env=dev', { env: 'dev', tier: 'web' }],
  ['tags as a list, values with spaces and commas', Tags, ['note=a b, c=d'], { note: 'a b, c=d' }],
  ['a tag called like a method of objects', Tags, ['constructor=x'], { constructor: 'x' }],
  ['no tags', Tags, '', {}],
  ['a selector', Selector, 'state=running,owner=team-a', { owner: 'team-a', state: 'running' }],
  ['an owner with a space', Owner, 'Ada Lovelace', 'Ada Lovelace'],
  ['an image', VolumeName, 'debian 12 (golden).qcow2', 'debian 12 (golden).qcow2'],
];

for (const [what, schema, raw, value] of right) {
  test(`${what} is understood: ${JSON.stringify(raw)}`, () => assert.deepEqual(schema.parse(raw), value));
}

const wrong: [string, z.ZodType, unknown, string | null][] = [
  ['an empty name', VmName, '', null],
  ['a name that looks like an option', VmName, '-web', 'web'],
  ['a name that hides as a file', VmName, '.web', 'web'],
  ['a path', VmName, '../etc/passwd', 'etc-passwd'],
  ['a name with a line break', VmName, 'web\n01', 'web-01'],
  ['a name that turns its direction', VmName, 'web\u202e10', 'web10'],
  ['a name with an invisible letter', VmName, 'web\u3164', 'web'],
  ['a name with half a character', VmName, 'web\ud800', 'web'],
  ['a name of 64 characters', VmName, 'a'.repeat(64), 'a'.repeat(63)],
  ['a name of more than 200 bytes', VmName, '𐐀'.repeat(51), null],
  ['a unit that has two meanings', MemoryMiB, '8GB', '8GiB'],
  ['too little memory', MemoryMiB, '64MiB', '128MiB'],
  ['too much memory', MemoryMiB, '99TiB', '4TiB'],
  ['a fraction of a MiB', MemoryMiB, 512.5, '513MiB'],
  ['a negative size', MemoryMiB, '-1', null],
  ['an exponent', MemoryMiB, '1e9', null],
  ['infinite memory', MemoryMiB, Number.POSITIVE_INFINITY, null],
  ['a fraction of a GiB of disk', DiskGiB, '1500MiB', '2GiB'],
  ['too short', Grace, '1s', '5s'],
  ['too long', Grace, '1h30m', '15m'],
  ['months', Grace, '1y', null],
  ['no CPU', Vcpus, '0', '1'],
  ['half a CPU', Vcpus, '1.5', null],
  ['a tag without a value', Tags, 'env', null],
  ['a tag twice', Tags, 'env=a env=b', null],
  ['a tag that selectors use', Tags, 'owner=team-a', null],
  ['a tag key with a bad letter', Tags, 'Größe=1', null],
  ['a tag value of 64 characters', Tags, `env=${'x'.repeat(64)}`, null],
  ['a tag value that is not printable', Tags, ['env=a\u0007'], null],
  ['seventeen tags', Tags, Array.from({ length: 17 }, (_, n) => `k${n}=v`).join(' '), null],
  ['a state that does not exist', Selector, 'state=runing', 'state=running'],
  ['an owner of blanks', Owner, '   ', null],
  ['an image elsewhere', VolumeName, '../secret.qcow2', null],
  ['an image that is a list', VolumeName, ['a'], null],
];

for (const [what, schema, raw, instead] of wrong) {
  test(`${what} is refused: ${JSON.stringify(raw).slice(0, 40)}`, () => {
    const read = schema.safeParse(raw);
    assert.equal(read.success, false);
    const issue = read.error?.issues[0];
    assert.ok(issue !== undefined);
    const offered = issue.code === 'custom' ? (issue.params?.instead ?? null) : null;
    if (instead !== null) assert.equal(offered, instead);
  });
}

test('what is offered instead of a wrong value is right', () => {
  for (const [what, schema, , instead] of wrong) {
    if (instead !== null) assert.ok(schema.safeParse(instead).success, `${what}: ${instead}`);
  }
});

const schemas: Record<string, z.ZodType> = {
  VmName,
  Owner,
  VolumeName,
  MemoryMiB,
  DiskGiB,
  Grace,
  Vcpus,
  Tags,
  Selector,
};
const sizes = fc.tuple(
  fc.integer({ min: 0, max: 99_999 }),
  fc.constantFrom('', 'MiB', 'GiB', 'TiB', 's', 'm', 'h30m', 'd'),
);
const pairs = fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.string({ maxLength: 8, unit: 'grapheme' })), {
  maxLength: 4,
});
const given = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.stringMatching(/^[a-z0-9.-]{1,70}$/),
  sizes.map(([count, unit]) => `${count}${unit}`),
  pairs.map((list) => list.map(([key, value]) => `${key}=${value}`)),
  pairs.map((list) => Object.fromEntries(list)),
);

for (const [name, schema] of Object.entries(schemas)) {
  test(`${name} read again from its own JSON is the same`, () => {
    fc.assert(
      fc.property(given, (raw) => {
        const once = schema.safeParse(raw);
        if (!once.success) return;
        const again: unknown = JSON.parse(JSON.stringify(once.data));
        assert.deepEqual(schema.parse(again), once.data);
      }),
      { numRuns: 400 },
    );
  });
}
