/** Whole lines: golden ones, and that every entry becomes one short line which reads back as it was. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { auidOf, FIRST_AUID, NOBODY, personOf } from '../../audit/auid.ts';
import { chainLine, chainOf, FIRST_CHAIN } from '../../audit/chain.ts';
import { encodeEntry, lineOf, type Origin } from '../../audit/line.ts';
import { fieldOf, parseLine } from '../../audit/parse.ts';
import type { AuditEntry } from '../../audit/record.ts';
import { entryOf, UUID } from './support.ts';

const origin: Origin = { pid: 2211, uid: 990, uidName: 'drover', subject: 'unconfined' };
const stamp = { timeMs: 1795377661066, serial: 11 };

function write(entry: AuditEntry, from: Origin = origin): string {
  const { head, tail } = lineOf(encodeEntry(entry, from), stamp);
  return chainLine(FIRST_CHAIN, head, tail).line;
}

/** The separator as a character that a pattern may hold. */
function readable(line: string): string {
  return line.replace('\x1d', '|');
}

function read(line: string) {
  const parsed = parseLine(line.slice(0, -1));
  assert.ok(parsed.kind === 'record', JSON.stringify(parsed));
  return parsed.record;
}

test('the result of an action is written as libvirt writes it', () => {
  const entry: AuditEntry = {
    ...entryOf(1041, { type: 'VIRT_CONTROL' }),
    fields: [
      ['virt', 'kvm'],
      ['op', 'stop'],
      ['reason', 'destroyed'],
      ['vm', 'web-01'],
      ['uuid', UUID],
      ['vm-pid', 0],
      ['ms', 809],
    ],
  };
  const start = `type=VIRT_CONTROL msg=audit(1795377661.066:11): pid=2211 uid=990 auid=1879048193 ses=1041 subj=unconfined msg='virt=kvm op=stop reason=destroyed vm="web-01" uuid=${UUID} vm-pid=0 ms=809 acct="alice" exe="/usr/bin/drover" hostname=? addr=10.0.0.7 terminal=web/ops res=success`;
  const end = `'\x1dUID="drover" AUID="alice"`;
  const digest = createHash('sha256').update(Buffer.alloc(32)).update(start).update(end).digest('base64url');
  assert.equal(write(entry), `${start} chain=${digest}${end}\n`);
});

test('a record of nobody has no session, no account, and no label where the kernel gives none', () => {
  const entry = entryOf(1, {
    actor: NOBODY,
    account: null,
    request: null,
    address: null,
    fields: [['op', 'log-rotate']],
  });
  assert.match(
    readable(write(entry, { ...origin, subject: '' })),
    /: pid=2211 uid=990 auid=4294967295 ses=4294967295 msg='op=log-rotate exe="\/usr\/bin\/drover" hostname=\? addr=\? terminal=web\/ops res=success chain=[\w-]{43}'\|UID="drover" AUID="unset"\n$/,
  );
});

test('a person who is given an account is named in ID', () => {
  const entry = entryOf(1, {
    type: 'ADD_USER',
    account: '王伟',
    fields: [
      ['op', 'map-chat-user'],
      ['id', auidOf(3)],
    ],
  });
  assert.match(
    readable(write(entry)),
    /id=1879048195 acct=E78E8BE4BC9F .*'\|UID="drover" AUID="alice" ID=E78E8BE4BC9F\n$/,
  );
});

test('text that does not fit is cut, and the record says so and what it was', () => {
  const text = '重启 '.repeat(5000);
  const line = write(
    entryOf(1, {
      fields: [
        ['op', 'request'],
        ['cmd', text],
      ],
    }),
  );
  const record = read(line);
  assert.ok(line.length <= 8000 && line.length > 5000, String(line.length));
  assert.match(fieldOf(record, 'cmd') ?? '', /^重启 .*…\[cut\]$/);
  assert.equal(fieldOf(record, 'raw-bytes'), String(Buffer.byteLength(text)));
  assert.equal(fieldOf(record, 'raw-sha256'), `sha256:${createHash('sha256').update(text).digest('hex')}`);
});

test('text that would deceive is replaced, with the digest of what came in', () => {
  const record = read(
    write(
      entryOf(1, {
        fields: [
          ['op', 'request'],
          ['cmd', 'a\0b'],
        ],
      }),
    ),
  );
  assert.equal(fieldOf(record, 'cmd'), 'a\uFFFDb');
  assert.equal(fieldOf(record, 'raw-bytes'), null);
  assert.equal(fieldOf(record, 'raw-sha256'), `sha256:${createHash('sha256').update('a\0b').digest('hex')}`);
});

test('names of people and places that do not fit leave their digest', () => {
  const record = read(
    write(entryOf(1, { actor: { auid: auidOf(1), name: 'a'.repeat(9000) }, terminal: 'web/\u202e' })),
  );
  assert.match(record.actor, /^a{256}…\[cut\]$/);
  assert.notEqual(fieldOf(record, 'actor-sha256'), null);
  assert.notEqual(fieldOf(record, 'place-sha256'), null);
});

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 12000 }), fc.string({ maxLength: 20 }));
const anyEntry: fc.Arbitrary<AuditEntry> = fc
  .record({
    cmd: anyText,
    info: anyText,
    rule: anyText,
    name: anyText,
    terminal: anyText,
    account: fc.option(anyText),
    request: fc.option(fc.nat(3_000_000_000)),
    address: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), anyText)),
    result: fc.constantFrom('success' as const, 'failed' as const),
  })
  .map(({ cmd, info, rule, name, ...rest }) =>
    entryOf(1, {
      ...rest,
      actor: { auid: auidOf(7), name },
      fields: [
        ['op', 'request'],
        ['cmd', cmd],
        ['vm', 'web-01'],
        ['uuid', UUID],
        ['rule', rule],
        ['info', info],
        ['ms', 12],
      ],
    }),
  );

test('any entry becomes one line of printable ASCII that the tools can hold, and reads back', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const line = write(entry);
      const record = read(line);
      assert.match(readable(line), /^[ -~]+\n$/);
      assert.equal(line.split('\x1d').length, 2);
      assert.ok(line.length <= 8000);
      assert.equal(record.result, entry.result);
      assert.equal(record.request, entry.request);
      assert.equal(record.auid, entry.actor.auid);
      assert.equal(fieldOf(record, 'vm'), 'web-01');
      const changed = record.fields.some(([name]) => name === 'raw-sha256');
      const [, text] = entry.fields[1] ?? [];
      if (!changed) assert.equal(fieldOf(record, 'cmd')?.replace(/\n$/, ''), String(text).replace(/\n$/, ''));
    }),
    { numRuns: 300 },
  );
});

test('a line that is not exactly in form is malformed, and never throws', () => {
  const line = write(entryOf(1)).slice(0, -1);
  for (const bad of [
    '',
    'x',
    '# comment',
    `${line}x\x1d`,
    line.slice(0, -60),
    `é${line}`,
    line.replace('res=success', 'res=0'),
  ]) {
    assert.equal(parseLine(bad).kind, 'malformed', bad);
  }
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseLine(text)));
});

test('the chain token must have one spelling', () => {
  const line = write(entryOf(1)).slice(0, -1);
  const { claimed, expected } = chainOf(FIRST_CHAIN, Buffer.from(line, 'latin1')) ?? assert.fail('no token');
  assert.equal(claimed, expected.toString('base64url'));
  assert.equal(chainOf(FIRST_CHAIN, Buffer.from(line.replace(' chain=', ' chian='), 'latin1')), null);
});

test('people are numbered from 1 within the range that the system leaves unused', () => {
  assert.equal(auidOf(1), 1879048193);
  assert.equal(personOf(auidOf(42)), 42);
  assert.equal(personOf(1000), null);
  assert.equal(personOf(NOBODY.auid), null);
  for (const n of [0, -1, 1.5, 0x7ffdffff - FIRST_AUID + 1]) assert.throws(() => auidOf(n), /numbering a person/);
});
