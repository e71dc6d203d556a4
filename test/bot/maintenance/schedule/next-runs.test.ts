/** What a person is told about the next runs: in their zone, with clock changes and with the windows in the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRuns } from '../../../../bot/maintenance/schedule/next-runs.ts';
import { Schedule } from '../../../../bot/maintenance/schedule/schedule.ts';
import { calendarsOf, question } from '../../../policies/windows/fixture.ts';

const freeze = calendarsOf(`calendars:
  - name: freeze
    effect: deny
    actions: ["*"]
    reason: no changes over the weekend
    zone: Europe/Berlin
    times:
      - { from: 2026-03-28, to: 2026-03-28 }
`);

const { now: _now, ...asked } = question('2026-03-27T12:00Z');
const ask = {
  schedule: Schedule.parse({ id: 'patch', cron: '30 2 * * *', zone: 'Europe/Berlin' }),
  count: 3,
  readerZone: 'America/New_York',
  now: Date.parse('2026-03-27T12:00Z'),
  calendars: freeze,
  questions: [asked],
  neededMs: null,
};

test('each run is told in the zone of the reader', () => {
  assert.deepEqual(
    nextRuns(ask).map(({ starts }) => starts),
    [
      'Fri 2026-03-27 21:30 America/New_York (UTC-4)',
      'Sat 2026-03-28 21:30 America/New_York (UTC-4)',
      'Sun 2026-03-29 20:30 America/New_York (UTC-4)',
    ],
  );
});

test('a run that a freeze will block says which, where it stands and until when', () => {
  const [first, second] = nextRuns(ask);
  assert.equal(first?.blockedBy?.kind, 'closed');
  assert.match(
    first?.why[0] ?? '',
    /"freeze" \(w\/w\.yaml:8\) forbids it until Sat 2026-03-28 19:00 America\/New_York/,
  );
  assert.match(first?.why[0] ?? '', /no changes over the weekend/);
  assert.deepEqual(second?.why, []);
});

test('a run that the clock moves says so', () => {
  const notes = nextRuns(ask).map(({ note }) => note);
  assert.deepEqual(notes, [
    null,
    '2026-03-29 02:30 does not come in Europe/Berlin; it runs at Sun 2026-03-29 03:30 Europe/Berlin (UTC+2) instead',
    null,
  ]);
});

test('a paused schedule shows its runs and that none will come', () => {
  const runs = nextRuns({ ...ask, schedule: { ...ask.schedule, paused: true }, calendars: [] });
  assert.deepEqual(
    runs.map(({ why }) => why),
    [['the schedule is paused'], ['the schedule is paused'], ['the schedule is paused']],
  );
});

test('a run that does not fit its window says how much is missing', () => {
  const calendars = calendarsOf(`calendars:
  - name: nights
    effect: allow
    actions: ["*"]
    zone: Europe/Berlin
    times:
      - { start: "0 2 * * *", for: 1h }
`);
  const [first] = nextRuns({ ...ask, calendars, neededMs: 50 * 60_000, count: 1 });
  assert.match(first?.why[0] ?? '', /needs about 50 min, and only 30 min are left/);
});
