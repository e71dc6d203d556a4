/** iCalendar files: what real programs write is understood or refused at its line; nothing makes the reader throw or hang. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readIcal } from '../../../policies/windows/ical.ts';
import { calendarsOf, event, ics, load, spansOf } from './fixture.ts';

function yaml(part = ''): string {
  return `calendars:
  - name: freeze
    effect: deny
    actions: ["*"]
    zone: Europe/Berlin
    times:
      - { ical: f.ics${part} }
`;
}

const spans = (text: string, from: string, to: string, part = '') =>
  spansOf(calendarsOf(yaml(part), { 'f.ics': text }), from, to);

const cases: { name: string; text: string; from: string; to: string; expected: string[] }[] = [
  {
    name: 'a whole day lasts from midnight to midnight in the zone of the calendar, also when it has 25 hours',
    text: event('DTSTART;VALUE=DATE:20261025'),
    from: '2026-10-01T00:00Z',
    to: '2026-11-01T00:00Z',
    expected: ['2026-10-24T22:00Z/2026-10-25T23:00Z'],
  },
  {
    name: 'the last day of several is the day before DTEND',
    text: event('DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'),
    from: '2026-12-01T00:00Z',
    to: '2027-01-01T00:00Z',
    expected: ['2026-12-23T23:00Z/2026-12-26T23:00Z'],
  },
  {
    name: 'a time in UTC stays where it is',
    text: event('DTSTART:20260601T100000Z', 'DTEND:20260601T113000Z'),
    from: '2026-06-01T00:00Z',
    to: '2026-06-02T00:00Z',
    expected: ['2026-06-01T10:00Z/2026-06-01T11:30Z'],
  },
  {
    name: 'a time without a zone is in the zone of the calendar',
    text: event('DTSTART:20260601T100000', 'DURATION:PT90M'),
    from: '2026-06-01T00:00Z',
    to: '2026-06-02T00:00Z',
    expected: ['2026-06-01T08:00Z/2026-06-01T09:30Z'],
  },
  {
    name: 'recurring events keep their time on the wall over a clock change',
    text: event('DTSTART;TZID=America/New_York:20260306T200000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY'),
    from: '2026-03-07T12:00Z',
    to: '2026-03-10T12:00Z',
    expected: [
      '2026-03-08T01:00Z/2026-03-08T02:00Z',
      '2026-03-09T00:00Z/2026-03-09T01:00Z',
      '2026-03-10T00:00Z/2026-03-10T01:00Z',
    ],
  },
  {
    name: 'excepted occurrences fall out, by time and by day',
    text: event(
      'DTSTART;TZID=Europe/Berlin:20260601T100000',
      'DURATION:PT1H',
      'RRULE:FREQ=DAILY;COUNT=4',
      'EXDATE;TZID=Europe/Berlin:20260602T100000',
      'EXDATE;VALUE=DATE:20260603',
    ),
    from: '2026-06-01T00:00Z',
    to: '2026-06-30T00:00Z',
    expected: ['2026-06-01T08:00Z/2026-06-01T09:00Z', '2026-06-04T08:00Z/2026-06-04T09:00Z'],
  },
  {
    name: 'extra dates join in',
    text: event('DTSTART;VALUE=DATE:20260601', 'RDATE;VALUE=DATE:20260610,20260612'),
    from: '2026-06-01T12:00Z',
    to: '2026-06-11T00:00Z',
    expected: ['2026-05-31T22:00Z/2026-06-01T22:00Z', '2026-06-09T22:00Z/2026-06-10T22:00Z'],
  },
  {
    name: 'the last occurrence is the one before UNTIL',
    text: event(
      'DTSTART;TZID=Europe/Berlin:20260601T100000',
      'DURATION:PT1H',
      'RRULE:FREQ=WEEKLY;UNTIL=20260615T080000Z',
    ),
    from: '2026-06-08T00:00Z',
    to: '2026-07-30T00:00Z',
    expected: ['2026-06-08T08:00Z/2026-06-08T09:00Z', '2026-06-15T08:00Z/2026-06-15T09:00Z'],
  },
  {
    name: 'an occurrence that was moved is where it was moved to, and one that was cancelled is nowhere',
    text: ics(
      ...[
        'BEGIN:VEVENT',
        'UID:a',
        'DTSTART:20260601T100000Z',
        'DURATION:PT1H',
        'RRULE:FREQ=DAILY;COUNT=3',
        'END:VEVENT',
      ],
      ...[
        'BEGIN:VEVENT',
        'UID:a',
        'RECURRENCE-ID:20260602T100000Z',
        'DTSTART:20260602T150000Z',
        'DURATION:PT2H',
        'END:VEVENT',
      ],
      ...[
        'BEGIN:VEVENT',
        'UID:a',
        'RECURRENCE-ID:20260603T100000Z',
        'DTSTART:20260603T100000Z',
        'DURATION:PT1H',
        'STATUS:CANCELLED',
        'END:VEVENT',
      ],
    ),
    from: '2026-06-01T00:00Z',
    to: '2026-06-30T00:00Z',
    expected: ['2026-06-01T10:00Z/2026-06-01T11:00Z', '2026-06-02T15:00Z/2026-06-02T17:00Z'],
  },
  {
    name: 'an event that began long ago and lasts is found',
    text: event('DTSTART;VALUE=DATE:20200101', 'DTEND;VALUE=DATE:20300101'),
    from: '2026-06-01T00:00Z',
    to: '2026-06-01T00:01Z',
    expected: ['2019-12-31T23:00Z/2029-12-31T23:00Z'],
  },
  {
    name: 'folded lines, lower case and other components do no harm',
    text: ics(
      'BEGIN:VTODO',
      'UID:t',
      'END:VTODO',
      'BEGIN:VEVENT',
      'uid:1',
      'DTSTART;TZID=Europe',
      ' /Berlin:2026060',
      ' 1T100000',
      'DURATION:PT1H',
      'SUMMARY:Long',
      '  words',
      'END:VEVENT',
    ),
    from: '2026-06-01T00:00Z',
    to: '2026-06-02T00:00Z',
    expected: ['2026-06-01T08:00Z/2026-06-01T09:00Z'],
  },
];

for (const { name, text, from, to, expected } of cases) {
  test(name, () => assert.deepEqual(spans(text, from, to), expected));
}

test("a calendar program's own name for a zone is looked up in the calendar", () => {
  const text = event('DTSTART;TZID="W. Europe Standard Time":20260601T100000', 'DURATION:PT1H');
  const named = ', zones: { "W. Europe Standard Time": Europe/Berlin }';
  assert.deepEqual(spans(text, '2026-06-01T00:00Z', '2026-06-02T00:00Z', named), [
    '2026-06-01T08:00Z/2026-06-01T09:00Z',
  ]);
});

test('a path before the name of a zone is left out', () => {
  const text = event('DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260601T100000', 'DURATION:PT1H');
  assert.deepEqual(spans(text, '2026-06-01T00:00Z', '2026-06-02T00:00Z'), ['2026-06-01T08:00Z/2026-06-01T09:00Z']);
});

/** `at` is the line in the file. */
const wrong: { name: string; text: string; at: number; says: RegExp }[] = [
  { name: 'no calendar', text: 'hello', at: 1, says: /not an iCalendar file/ },
  { name: 'nothing', text: '', at: 1, says: /not an iCalendar file/ },
  {
    name: 'a calendar that does not end',
    text: 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n',
    at: 1,
    says: /not an iCalendar file/,
  },
  {
    name: 'a vCard',
    text: 'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nEND:VCARD\r\n',
    at: 1,
    says: /not an iCalendar file/,
  },
  {
    name: 'an unknown zone',
    text: event('DTSTART;TZID=Mars/Olympus:20260601T100000', 'DURATION:PT1H'),
    at: 3,
    says: /unknown zone "Mars\/Olympus": name it/,
  },
  { name: 'no beginning', text: event('SUMMARY:x'), at: 3, says: /no DTSTART/ },
  { name: 'no length', text: event('DTSTART:20260601T100000Z'), at: 3, says: /neither DTEND nor DURATION/ },
  { name: 'no day', text: event('DTSTART;VALUE=DATE:20260230'), at: 3, says: /DTSTART is no date/ },
  {
    name: 'an end before the beginning',
    text: event('DTSTART:20260601T100000Z', 'DTEND:20260601T090000Z'),
    at: 3,
    says: /not after/,
  },
  {
    name: 'an end of another kind',
    text: event('DTSTART:20260601T100000Z', 'DTEND;VALUE=DATE:20260603'),
    at: 3,
    says: /a day and the other a time/,
  },
  {
    name: 'a rule by the minute',
    text: event('DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=MINUTELY'),
    at: 3,
    says: /RRULE FREQ/,
  },
  {
    name: 'a rule with hours',
    text: event('DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=DAILY;BYHOUR=3'),
    at: 3,
    says: /RRULE BYHOUR/,
  },
  {
    name: 'a rule with weeks of the year',
    text: event('DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=YEARLY;BYWEEKNO=20'),
    at: 3,
    says: /RRULE BYWEEKNO/,
  },
  {
    name: 'two rules',
    text: event('DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=DAILY', 'RRULE:FREQ=WEEKLY'),
    at: 3,
    says: /more than one RRULE/,
  },
  {
    name: 'periods',
    text: event('DTSTART;VALUE=DATE:20260601', 'RDATE;VALUE=PERIOD:20260601T100000Z/PT1H'),
    at: 3,
    says: /RDATE is no date/,
  },
  {
    name: 'a change of all later events',
    text: event('RECURRENCE-ID;RANGE=THISANDFUTURE:20260601T100000Z', 'DTSTART:20260601T100000Z', 'DURATION:PT1H'),
    at: 3,
    says: /all later events/,
  },
];

for (const { name, text, at, says } of wrong) {
  test(`${name} is refused at its line`, () => {
    const loaded = load(yaml(), { 'f.ics': text });
    assert.equal(loaded.kind, 'broken');
    const [problem] = loaded.problems;
    assert.equal(`${problem?.file}:${problem?.line}`, `w/f.ics:${at}`);
    assert.match(problem?.problem ?? '', says);
  });
}

const names = fc.constantFrom(
  'BEGIN',
  'END',
  'DTSTART',
  'DTEND',
  'DURATION',
  'RRULE',
  'EXDATE',
  'RDATE',
  'RECURRENCE-ID',
  'UID',
  'STATUS',
  'X',
);
const parameters = fc.constantFrom(
  '',
  ';TZID=Europe/Berlin',
  ';TZID=',
  ';VALUE=DATE',
  ';VALUE=PERIOD',
  ';RANGE=THISANDFUTURE',
  ';=',
  ';"',
);
const values = fc.oneof(
  fc.constantFrom(
    'VEVENT',
    'VCALENDAR',
    '20260601',
    '20260601T100000',
    '20260601T100000Z',
    '20261399',
    'P1D',
    'PT1H',
    '-P1D',
    'P',
    '',
    'CANCELLED',
    '__proto__',
  ),
  fc
    .tuple(
      fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY', 'SECONDLY', 'x'),
      fc.constantFrom(
        '',
        ';COUNT=0',
        ';COUNT=9999',
        ';INTERVAL=0',
        ';INTERVAL=999',
        ';BYDAY=53MO',
        ';BYDAY=x',
        ';BYMONTHDAY=31;BYMONTH=2',
        ';UNTIL=x',
        ';UNTIL=19000101',
        ';BYSETPOS=366',
        ';WKST=XX',
      ),
    )
    .map(([freq, rest]) => `FREQ=${freq}${rest}`),
  fc.string({ maxLength: 12 }),
);
const lines = fc.array(
  fc.tuple(names, parameters, values).map(([name, parameter, value]) => `${name}${parameter}:${value}`),
  { maxLength: 9 },
);

test('whatever stands in a file, it is read or refused, and what is read can be asked', () => {
  fc.assert(
    fc.property(lines, fc.boolean(), (inner, dressed) => {
      const text = dressed
        ? event('DTSTART;VALUE=DATE:20260101', ...inner)
        : ics('BEGIN:VEVENT', ...inner, 'END:VEVENT');
      const loaded = load(yaml(), { 'f.ics': text });
      if (loaded.kind === 'broken') return loaded.problems.every(({ line }) => line >= 1);
      const found = loaded.calendars.flatMap(({ entries }) =>
        entries.flatMap((entry) => entry.spans(Date.UTC(2026, 0), Date.UTC(2026, 6))),
      );
      return found.every(({ fromMs, toMs }) => fromMs < toMs && toMs > Date.UTC(2026, 0) && fromMs < Date.UTC(2026, 6));
    }),
    { numRuns: 1500 },
  );
});

test('bytes that are no calendar at all are refused', () => {
  const junk = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(fc.constantFrom('BEGIN:VCALENDAR', 'END:VCALENDAR', ' ', ':', ';'), { maxLength: 9 })
      .map((parts) => parts.join('\r\n')),
  );
  fc.assert(
    fc.property(junk, (text) => ['read', 'broken'].includes(readIcal(text).kind)),
    { numRuns: 500 },
  );
});
