/** What the recap, the state and the verdict make of events: tables of cases, and properties of adding up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PlayEvent, Said, TaskStatus, Totals } from '../../../actions/ansible/events.ts';
import { createRecap, foldEvent, type Recap, statusOf } from '../../../actions/ansible/recap.ts';
import { createRedactor } from '../../../actions/ansible/redact.ts';
import type { Exit } from '../../../actions/ansible/run-dir.ts';
import { type EndedState, judgePlay } from '../../../actions/ansible/verdict.ts';

const none: Totals = { ok: 0, changed: 0, failures: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
const quiet: Said = {
  msg: null,
  rc: null,
  stdout: null,
  stderr: null,
  reason: null,
  censored: false,
  warnings: [],
  items: null,
  attempts: null,
  retries: null,
  diffs: [],
  diffsLeftOut: 0,
};

function result(seq: number, host: string, status: TaskStatus, more: Partial<Said> = {}, ignored = false): PlayEvent {
  const said = { ...quiet, ...more };
  return { v: 1, seq, at: seq, kind: 'result', host, task: 't', taskId: 't', status, ignored, result: said };
}

function taskBegins(seq: number): PlayEvent {
  return {
    v: 1,
    seq,
    at: seq,
    kind: 'task',
    task: 'work',
    taskId: 't',
    action: 'x',
    path: '',
    handler: false,
    check: false,
  };
}

function statsOf(seq: number, hosts: Record<string, Partial<Totals>>): PlayEvent {
  const full = Object.entries(hosts).map(([host, totals]) => [host, { ...none, ...totals }] as const);
  return { v: 1, seq, at: seq, kind: 'stats', hosts: Object.fromEntries(full) };
}

function recapOf(...events: PlayEvent[]): Recap {
  const recap = createRecap();
  for (const event of events) foldEvent(recap, event);
  return recap;
}

function exited(rc: number | null, why: Exit['why'] = 'exited'): EndedState {
  return { kind: 'finished', exit: { rc, why, leftOver: 0, survivors: 0, detail: '', startedAt: 0, endedAt: 1 } };
}

const well = statsOf(2, { a: { ok: 1 } });
const verdicts: [when: string, events: PlayEvent[], state: EndedState, kind: string, errors?: string][] = [
  ['all hosts are well', [well], exited(0), 'succeeded'],
  ['all hosts are well and nobody knows the exit code', [well], { kind: 'finished-without-exit-code' }, 'succeeded'],
  ['all hosts are well, but the exit code is not 0', [well], exited(2), 'failed'],
  ['a host failed', [statsOf(1, { a: { failures: 1 }, b: { ok: 1 } })], exited(2), 'failed'],
  ['a host failed, though the exit code is 0', [statsOf(1, { a: { failures: 1 } })], exited(0), 'failed'],
  [
    'a host failed and nobody knows the exit code',
    [statsOf(1, { a: { failures: 1 } })],
    { kind: 'finished-without-exit-code' },
    'failed',
  ],
  ['a host was not reached', [statsOf(1, { a: { unreachable: 1 }, b: { ok: 1 } })], exited(4), 'unreachable'],
  [
    'one failed and one was not reached',
    [statsOf(1, { a: { unreachable: 1 }, b: { failures: 1 } })],
    exited(4),
    'failed',
  ],
  ['the recap is empty', [statsOf(1, {})], exited(0), 'nothing-matched'],
  ['there is no recap and the exit code is 0', [taskBegins(1)], exited(0), 'interrupted'],
  ['there is nothing at all and the exit code is 0', [], exited(0), 'interrupted'],
  ['it was killed', [taskBegins(1)], exited(-9), 'interrupted'],
  ['somebody else interrupted it', [taskBegins(1)], exited(99), 'interrupted'],
  ['Ansible gave up', [], exited(4), 'failed', 'ERROR! not YAML\n\nmore'],
  [
    'no host is left by the limit',
    [],
    exited(1),
    'nothing-matched',
    'ERROR! Specified inventory, host pattern and/or --limit leaves us with no hosts to target.',
  ],
  [
    'such words stand in an error after work was done',
    [taskBegins(1)],
    exited(1),
    'failed',
    'ERROR! no hosts to target',
  ],
  ['it was cancelled', [taskBegins(1)], exited(99, 'cancelled'), 'cancelled'],
  ['it was cancelled just after its recap', [well], exited(0, 'cancelled'), 'succeeded'],
  ['its time was up', [taskBegins(1)], exited(-9, 'timed-out'), 'timed-out'],
  ['nobody knows', [], { kind: 'interrupted', lastTasks: [], stillRunning: 0, choices: [] }, 'interrupted'],
  ['it never began', [], { kind: 'not-started', final: true, reason: 'x' }, 'not-started'],
];

for (const [when, events, state, kind, errors] of verdicts) {
  test(`${kind}: ${when}`, () => assert.equal(judgePlay(recapOf(...events), state, errors ?? '').kind, kind));
}

test('only a recap without failures is ever a success, whatever the exit code', () => {
  const totals = fc.record({ ok: fc.nat(3), failures: fc.nat(1), unreachable: fc.nat(1), rescued: fc.nat(1) });
  const stats = fc.option(fc.dictionary(fc.constantFrom('a', 'b', 'c'), totals));
  fc.assert(
    fc.property(stats, fc.option(fc.integer({ min: -64, max: 255 })), (hosts, rc) => {
      const recap = hosts === null ? recapOf() : recapOf(statsOf(1, hosts));
      const { kind } = judgePlay(recap, rc === null ? { kind: 'finished-without-exit-code' } : exited(rc), '');
      const all = Object.values(hosts ?? {});
      const well = all.length > 0 && all.every(({ failures, unreachable }) => failures + unreachable === 0);
      if (rc !== null || hosts !== null) assert.equal(kind === 'succeeded', well && (rc === null || rc === 0));
    }),
  );
});

test('events that come again add nothing, and missing ones are counted', () => {
  const events = [taskBegins(1), result(2, 'a', 'changed'), result(4, 'b', 'failed', { msg: 'no\nroom' })];
  const once = recapOf(...events);
  assert.deepEqual(recapOf(...events, ...events), once);
  assert.equal(once.lost, 1);
  assert.equal(once.hosts.get('b')?.problem, 't: no room');
  assert.deepEqual([...once.hosts.values()].map(statusOf), ['changed', 'failed']);
});

const problems: [said: Partial<Said>, problem: string][] = [
  [{ msg: 'non-zero return code', rc: 3, stderr: 'first\nlast line\n' }, 't: last line'],
  [{ msg: 'non-zero return code', rc: 3, stderr: '' }, 't: exit code 3'],
  [{ msg: 'no room' }, 't: no room'],
  [{ censored: true }, 't: hidden by no_log'],
  [{ msg: 'x'.repeat(999) }, `t: ${'x'.repeat(297)}…`],
];

for (const [said, problem] of problems) {
  test(`a problem reads ${problem.slice(0, 40)}`, () => {
    assert.equal(recapOf(result(1, 'a', 'failed', said)).hosts.get('a')?.problem, problem);
  });
}

test('an ignored failure is no problem, and a host that was given up on is unreachable', () => {
  const recap = recapOf(result(1, 'a', 'failed', { msg: 'x' }, true), result(2, 'b', 'unreachable', { msg: 'y' }));
  assert.deepEqual([...recap.hosts.values()].map(statusOf), ['ok', 'unreachable']);
  assert.equal(recap.hosts.get('a')?.problem, '');
});

const SECRET = `p'"\\ä\nlong line two`;
const shown: [form: string, text: string][] = [
  ['as it is', SECRET],
  ['its lines', 'long line two'],
  ['JSON', JSON.stringify(SECRET)],
  ['base64', Buffer.from(SECRET).toString('base64')],
  ['percent-encoded', encodeURIComponent(SECRET)],
  ['quoted for a shell', `'${SECRET.replaceAll("'", `'"'"'`)}'`],
];

for (const [form, text] of shown) {
  test(`a secret is hidden in an event: ${form}`, () => {
    const redacted = createRedactor({ pw: SECRET }).event(
      result(1, 'a', 'failed', { msg: `<${text}>`, warnings: [text] }),
    );
    assert.ok(redacted.kind === 'result');
    assert.match(redacted.result.msg ?? '', /^<.?\[hidden: pw\].?>$/);
    assert.match(redacted.result.warnings[0] ?? '', /\[hidden: pw\]/);
  });
}

test('a secret that is a word of our own leaves events as they are', () => {
  const event = result(1, 'failed', 'failed', { msg: 'it failed' });
  const redacted = createRedactor({ pw: 'failed', other: 'result' }).event(event);
  assert.deepEqual(redacted, result(1, 'failed', 'failed', { msg: 'it [hidden: pw]' }));
});

test('without secrets a text stays as it is', () => {
  assert.equal(createRedactor({}).text('a.b'), 'a.b');
});
