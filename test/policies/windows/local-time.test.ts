/** Wall-clock times and instants, on the days on which clocks change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAt, fromWall, isZone, toWall } from '../../../policies/windows/local-time.ts';
import { readTime } from '../../../policies/windows/written-time.ts';

const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);
const placed = (zone: string, wall: string) => {
  const instants = fromWall(zone, Date.parse(`${wall}Z`));
  return instants.kind === 'twice'
    ? [instants.kind, iso(instants.firstMs), iso(instants.secondMs)]
    : [instants.kind, iso(instants.ms)];
};

const cases: [zone: string, wall: string, expected: string[]][] = [
  ['Europe/Berlin', '2026-03-29T01:59', ['once', '2026-03-29T00:59']],
  ['Europe/Berlin', '2026-03-29T02:30', ['never', '2026-03-29T01:30']],
  ['Europe/Berlin', '2026-10-25T02:30', ['twice', '2026-10-25T00:30', '2026-10-25T01:30']],
  ['Europe/Berlin', '2026-10-25T03:00', ['once', '2026-10-25T02:00']],
  // Half an hour: the gap is 02:00 to 02:30, the fold 01:30 to 02:00.
  ['Australia/Lord_Howe', '2026-10-04T02:15', ['never', '2026-10-03T15:45']],
  ['Australia/Lord_Howe', '2026-10-04T02:30', ['once', '2026-10-03T15:30']],
  ['Australia/Lord_Howe', '2026-04-05T01:45', ['twice', '2026-04-04T14:45', '2026-04-04T15:15']],
  ['Australia/Lord_Howe', '2026-04-05T01:15', ['once', '2026-04-04T14:15']],
  // Midnight itself was missing.
  ['America/Sao_Paulo', '2018-11-04T00:00', ['never', '2018-11-04T03:00']],
  ['Asia/Kathmandu', '2026-03-29T02:30', ['once', '2026-03-28T20:45']],
  // A whole day was missing.
  ['Pacific/Apia', '2011-12-30T12:00', ['never', '2011-12-30T22:00']],
];

for (const [zone, wall, expected] of cases) {
  test(`${wall} in ${zone} comes ${expected.join(' ')}`, () => {
    assert.deepEqual(placed(zone, wall), expected);
  });
}

test('every instant is among those of the wall-clock time it shows', () => {
  const zones = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Gaza',
  );
  const minute = fc.integer({ min: Date.UTC(2015, 0) / 60_000, max: Date.UTC(2030, 0) / 60_000 });
  fc.assert(
    fc.property(zones, minute, (zone, at) => {
      const instants = fromWall(zone, toWall(zone, at * 60_000));
      const found = instants.kind === 'twice' ? [instants.firstMs, instants.secondMs] : [instants.ms];
      return instants.kind !== 'never' && found.includes(at * 60_000);
    }),
    { numRuns: 2000 },
  );
});

test('a time for people says its zone and offset', () => {
  assert.equal(
    formatAt(Date.parse('2026-10-25T01:30Z'), 'Europe/Berlin'),
    'Sun 2026-10-25 02:30 Europe/Berlin (UTC+1)',
  );
  assert.equal(formatAt(0, 'Asia/Kathmandu'), 'Thu 1970-01-01 05:30 Asia/Kathmandu (UTC+5:30)');
  assert.equal(formatAt(Date.UTC(2026, 0, 1), 'America/St_Johns'), 'Wed 2025-12-31 20:30 America/St_Johns (UTC-3:30)');
});

test('a zone is an IANA name', () => {
  assert.deepEqual(['Europe/Berlin', 'UTC', 'Europe/Berln', '+02:00', '', 'W. Europe Standard Time'].map(isZone), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

const written: [text: string, expected: string | null][] = [
  ['2026-12-20', 'date 2026-12-20T00:00'],
  ['2026-12-20 08:00', 'local 2026-12-20T08:00'],
  ['2026-12-20T08:00:30', 'local 2026-12-20T08:00'],
  ['2026-12-20T08:00:00+01:00', 'instant 2026-12-20T07:00'],
  ['2026-12-20T08:00Z', 'instant 2026-12-20T08:00'],
  ['2026-02-29', null],
  ['2028-02-29', 'date 2028-02-29T00:00'],
  ['2026-13-01', null],
  ['2026-12-20T24:00', null],
  ['2026-12-20T08:60', null],
  ['1969-12-31', null],
  ['2026-12-20T08:00+25:00', null],
  ['tomorrow', null],
  ['2026-1-2', null],
];

for (const [text, expected] of written) {
  test(`"${text}" is ${expected ?? 'no time'}`, () => {
    const time = readTime(text);
    const shown = time === null ? null : `${time.kind} ${iso(time.kind === 'instant' ? time.ms : time.wall)}`;
    assert.equal(shown, expected);
  });
}
