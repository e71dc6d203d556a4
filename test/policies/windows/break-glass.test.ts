/** Break-glass: who may, for what, for how long, and what must happen before the next time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BreakGlass, type BreakGlassAsk, mayBreakGlass, openedBy } from '../../../policies/windows/break-glass.ts';
import { question } from './fixture.ts';

const HOUR_MS = 3_600_000;
const now = Date.parse('2026-06-01T12:00Z');
const ask: BreakGlassAsk = {
  id: 'bg-2',
  by: 'olga',
  reason: 'the mail queue is full and nobody can log in',
  scope: { actions: ['vm.stop', 'vm.start'], targets: ['web-01'] },
  forMs: HOUR_MS,
  now,
};
const earlier: BreakGlass = {
  id: 'bg-1',
  by: 'otto',
  reason: 'a disk was about to fill up',
  scope: { actions: ['vm.stop'], targets: ['web-02'] },
  fromMs: now - 5 * HOUR_MS,
  untilMs: now - 4 * HOUR_MS,
  reviewByMs: now + 68 * HOUR_MS,
  review: null,
};
const reviewedBy = (by: string): BreakGlass => ({
  ...earlier,
  review: { by, atMs: now - HOUR_MS, verdict: 'not-justified', note: 'could have waited' },
});

const refused: { name: string; records?: BreakGlass[]; part?: Partial<BreakGlassAsk>; says: RegExp }[] = [
  {
    name: 'a use that nobody has reviewed',
    records: [earlier],
    says: /1 earlier use is not reviewed yet, the oldest by otto$/,
  },
  { name: 'a review that is overdue', records: [{ ...earlier, reviewByMs: now - 1 }], says: /overdue/ },
  { name: 'a review by the one who did it', records: [reviewedBy('otto')], says: /not reviewed/ },
  { name: 'more than four hours', part: { forMs: 4 * HOUR_MS + 1 }, says: /too long/ },
  { name: 'no time at all', part: { forMs: 0 }, says: /too long/ },
  { name: 'a time that is no number', part: { forMs: Number.NaN }, says: /too long/ },
  { name: 'no reason', part: { reason: ' because   ' }, says: /^reason/ },
  { name: 'no targets', part: { scope: { actions: ['vm.stop'], targets: [] } }, says: /^scope\.targets/ },
];

for (const { name, records = [], part, says } of refused) {
  test(`${name} stands in the way`, () => {
    const answer = mayBreakGlass(records, { ...ask, ...part });
    assert.equal(answer.kind, 'may-not');
    assert.match(answer.reason, says);
    assert.notEqual(answer.hint, '');
  });
}

test('once somebody else has looked at it, whatever they found, the next may', () => {
  const answer = mayBreakGlass([reviewedBy('ann')], ask);
  assert.equal(answer.kind, 'may');
  assert.deepEqual([answer.record.fromMs, answer.record.untilMs, answer.record.review], [now, now + HOUR_MS, null]);
  assert.equal(answer.record.reviewByMs, now + 73 * HOUR_MS);
});

const covered: [
  name: string,
  part: { person?: string; action?: string; at?: string; target?: null },
  opens: boolean,
][] = [
  ['what it is for is let through', {}, true],
  ['another person is not', { person: 'otto' }, false],
  ['another action is not', { action: 'vm.delete' }, false],
  ['nothing without a target is', { target: null }, false],
  ['before it began nothing is', { at: '2026-06-01T11:59Z' }, false],
  ['to its last moment it is', { at: '2026-06-01T12:59:59Z' }, true],
  ['after its end it is not', { at: '2026-06-01T13:00Z' }, false],
];

for (const [name, { person = 'olga', at = '2026-06-01T12:30Z', ...part }, opens] of covered) {
  test(name, () => {
    const answer = mayBreakGlass([], ask);
    assert.equal(answer.kind, 'may');
    assert.equal(openedBy([answer.record], { ...question(at, part), person })?.id ?? null, opens ? 'bg-2' : null);
  });
}
