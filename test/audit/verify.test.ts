/** Attacks on a log, and what verify says. Among them the two that broke journald's sealing. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openAuditLog } from '../../audit/log.ts';
import type { SigningKey } from '../../audit/seal.ts';
import { type Anchor, type VerifyOptions, verifyLog } from '../../audit/verify.ts';
import { claimSeals, rebuild, stealKey } from './forge.ts';
import { entryOf, linesOf, problemsOf, replaceLines, tempDirectory } from './support.ts';

const NOON = Date.UTC(2026, 10, 20, 12);
const DAY_MS = 86_400_000;

interface Sample {
  directory: string;
  lines: string[];
  pin: string;
  head: Anchor;
  key: SigningKey;
  end: number;
}

/** Three days with five records each, half a minute apart, closed. */
async function makeSample(t: TestContext): Promise<Sample> {
  const directory = tempDirectory(t);
  let nowMs = NOON;
  const log = await openAuditLog({ directory, now: () => nowMs, warn: assert.fail });
  for (let n = 0; n < 15; n += 1) {
    await log.append(entryOf(n));
    nowMs += n % 5 === 4 && n < 14 ? DAY_MS : 30_000;
  }
  await log.close();
  const head = log.head();
  const lines = linesOf(directory);
  const pub = (at: 0 | -1) =>
    lines.flatMap((line) => / pub=(\S+)/.exec(line)?.[1] ?? []).at(at) ?? assert.fail('no key');
  return { directory, lines, pin: pub(0), head, key: stealKey(directory, pub(-1)), end: nowMs };
}

function verify({ directory, pin }: Sample, more: Partial<VerifyOptions> = {}) {
  return verifyLog({ directory, pin, anchors: [], notBefore: null, ...more });
}

const indexOf = (lines: readonly string[], text: string) => lines.findIndex((line) => line.includes(text));
const lastIndexOf = (lines: readonly string[], text: string) => lines.findLastIndex((line) => line.includes(text));
const edit = (lines: readonly string[], request: number) =>
  lines.map((line) => (line.includes(` ses=${request} `) ? line.replaceAll('alice', 'bobby') : line));
const without = (lines: readonly string[], text: string) => lines.filter((line) => !line.includes(text));

test('an untouched log is intact, and signed to its end', async (t) => {
  const sample = await makeSample(t);
  const anchors = [sample.head];
  assert.deepEqual(await verify(sample, { anchors, notBefore: sample.end }), {
    kind: 'intact',
    records: sample.lines.length,
    signedThrough: sample.lines.length - 1,
    unsignedTail: 0,
    selfConsistentOnly: false,
  });
});

type Attack = [title: string, attack: (sample: Sample) => readonly string[], finds: RegExp];

const attacks: Attack[] = [
  ['one changed record', ({ lines }) => edit(lines, 3), /the chain does not hold/],
  [
    'a changed name behind the separator',
    ({ lines }) => lines.map((l, n) => (n === 5 ? l.replace('AUID="alice"', 'AUID="bobby"') : l)),
    /the chain/,
  ],
  [
    'a changed result',
    ({ lines }) => lines.map((l, n) => (n === 5 ? l.replace('res=success', 'res=failed') : l)),
    /the chain/,
  ],
  ['a deleted record', ({ lines }) => lines.toSpliced(4, 1), /serial 6 where 5 belongs/],
  ['two records swapped', ({ lines }) => lines.toSpliced(4, 2, lines[5] ?? '', lines[4] ?? ''), /serial 6 where 5/],
  ['a record twice', ({ lines }) => lines.toSpliced(4, 0, lines[4] ?? ''), /serial 5 where 6 belongs/],
  [
    'a record without chain put in',
    ({ lines }) => lines.toSpliced(4, 0, (lines[4] ?? '').replace(/ chain=\S+(?=')/, '')),
    /not in the form/,
  ],
  ['a line that is no record', ({ lines }) => lines.toSpliced(4, 0, '# nothing to see'), /not in the form/],
  ['an empty line', ({ lines }) => lines.toSpliced(4, 0, ''), /an empty line/],
  ['the first records gone', ({ lines }) => lines.slice(3), /serial 4 where 1 belongs/],
  [
    'the first records gone and the rest rebuilt',
    ({ lines }) => rebuild(lines.slice(2)),
    /does not begin with its key/,
  ],
  ['a changed record, chained anew', ({ lines }) => rebuild(edit(lines, 3)), /signature is not genuine/],
  ['a deleted record, chained anew', ({ lines }) => rebuild(lines.toSpliced(4, 1)), /signature is not genuine/],
  [
    'a changed old record, sealed anew with the key of today',
    ({ lines, key }) => rebuild(edit(lines, 3), key),
    /not genuine/,
  ],
  // CVE-2023-31439: the verifier took entries of old epochs that were sealed with a newer key.
  [
    'old records under seals of today alone',
    ({ lines, key }) => rebuild(claimSeals(without(edit(lines, 3), 'op=key-rotate'), key), key),
    /not genuine/,
  ],
  [
    'old records moved behind the change of keys',
    ({ lines, key }) => rebuild(moveHandovers(edit(lines, 3)), key),
    /day is not that of the key/,
  ],
  // CVE-2023-31438: a log could be cut in an old epoch and continued, since epochs without a seal were accepted.
  [
    'a log cut yesterday and continued with the key of today',
    ({ lines, key }) => rebuild(cutAndContinue(lines), key),
    /not genuine/,
  ],
  [
    'a log cut yesterday, continued without a change of keys',
    ({ lines, key }) => rebuild(without(cutAndContinue(lines), 'op=key-rotate'), key),
    /not genuine|day is not/,
  ],
  ['all seals of a day dropped, chained anew', ({ lines }) => rebuild(dropLastSeals(lines)), /a seal is missing/],
  ['all seals dropped', ({ lines }) => rebuild(without(lines, 'op=checkpoint')), /a seal is missing|not genuine/],
  ['a cut log whose last seal is given a new time', ({ lines }) => rebuild(freshen(lines)), /signature is not genuine/],
  [
    'a second key made in the middle',
    ({ lines }) => rebuild(lines.toSpliced(4, 0, lines[0] ?? '')),
    /a key is made in the middle/,
  ],
  ['a seal repeated later', ({ lines }) => rebuild([...lines, lines.at(-1) ?? '']), /not about the records before it/],
  ['half a line at the end', ({ lines }) => [...lines, `${lines.at(-1)?.slice(0, 80)}`], /not in the form/],
];

function moveHandovers(lines: readonly string[]): string[] {
  const handovers = lines.filter((line) => line.includes('op=key-rotate'));
  const rest = without(lines, 'op=key-rotate');
  return rest.toSpliced(2, 0, ...handovers);
}

function cutAndContinue(lines: readonly string[]): string[] {
  const cut = indexOf(lines, ' ses=7 ');
  return [...lines.slice(0, cut), ...lines.slice(lastIndexOf(lines, 'op=key-rotate'))];
}

function dropLastSeals(lines: readonly string[]): string[] {
  const from = lastIndexOf(lines, 'op=key-rotate');
  return [...lines.slice(0, from + 1), ...without(lines.slice(from + 1), 'op=checkpoint')];
}

function freshen(lines: readonly string[]): string[] {
  const cut = lines.slice(0, indexOf(lines, 'op=key-rotate'));
  const last = lastIndexOf(cut, 'op=checkpoint');
  return cut.slice(0, last + 1).map((line, n) => (n === last ? line.replace(/audit\(\d+/, 'audit(1795262400') : line));
}

for (const [title, attack, finds] of attacks) {
  test(`verify finds ${title}`, async (t) => {
    const sample = await makeSample(t);
    replaceLines(sample.directory, attack(sample));
    assert.match(problemsOf(await verify(sample)).join('\n'), finds);
  });
}

test('a problem is located: serial, file and line', async (t) => {
  const sample = await makeSample(t);
  replaceLines(sample.directory, edit(sample.lines, 3));
  const line = indexOf(sample.lines, ' ses=3 ') + 1;
  const problems = [{ serial: line, file: 'audit.log', line, problem: 'the chain does not hold' }];
  assert.deepEqual(await verify(sample), { kind: 'broken', problems });
});

test('a log cut at a seal is found by an anchor or by the time of its last seal, by nothing else', async (t) => {
  const sample = await makeSample(t);
  const end = lastIndexOf(sample.lines.slice(0, -1), 'op=checkpoint');
  replaceLines(sample.directory, sample.lines.slice(0, end + 1));
  assert.deepEqual(problemsOf(await verify(sample)), []);
  assert.match(
    problemsOf(await verify(sample, { anchors: [sample.head] })).join(),
    /which an anchor kept elsewhere names/,
  );
  assert.match(problemsOf(await verify(sample, { notBefore: sample.end })).join(), /too old: records may be cut off/);
});

test('today rewritten with the key of today is found by an anchor only', async (t) => {
  const sample = await makeSample(t);
  const forged = rebuild(edit(sample.lines, 13), sample.key);
  replaceLines(sample.directory, forged);
  assert.deepEqual(problemsOf(await verify(sample)), []);
  assert.match(problemsOf(await verify(sample, { anchors: [sample.head] })).join(), /differs from the anchor/);
});

test('a log made anew with another key passes only where no pin is given, and that is said', async (t) => {
  const [sample, other] = [await makeSample(t), await makeSample(t)];
  assert.match(problemsOf(await verify({ ...other, pin: sample.pin })).join(), /key 0 is not the pinned key/);
  const verdict = await verify(other, { pin: null });
  assert.ok(verdict.kind === 'intact' && verdict.selfConsistentOnly);
});

test('a missing file is named', async (t) => {
  const directory = tempDirectory(t);
  const log = await openAuditLog({ directory, maxLogFileMiB: 0.01, warn: assert.fail });
  for (let n = 0; n < 80; n += 1) await log.append(entryOf(n));
  await log.close();
  rmSync(join(directory, 'audit.log.1'));
  const verdict = await verifyLog({ directory, pin: null, anchors: [], notBefore: null });
  assert.ok(verdict.kind === 'broken');
  assert.deepEqual(verdict.problems[0], {
    serial: null,
    file: 'audit.log.1',
    line: null,
    problem: 'the file is missing',
  });
});

test('an empty directory is not an intact log', async (t) => {
  const verdict = await verifyLog({ directory: tempDirectory(t), pin: null, anchors: [], notBefore: null });
  assert.match(problemsOf(verdict).join(), /no seal vouches for any record/);
});

test('a log can be verified while it is written', async (t) => {
  const directory = tempDirectory(t);
  const log = await openAuditLog({ directory, maxLogFileMiB: 0.1, warn: assert.fail });
  let busy = true;
  const load = (async () => {
    for (let n = 0; busy; n += 1) await Promise.all(Array.from({ length: 20 }, () => log.append(entryOf(n))));
  })();
  for (let n = 0; n < 20; n += 1) {
    assert.deepEqual(problemsOf(await verifyLog({ directory, pin: null, anchors: [], notBefore: null })), []);
  }
  busy = false;
  await load;
  await log.close();
});
