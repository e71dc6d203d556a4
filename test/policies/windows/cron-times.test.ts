/** Cron expressions: what they name is what `cron` itself finds where no clock is changed, and wrong ones are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CronTime } from 'cron';
import fc from 'fast-check';
import { type Cron, readCron, wallTimes } from '../../../policies/windows/cron-times.ts';

const YEAR_MS = 366 * 86_400_000;

function cronOf(text: string): Cron {
  const read = readCron(text);
  if (read.kind === 'broken') throw new Error(read.problem);
  return read.cron;
}

function first(text: string, from: string, count: number): string[] {
  const start = Date.parse(from);
  const found = wallTimes(cronOf(text), start, start + 10 * YEAR_MS).take(count);
  return [...found].map((wall) => new Date(wall).toISOString().slice(0, 16));
}

const known: [text: string, from: string, expected: string[]][] = [
  ['30 2 * * *', '2026-01-01T00:00Z', ['2026-01-01T02:30', '2026-01-02T02:30']],
  ['*/20 * * * *', '2026-01-01T00:05Z', ['2026-01-01T00:20', '2026-01-01T00:40', '2026-01-01T01:00']],
  ['0 9-17/4 * * mon-fri', '2026-01-03T00:00Z', ['2026-01-05T09:00', '2026-01-05T13:00', '2026-01-05T17:00']],
  ['0 0 29 2 *', '2026-01-01T00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
  // Named both, a day of the month and a weekday: either.
  ['0 0 13 * 5', '2026-03-01T00:00Z', ['2026-03-06T00:00', '2026-03-13T00:00', '2026-03-20T00:00']],
  ['0 0 1 * 7', '2026-02-28T00:00Z', ['2026-03-01T00:00', '2026-03-08T00:00']],
  // What `cron` writes down as `*` must not become every day.
  ['0 0 1-30 1-11 *', '2026-01-30T00:00Z', ['2026-01-30T00:00', '2026-02-01T00:00']],
];

for (const [text, from, expected] of known) {
  test(`"${text}" from ${from} on comes at ${expected.join(', ')}`, () => {
    assert.deepEqual(first(text, from, expected.length), expected);
  });
}

const refused: [text: string, says: RegExp][] = [
  ['', /five fields/],
  ['* * * *', /five fields/],
  ['0 * * * * *', /five fields/],
  ['@daily', /five fields/],
  ['60 * * * *', /minute "60"/],
  ['0 24 * * *', /hour "24"/],
  ['0 0 0 * *', /day "0"/],
  ['0 0 * 13 *', /month "13"/],
  ['0 0 * * 8', /weekday "8"/],
  ['*/0 * * * *', /step of zero/],
  ['5-1 * * * *', /minute "5-1"/],
  ['0 0 * * monday', /weekday "monday"/],
  ['0 0 30 2 *', /never comes/],
  ['0 0 31 4,6 *', /never comes/],
];

for (const [text, says] of refused) {
  test(`"${text}" is refused: ${says.source}`, () => {
    const read = readCron(text);
    assert.equal(read.kind, 'broken');
    assert.match(read.problem, says);
  });
}

function field(min: number, max: number) {
  const value = fc.integer({ min, max });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: 7 });
  return fc.oneof(
    fc.constant('*'),
    value.map(String),
    range,
    step.map((by) => `*/${by}`),
    fc.tuple(range, step).map(([of, by]) => `${of}/${by}`),
    fc.array(value, { minLength: 1, maxLength: 3 }).map((values) => values.join(',')),
  );
}

const expressions = fc
  .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7))
  .map((fields) => fields.join(' '));

test('any expression comes when `cron` says it comes, in UTC', () => {
  fc.assert(
    fc.property(
      expressions,
      fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
      (text, from) => {
        const theirs: number[] = [];
        const times = new CronTime(text, 'UTC');
        let at = new Date(Math.floor(from.getTime() / 60_000) * 60_000);
        const start = at.getTime() + 1;
        for (let n = 0; n < 4; n++) {
          at = times.getNextDateFrom(at, 'UTC').toJSDate();
          theirs.push(at.getTime());
        }
        assert.deepEqual([...wallTimes(cronOf(text), start, start + 9 * YEAR_MS).take(4)], theirs);
      },
    ),
    { numRuns: 150 },
  );
});

test('nothing that people type makes the reader throw', () => {
  const pieces = fc.constantFrom('*', '/', '-', ',', '0', '5', '99', 'mon', 'x', '@', '', '\n', '٣');
  const odd = fc.array(
    fc.array(pieces, { maxLength: 5 }).map((part) => part.join('')),
    { maxLength: 7 },
  );
  fc.assert(
    fc.property(odd, (parts) => ['cron', 'broken'].includes(readCron(parts.join(' ')).kind)),
    { numRuns: 300 },
  );
});
