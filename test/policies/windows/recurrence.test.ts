/** Recurrence rules: examples from RFC 5545 (3.8.5.3), then any rule against ical.js's own iterator where that one ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ICAL from 'ical.js';
import { Recurrence, recurringDays } from '../../../policies/windows/recurrence.ts';

const DAY_MS = 86_400_000;
const dayOf = (text: string) => Date.parse(`${text}T00:00Z`) / DAY_MS;
const textOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

function ruleOf(text: string): Recurrence {
  return Recurrence.parse(ICAL.Recur.fromString(text).toJSON());
}

function days(rule: string, first: string, from: string, to: string): string[] {
  return recurringDays(ruleOf(rule), dayOf(first), dayOf(from), dayOf(to)).map(textOf);
}

const examples: [rule: string, first: string, expected: string[]][] = [
  ['FREQ=DAILY;COUNT=3', '1997-09-02', ['1997-09-02', '1997-09-03', '1997-09-04']],
  ['FREQ=DAILY;INTERVAL=10;COUNT=3', '1997-09-02', ['1997-09-02', '1997-09-12', '1997-09-22']],
  ['FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH', '1997-09-02', ['1997-09-02', '1997-09-04', '1997-09-09', '1997-09-11']],
  // The first day of the week decides which weeks are every other.
  [
    'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
    '1997-08-05',
    ['1997-08-05', '1997-08-10', '1997-08-19', '1997-08-24'],
  ],
  [
    'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
    '1997-08-05',
    ['1997-08-05', '1997-08-17', '1997-08-19', '1997-08-31'],
  ],
  ['FREQ=MONTHLY;COUNT=3;BYDAY=1FR', '1997-09-05', ['1997-09-05', '1997-10-03', '1997-11-07']],
  ['FREQ=MONTHLY;COUNT=3;BYDAY=-2MO', '1997-09-22', ['1997-09-22', '1997-10-20', '1997-11-17']],
  ['FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3', '1997-09-28', ['1997-09-28', '1997-10-29', '1997-11-28']],
  ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3', '1998-02-13', ['1998-02-13', '1998-03-13', '1998-11-13']],
  ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=3', '1997-09-29', ['1997-09-29', '1997-10-30', '1997-11-27']],
  // Months without a 31st are left out.
  ['FREQ=MONTHLY;COUNT=3', '2026-01-31', ['2026-01-31', '2026-03-31', '2026-05-31']],
  ['FREQ=YEARLY;COUNT=3', '2024-02-29', ['2024-02-29', '2028-02-29', '2032-02-29']],
  ['FREQ=YEARLY;BYMONTH=6,7;COUNT=3', '1997-06-10', ['1997-06-10', '1997-07-10', '1998-06-10']],
  ['FREQ=YEARLY;BYDAY=20MO;COUNT=3', '1997-05-19', ['1997-05-19', '1998-05-18', '1999-05-17']],
  [
    'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3',
    '1996-11-05',
    ['1996-11-05', '2000-11-07', '2004-11-02'],
  ],
  // The first day counts, whether the rule names it or not.
  ['FREQ=WEEKLY;BYDAY=FR;COUNT=2', '2026-06-03', ['2026-06-03', '2026-06-05']],
];

for (const [rule, first, expected] of examples) {
  test(`${rule} from ${first} on comes on ${expected.join(', ')}`, () => {
    assert.deepEqual(days(rule, first, '1990-01-01', '2040-01-01').slice(0, expected.length), expected);
  });
}

for (const rule of [
  'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=DAILY;INTERVAL=7;BYDAY=MO',
  'FREQ=MONTHLY;BYDAY=1TH;BYSETPOS=2',
]) {
  test(`${rule} from a Tuesday on names no other day, and to say so takes no time without end`, () => {
    assert.deepEqual(days(rule, '2026-06-02', '2026-06-02', '2190-01-01'), ['2026-06-02']);
  });
}

test('looked at from any day on, the same days come', () => {
  const rules = fc.constantFrom(...examples.map(([rule, first]) => ({ rule, first })));
  fc.assert(
    fc.property(rules, fc.nat(3000), fc.nat(400), ({ rule, first }, after, length) => {
      const from = dayOf(first) + after - 10;
      const whole = recurringDays(ruleOf(rule), dayOf(first), 0, from + length);
      assert.deepEqual(
        recurringDays(ruleOf(rule), dayOf(first), from, from + length),
        whole.filter((day) => day >= from),
      );
    }),
    { numRuns: 300 },
  );
});

const weekday = fc.constantFrom('SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA');
const list = (of: fc.Arbitrary<string>, most: number) =>
  fc.uniqueArray(of, { minLength: 1, maxLength: most }).map((some) => some.join(','));
const nth = fc
  .tuple(fc.constantFrom('1', '2', '3', '4', '-1', '-2'), weekday)
  .map(([place, name]) => `${place}${name}`);
const part = (name: string, of: fc.Arbitrary<string>) =>
  fc.option(
    of.map((value) => `;${name}=${value}`),
    { nil: '' },
  );

/** Rules in which ical.js finds a next day: the known ones in which it does not are in the table above. */
const rules = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), part('BYMONTH', fc.constantFrom('1,2,3,4,5,6', '3,6,9')))
    .map(([by, rest]) => `FREQ=DAILY;INTERVAL=${by}${rest}`),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), part('BYDAY', weekday))
    .map(([by, rest]) => `FREQ=WEEKLY;INTERVAL=${by}${rest}`),
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), part('BYMONTHDAY', list(fc.integer({ min: 1, max: 28 }).map(String), 3)))
    .map(([by, rest]) => `FREQ=MONTHLY;INTERVAL=${by}${rest}`),
  fc.tuple(fc.integer({ min: 1, max: 5 }), nth).map(([by, rest]) => `FREQ=MONTHLY;INTERVAL=${by};BYDAY=${rest}`),
  fc.tuple(fc.integer({ min: 1, max: 12 }), nth).map(([month, rest]) => `FREQ=YEARLY;BYMONTH=${month};BYDAY=${rest}`),
  fc.integer({ min: 1, max: 3 }).map((by) => `FREQ=YEARLY;INTERVAL=${by}`),
);

test('any rule comes on the days that ical.js says', () => {
  const firsts = fc.integer({ min: dayOf('2020-01-01'), max: dayOf('2026-12-31') });
  fc.assert(
    fc.property(rules, firsts, (rule, start) => {
      // From a day that the rule names: elsewhere the RFC leaves open what comes first.
      const first = recurringDays(ruleOf(rule), start, start + 1, start + 5000)[0];
      fc.pre(first !== undefined && new Date(first * DAY_MS).getUTCDate() <= 28);
      const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateString(textOf(first)));
      const theirs = Array.from({ length: 12 }, () => iterator.next()?.toString() ?? '');
      assert.deepEqual(
        recurringDays(ruleOf(rule), first, first, first + 14_000)
          .slice(0, 12)
          .map(textOf),
        theirs,
      );
    }),
    { numRuns: 400 },
  );
});
