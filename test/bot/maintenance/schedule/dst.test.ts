/** Ten years of clock changes in six zones: slots are what a watch on the wall says, minute by minute. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Schedule } from '../../../../bot/maintenance/schedule/schedule.ts';
import { slotsBetween } from '../../../../bot/maintenance/schedule/slots.ts';
import { daysOfChange, dueTimes, type Rules, type Wanted, wallMinutes, watchClock } from './reference.ts';

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2018, 0, 1);
const TO = Date.UTC(2028, 0, 1);

/** How many clock changes these ten years have, by the zone's law. */
const zones: [zone: string, changes: number][] = [
  ['Europe/Berlin', 20],
  ['America/New_York', 20],
  // Half an hour.
  ['Australia/Lord_Howe', 20],
  ['Asia/Kathmandu', 0],
  // Given up in 2019; at midnight.
  ['America/Sao_Paulo', 3],
  // Back for each Ramadan since the end of 2018.
  ['Africa/Casablanca', 20],
];

const crons: [cron: string, wants: (wall: Wanted) => boolean][] = [
  ['30 2 * * *', ({ hour, minute }) => hour === 2 && minute === 30],
  ['0 0 * * *', ({ hour, minute }) => hour === 0 && minute === 0],
  ['15,45 1-2 * * *', ({ hour, minute }) => (hour === 1 || hour === 2) && (minute === 15 || minute === 45)],
  ['*/10 * * * *', ({ minute }) => minute % 10 === 0],
  ['0 2 * * 0', ({ hour, minute, weekday }) => weekday === 0 && hour === 2 && minute === 0],
  ['59 23 1-7 * *', ({ day, hour, minute }) => day <= 7 && hour === 23 && minute === 59],
];

const rules: Rules[] = (['shift-forward', 'skip'] as const).flatMap((gap) =>
  (['first', 'second', 'both'] as const).map((fold) => ({ gap, fold })),
);

for (const [zone, changes] of zones) {
  test(`around every clock change in ${zone} each rule gives what a watch on the wall shows`, () => {
    const days = daysOfChange(zone, FROM, TO);
    assert.ok(Math.abs(days.length - changes) <= 2, `${days.length} changes`);
    const combinations = crons.flatMap(([cron, wants]) =>
      rules.map((rule) => {
        const schedule = Schedule.parse({ id: 's', cron, zone, dstGap: rule.gap, dstFold: rule.fold });
        return { schedule, wants, rule };
      }),
    );
    for (const day of days.length === 0 ? [FROM] : days) {
      const minutes = wallMinutes(watchClock(zone, day - DAY_MS, day + 2 * DAY_MS));
      for (const { schedule, wants, rule } of combinations) {
        const slots = slotsBetween(schedule, day - DAY_MS, day + 2 * DAY_MS);
        const what = `${schedule.cron} in ${zone} on ${new Date(day).toISOString()}, ${JSON.stringify(rule)}`;
        assert.deepEqual(
          slots.map(({ atMs }) => atMs),
          dueTimes(minutes, wants, rule),
          what,
        );
        assert.equal(new Set(slots.map(({ id }) => id)).size, slots.length, `${what}: ids`);
      }
    }
  });

  test(`every day of ten years in ${zone} has its one run, whatever the clock does`, () => {
    for (const [cron, clock] of [
      ['30 2 * * *', '02:30'],
      ['0 0 * * *', '00:00'],
    ] as const) {
      const slots = slotsBetween(Schedule.parse({ id: 's', cron, zone }), FROM, TO);
      const names = slots.map(({ named }) => named);
      assert.ok(names.every((name) => name.endsWith(clock)));
      assert.equal(new Set(names.map((name) => name.slice(0, 10))).size, slots.length);
      assert.ok(slots.length >= 3651 && slots.length <= 3653, `${slots.length} runs`);
      const odd = slots.filter(({ dst }) => dst !== 'plain').map(({ atMs }) => Math.floor(atMs / DAY_MS) * DAY_MS);
      const days = new Set(daysOfChange(zone, FROM, TO).flatMap((day) => [day - DAY_MS, day, day + DAY_MS]));
      assert.ok(odd.every((day) => days.has(day)));
    }
  });

  test(`what runs every quarter of an hour in ${zone} never pauses longer or shorter`, () => {
    const slots = slotsBetween(
      Schedule.parse({ id: 's', cron: '*/15 * * * *', zone }),
      Date.UTC(2018, 0),
      Date.UTC(2020, 0),
    );
    const pauses = new Set(slots.slice(1).map(({ atMs }, index) => atMs - (slots[index]?.atMs ?? 0)));
    assert.deepEqual([...pauses], [15 * 60_000]);
  });
}

test('the times that a clock change moves or doubles have names that say so', () => {
  const schedule = Schedule.parse({ id: 'patch', cron: '30 2 * * *', zone: 'Europe/Berlin', dstFold: 'both' });
  const of = (day: string) =>
    slotsBetween(schedule, Date.parse(`${day}T00:00Z`) - DAY_MS / 8, Date.parse(`${day}T06:00Z`)).map(
      ({ id, dst, atMs }) => `${id} ${dst} ${new Date(atMs).toISOString().slice(11, 16)}`,
    );
  assert.deepEqual(of('2026-03-29'), ['patch/2026-03-29T02:30[Europe/Berlin] shifted 01:30']);
  assert.deepEqual(of('2026-10-25'), [
    'patch/2026-10-25T02:30[Europe/Berlin] first 00:30',
    'patch/2026-10-25T02:30[Europe/Berlin]/2 second 01:30',
  ]);
});
