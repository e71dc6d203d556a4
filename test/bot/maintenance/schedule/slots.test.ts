/** Slots: however time is cut up they are the same, and their names and delays too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dstRulesOf, Schedule } from '../../../../bot/maintenance/schedule/schedule.ts';
import { nextSlots, slotsBetween } from '../../../../bot/maintenance/schedule/slots.ts';

const HOUR_MS = 3_600_000;
const spring = Date.parse('2026-03-27T00:00Z');

const schedules = fc
  .record({
    cron: fc.constantFrom('*/7 * * * *', '30 2 * * *', '15 */3 * * *', '0 2 29 3 *'),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Casablanca'),
    dstFold: fc.constantFrom('first', 'second', 'both'),
    dstGap: fc.constantFrom('skip', 'shift-forward'),
    jitter: fc.constantFrom('0s', '20m', '5h'),
  })
  .map((part) => Schedule.parse({ id: 'any', ...part }));

test('cut into any pieces, time holds the same slots with the same starts', () => {
  const cuts = fc.array(
    fc.integer({ min: 0, max: 72 * 60 }).map((minutes) => minutes * 60_000),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(schedules, cuts, (schedule, inner) => {
      const edges = [0, ...inner.toSorted((a, b) => a - b), 72 * HOUR_MS].map((ms) => spring + ms);
      const pieces = edges.slice(1).flatMap((to, index) => slotsBetween(schedule, edges[index] ?? to, to));
      assert.deepEqual(pieces, slotsBetween(schedule, spring, spring + 72 * HOUR_MS));
    }),
    { numRuns: 200 },
  );
});

test('a slot at the beginning of a stretch belongs to it, one at its end does not', () => {
  const schedule = Schedule.parse({ id: 'hourly', cron: '0 * * * *', zone: 'UTC' });
  const slots = slotsBetween(schedule, spring, spring + 2 * HOUR_MS);
  assert.deepEqual(
    slots.map(({ atMs }) => atMs - spring),
    [0, HOUR_MS],
  );
});

test('a delay is the same on every replica, below its limit, and keeps the order', () => {
  const schedule = Schedule.parse({ id: 'spread', cron: '*/5 * * * *', zone: 'UTC', jitter: '30m' });
  const slots = slotsBetween(schedule, spring, spring + 24 * HOUR_MS);
  assert.deepEqual(slots, slotsBetween(Schedule.parse({ ...schedule }), spring, spring + 24 * HOUR_MS));
  const starts = slots.map(({ startMs }) => startMs);
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => a - b),
  );
  assert.ok(slots.every(({ atMs, startMs }) => startMs >= atMs && startMs < atMs + 30 * 60_000));
  assert.ok(new Set(slots.map(({ atMs, startMs }) => startMs - atMs)).size > 20);
});

test('two schedules with the same time are delayed differently', () => {
  const starts = ['a', 'b', 'c', 'd'].map((id) => {
    const schedule = Schedule.parse({ id, cron: '0 2 * * *', zone: 'UTC', jitter: '1h' });
    return slotsBetween(schedule, spring, spring + 24 * HOUR_MS)[0]?.startMs;
  });
  assert.equal(new Set(starts).size, 4);
});

test('the next slots are found also when they are years away', () => {
  const schedule = Schedule.parse({ id: 'leap', cron: '0 0 29 2 *', zone: 'UTC' });
  assert.deepEqual(
    nextSlots(schedule, Date.UTC(2096, 3, 1), 2).map(({ named }) => named),
    ['2104-02-29 00:00', '2108-02-29 00:00'],
  );
});

test('only one of two runs keeps its name when the rule for doubled times changes in between', () => {
  const ids = (dstFold: string) => {
    const schedule = Schedule.parse({ id: 'n', cron: '30 2 * * *', zone: 'Europe/Berlin', dstFold });
    const from = Date.parse('2026-10-25T00:00Z');
    return slotsBetween(schedule, from, from + 2 * HOUR_MS).map(({ id }) => id);
  };
  assert.deepEqual(ids('first'), ids('second'));
  assert.equal(ids('both').length, 2);
});

const defaults: [cron: string, gap: string, fold: string][] = [
  ['0 2 * * *', 'shift-forward', 'first'],
  ['0 */2 * * *', 'shift-forward', 'first'],
  ['0 * * * *', 'skip', 'both'],
  ['*/5 * * * 1-5', 'skip', 'both'],
];

for (const [cron, gap, fold] of defaults) {
  test(`without rules of its own, "${cron}" has ${gap} and ${fold} for clock changes`, () => {
    assert.deepEqual(dstRulesOf(Schedule.parse({ id: 's', cron, zone: 'UTC' })), { gap, fold });
  });
}

const wrong: [part: Record<string, unknown>, says: RegExp][] = [
  [{ cron: '0 2 * *' }, /five fields/],
  [{ cron: '0 0 30 2 *' }, /never comes/],
  [{ zone: 'Berlin' }, /IANA/],
  [{ zone: '+02:00' }, /IANA/],
  [{ catchUp: '8d' }, /allowed is 0s to 7d/],
  [{ jitter: 'much' }, /duration/],
  [{ overlap: 'double' }, /skip.*queue.*parallel/],
  [{ id: 'A b' }, /lower-case/],
  [{ catchup: '1h' }, /catchup/],
];

for (const [part, says] of wrong) {
  test(`a schedule with ${JSON.stringify(part)} is refused`, () => {
    const read = Schedule.safeParse({ id: 's', cron: '0 2 * * *', zone: 'UTC', ...part });
    assert.equal(read.success, false);
    assert.match(read.error.issues.map(({ message }) => message).join(' '), says);
  });
}
