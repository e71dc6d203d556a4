/** Asking the log: searches, reports, keys, export. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { auidOf } from '../../audit/auid.ts';
import { csvHeader, csvRow } from '../../audit/export.ts';
import { readKeys } from '../../audit/key.ts';
import { openAuditLog } from '../../audit/log.ts';
import { fieldOf, type ParsedRecord } from '../../audit/parse.ts';
import type { AuditEntry } from '../../audit/record.ts';
import { summarizeLog } from '../../audit/report.ts';
import { type Malformed, type SearchOptions, searchLog } from '../../audit/search.ts';
import { reportVirt } from '../../audit/virt.ts';
import { appendBytes, entryOf, linesOf, replaceLines, tempDirectory, UUID } from './support.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const OTHER = '6f8f8d0e-2b7e-4c39-9d3e-0a4b0f9f1a02';

const alice = { auid: auidOf(1), name: 'alice' };
const bob = { auid: auidOf(2), name: 'bob' };

function effect(op: string, reason: string, uuid: string, more: Partial<AuditEntry> = {}): AuditEntry {
  const vm = uuid === UUID ? 'web-01' : 'db-01';
  const fields = [
    ['virt', 'kvm'],
    ['op', op],
    ['reason', reason],
    ['vm', vm],
    ['uuid', uuid],
  ] as const;
  return entryOf(1, { type: 'VIRT_CONTROL', fields, ...more });
}

/** One entry a second from noon on. */
async function writeLog(t: TestContext, entries: readonly AuditEntry[], maxLogFileMiB = 8): Promise<string> {
  const directory = tempDirectory(t);
  let nowMs = NOON;
  const log = await openAuditLog({ directory, maxLogFileMiB, now: () => nowMs, warn: assert.fail });
  for (const entry of entries) {
    await log.append(entry);
    nowMs += 1000;
  }
  await log.close();
  return directory;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const story = [
  entryOf(1, {
    fields: [
      ['op', 'request'],
      ['cmd', 'vm start web-01'],
    ],
    actor: alice,
  }),
  entryOf(2, {
    fields: [
      ['op', 'policy'],
      ['vm', 'db-01'],
      ['uuid', OTHER],
    ],
    type: 'USER_ACCT',
    result: 'failed',
    actor: bob,
    account: 'bob',
  }),
  effect('start', 'booted', UUID, { actor: alice }),
  effect('stop', 'shutdown', UUID, { request: 3, actor: bob, account: 'alice' }),
];

const searches: [what: string, options: Omit<SearchOptions, 'directory'>, ops: string[]][] = [
  ['by request', { request: 1 }, ['request', 'start']],
  ['by person, also for whom it was done', { person: 'alice' }, ['request', 'start', 'stop']],
  ['by person and result', { person: 'bob', result: 'failed' }, ['policy']],
  ['by VM', { vm: 'web-01' }, ['start', 'stop']],
  ['by uuid', { uuid: OTHER }, ['policy']],
  ['by type', { type: 'VIRT_CONTROL' }, ['start', 'stop']],
  ['newest first', { type: 'VIRT_CONTROL', order: 'newest' }, ['stop', 'start']],
  ['since a time', { since: NOON + 2000, type: 'VIRT_CONTROL' }, ['start', 'stop']],
  ['until a time', { until: NOON + 3000, type: 'VIRT_CONTROL' }, ['start']],
  [
    'within a time, newest first',
    { since: NOON + 1000, until: NOON + 3000, person: 'bob', order: 'newest' },
    ['policy'],
  ],
  ['at most so many', { person: 'alice', limit: 2 }, ['request', 'start']],
  ['for nothing there', { vm: 'web-02' }, []],
];

for (const [what, options, ops] of searches) {
  test(`a search ${what} finds its records and no other`, async (t) => {
    const directory = await writeLog(t, story);
    const found = await all(searchLog({ directory, ...options }));
    assert.deepEqual(
      found.map((record) => fieldOf(record, 'op')),
      ops,
    );
  });
}

test('newest first is oldest first turned round, across files and chunks', async (t) => {
  const entries = Array.from({ length: 300 }, (_, n) =>
    entryOf(n, {
      fields: [
        ['op', 'request'],
        ['cmd', 'x '.repeat(1900)],
      ],
    }),
  );
  const directory = await writeLog(t, entries, 1.2);
  const serials = async (order: 'oldest' | 'newest') =>
    (await all(searchLog({ directory, order }))).map(({ serial }) => serial);
  const oldest = await serials('oldest');
  assert.deepEqual(
    oldest,
    Array.from({ length: linesOf(directory).length }, (_, n) => n + 1),
  );
  assert.deepEqual(await serials('newest'), oldest.toReversed());
});

for (const order of ['oldest', 'newest'] as const) {
  test(`lines that are no records are reported and passed over, ${order} first`, async (t) => {
    const directory = await writeLog(t, story);
    const lines = linesOf(directory);
    replaceLines(directory, lines.toSpliced(2, 0, 'not a record', '', 'type=x'));
    appendBytes(directory, 'half');
    const malformed: Malformed[] = [];
    const found = await all(searchLog({ directory, order, onMalformed: (line) => malformed.push(line) }));
    assert.equal(found.length, lines.length);
    assert.equal(malformed.length, 4);
    if (order === 'oldest')
      assert.deepEqual(
        malformed.map(({ line }) => line),
        [3, 4, 5, lines.length + 4],
      );
  });
}

test('a summary counts by person, VM and action, and lists what failed', async (t) => {
  const directory = await writeLog(t, story);
  const summary = await summarizeLog({ directory });
  assert.equal(summary.records, linesOf(directory).length);
  assert.deepEqual(summary.persons, [
    { name: 'alice', records: 2, failed: 0, requests: 1 },
    { name: 'bob', records: 2, failed: 1, requests: 2 },
  ]);
  assert.deepEqual(summary.vms, [
    { name: 'web-01', records: 2, failed: 0, requests: 2 },
    { name: 'db-01', records: 1, failed: 1, requests: 1 },
  ]);
  assert.ok(summary.actions.some(({ name, records }) => name === 'start' && records === 1));
  assert.deepEqual(
    summary.failures.map((record) => record.request),
    [2],
  );
  assert.equal((await summarizeLog({ directory, since: NOON + 3000, until: NOON + 3001 })).records, 1);
});

test('the report on VMs pairs starts with stops and keeps the rest as events', async (t) => {
  const directory = await writeLog(t, [
    effect('start', 'booted', UUID, { actor: alice }),
    effect('start', 'booted', OTHER, { actor: bob }),
    effect('suspend', '', UUID),
    effect('stop', 'destroyed', UUID, { actor: bob }),
    effect('start', 'booted', UUID, { result: 'failed' }),
  ]);
  const [first, second, ...events] = await reportVirt({ directory });
  const session = {
    kind: 'session',
    vm: 'web-01',
    uuid: UUID,
    person: 'alice',
    startMs: NOON,
    endMs: NOON + 3000,
    reason: 'destroyed',
  };
  assert.deepEqual(first, session);
  assert.deepEqual(second, {
    ...session,
    vm: 'db-01',
    uuid: OTHER,
    person: 'bob',
    startMs: NOON + 1000,
    endMs: null,
    reason: '',
  });
  assert.deepEqual(
    events.map((event) => (event.kind === 'event' ? [event.what, event.result] : event)),
    [
      ['suspend', 'success'],
      ['start', 'failed'],
    ],
  );
  assert.equal((await reportVirt({ directory, vm: 'db-01' })).length, 1);
});

test('the keys of a log are read from the log; an empty one has none', async (t) => {
  const keys = await readKeys(await writeLog(t, story));
  assert.match(keys?.pin ?? '', /^ed25519:[\w-]{43}$/);
  assert.match(keys?.fingerprint ?? '', /^SHA256:[A-Za-z0-9+/]{43}$/);
  assert.deepEqual([keys?.epoch, keys?.currentFingerprint], [Math.floor(NOON / 86_400_000), keys?.fingerprint]);
  assert.equal(await readKeys(tempDirectory(t)), null);
});

const sample: ParsedRecord = {
  ...{ type: 'USER_CMD', timeMs: NOON, serial: 7, pid: 1, uid: 0, uidName: 'drover', auid: auidOf(1), actor: 'alice' },
  ...{
    request: 1,
    fields: [
      ['op', 'request'],
      ['cmd', '=cmd|calc, "x"\nb'],
    ],
    account: null,
    address: null,
  },
  ...{ terminal: 'web/ops', result: 'success', chain: 'abc' },
};

test('CSV is quoted, and no cell is a formula', () => {
  assert.match(csvHeader(), /^time,serial,type,request,person,.*\r\n$/);
  assert.match(
    csvRow(sample),
    /^2026-11-22T12:00:00\.000Z,7,USER_CMD,1,alice,,request,,,"'=cmd\|calc, ""x""\nb",success,/,
  );
});

test('any text stays in its column', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const row = csvRow({ ...sample, actor: text, fields: [['cmd', text]] });
      const cells = row.slice(0, -2).match(/"(?:[^"]|"")*"|[^",]+/g) ?? [];
      assert.ok(cells.every((cell) => !/^"?[=+\-@\t\r]/.test(cell)));
      assert.equal(row.replace(/"(?:[^"]|"")*"/g, '').split(',').length, csvHeader().split(',').length);
    }),
  );
});
