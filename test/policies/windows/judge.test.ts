/** Whether something may start now, until when, and what people are told: a table over calendars, then any calendars at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Calendar } from '../../../policies/windows/calendar.ts';
import { judgeWindow, type WindowJudgement, whenCan } from '../../../policies/windows/judge.ts';
import { layOut } from '../../../policies/windows/openings.ts';
import { whyNotNow } from '../../../policies/windows/why-not.ts';
import { calendarsOf, event, question, short } from './fixture.ts';

/** Mondays to Fridays 22:00 to 06:00 in Berlin; 2026-06-01 is a Monday, Berlin is two hours ahead of UTC. */
const nights = (part = '', overrun = '') => `
  - name: nights
    effect: allow
    actions: ["vm.*"]
    zone: Europe/Berlin
${part}    times:
      - { start: "0 22 * * 1-5", for: 8h${overrun} }
`;
const freeze = (part = '', overrun = '') => `
  - name: freeze
    effect: deny
    actions: ["*"]
    reason: the year is closed
    zone: Europe/Berlin
${part}    times:
      - { from: 2026-06-02T23:00, to: 2026-06-03T01:00${overrun} }
`;
const file = (...calendars: string[]) => `calendars:${calendars.length === 0 ? ' []\n' : calendars.join('')}`;

interface Case {
  name: string;
  calendars: string[];
  at: string;
  action?: string;
  env?: string;
  target?: null;
  needed?: number;
  expected: string;
}

const MINUTE_MS = 60_000;
const prod = '    target: { env: [prod] }\n';

const cases: Case[] = [
  { name: 'without calendars it is open', calendars: [], at: '2026-06-01T12:00Z', expected: 'open' },
  {
    name: 'outside of every allow window it is closed',
    calendars: [nights()],
    at: '2026-06-01T12:00Z',
    expected: 'closed by nights:2, opens 2026-06-01T20:00Z',
  },
  {
    name: 'a window is open from its first moment',
    calendars: [nights()],
    at: '2026-06-01T20:00Z',
    expected: 'open until 2026-06-02T04:00Z by nights:7',
  },
  {
    name: 'and closed from its last on',
    calendars: [nights()],
    at: '2026-06-02T04:00Z',
    expected: 'closed by nights:2, opens 2026-06-02T20:00Z',
  },
  {
    name: 'on the weekend the next window is on Monday',
    calendars: [nights()],
    at: '2026-06-06T12:00Z',
    expected: 'closed by nights:2, opens 2026-06-08T20:00Z',
  },
  {
    name: 'a calendar for other targets does not matter',
    calendars: [nights(prod)],
    at: '2026-06-01T12:00Z',
    env: 'dev',
    expected: 'open',
  },
  {
    name: 'nor one for targets, without a target',
    calendars: [nights(prod)],
    at: '2026-06-01T12:00Z',
    target: null,
    expected: 'open',
  },
  {
    name: 'a calendar says nothing of reading',
    calendars: [nights(), freeze()],
    at: '2026-06-02T22:00Z',
    action: 'vm.list',
    expected: 'open',
  },
  {
    name: 'unless it names the risk',
    calendars: [freeze('    risks: [read]\n')],
    at: '2026-06-02T22:00Z',
    action: 'vm.list',
    expected: 'closed by freeze:9, opens 2026-06-02T23:00Z',
  },
  {
    name: 'a calendar for some risks leaves the others',
    calendars: [freeze('    risks: [destructive]\n')],
    at: '2026-06-02T22:00Z',
    expected: 'open',
  },
  {
    name: 'outside of every deny it is open until the next',
    calendars: [freeze()],
    at: '2026-06-02T20:00Z',
    expected: 'open until 2026-06-02T21:00Z',
  },
  {
    name: 'deny wins over an open window',
    calendars: [nights(), freeze()],
    at: '2026-06-02T22:00Z',
    expected: 'closed by freeze:15, opens 2026-06-02T23:00Z',
  },
  {
    name: 'a freeze ends a window',
    calendars: [nights(), freeze()],
    at: '2026-06-02T20:30Z',
    expected: 'open until 2026-06-02T21:00Z by nights:7',
  },
  {
    name: 'a run that fits may start',
    calendars: [nights()],
    at: '2026-06-02T03:10Z',
    needed: 50,
    expected: 'open until 2026-06-02T04:00Z by nights:7',
  },
  {
    name: 'one that is a minute too long may not',
    calendars: [nights()],
    at: '2026-06-02T03:11Z',
    needed: 50,
    expected: 'needs 50 min, 49 left, ended by nights:7, next 2026-06-02T20:00Z',
  },
  {
    name: 'one that reaches into a freeze may not',
    calendars: [nights(), freeze()],
    at: '2026-06-02T20:30Z',
    needed: 50,
    expected: 'needs 50 min, 30 left, ended by freeze:15, next 2026-06-02T23:00Z',
  },
  {
    name: 'a window that lets runs finish takes one of any length',
    calendars: [nights('', ', overrun: finish')],
    at: '2026-06-02T03:59Z',
    needed: 500,
    expected: 'open until 2026-06-02T04:00Z by nights:7, then finish',
  },
  {
    name: 'one that stops them after a step too',
    calendars: [nights('    overrun: stop-after-step\n')],
    at: '2026-06-02T03:59Z',
    needed: 500,
    expected: 'open until 2026-06-02T04:00Z by nights:8, then stop-after-step',
  },
  {
    name: 'what fits nowhere has no next opening',
    calendars: [nights()],
    at: '2026-06-02T03:00Z',
    needed: 481,
    expected: 'needs 481 min, 60 left, ended by nights:7, next never',
  },
  {
    name: 'the next opening is one in which it fits',
    calendars: [nights(), freeze()],
    at: '2026-06-02T12:00Z',
    needed: 240,
    expected: 'closed by nights:2, opens 2026-06-02T20:00Z, fits 2026-06-02T23:00Z',
  },
  {
    name: 'windows that touch are one',
    calendars: [nights(), nights().replace('nights', 'mornings').replace('0 22', '0 6').replace('8h', '2h')],
    at: '2026-06-02T03:00Z',
    needed: 150,
    expected: 'open until 2026-06-02T06:00Z by nights:7',
  },
];

function text(judgement: WindowJudgement): string {
  const at = (ms: number | null) => (ms === null ? 'never' : short(ms));
  const refs = (list: { name: string; line: number }[]) => list.map(({ name, line }) => `${name}:${line}`).join(' ');
  switch (judgement.kind) {
    case 'open': {
      const until = judgement.untilMs === null ? '' : ` until ${at(judgement.untilMs)}`;
      const then =
        judgement.untilMs === null || judgement.overrun === 'refuse-start-if-not-fit'
          ? ''
          : `, then ${judgement.overrun}`;
      return `open${until}${judgement.by.length === 0 ? '' : ` by ${refs(judgement.by)}`}${then}`;
    }
    case 'closed': {
      const fits = judgement.next?.fromMs === judgement.opensAtMs ? '' : `, fits ${at(judgement.next?.fromMs ?? null)}`;
      return `closed by ${refs(judgement.by.map(({ ref }) => ref))}, opens ${at(judgement.opensAtMs)}${fits}`;
    }
    case 'too-short':
      return `needs ${judgement.needsMs / MINUTE_MS} min, ${judgement.leftMs / MINUTE_MS} left, ended by ${refs(judgement.by)}, next ${at(judgement.next?.fromMs ?? null)}`;
  }
}

for (const { name, calendars, at, needed, expected, ...part } of cases) {
  test(name, () => {
    const neededMs = needed === undefined ? null : needed * MINUTE_MS;
    assert.equal(
      text(judgeWindow({ calendars: calendarsOf(file(...calendars)), question: question(at, part), neededMs })),
      expected,
    );
  });
}

test('the next openings are those of the next nights, without the hours of the freeze', () => {
  const calendars = calendarsOf(file(nights(), freeze()));
  const ask = { calendars, question: question('2026-06-01T12:00Z'), neededMs: null };
  assert.deepEqual(
    whenCan(ask, 4).map(({ fromMs, untilMs }) => `${short(fromMs)}/${untilMs === null ? '' : short(untilMs)}`),
    [
      '2026-06-01T20:00Z/2026-06-02T04:00Z',
      '2026-06-02T20:00Z/2026-06-02T21:00Z',
      '2026-06-02T23:00Z/2026-06-03T04:00Z',
      '2026-06-03T20:00Z/2026-06-04T04:00Z',
    ],
  );
  assert.deepEqual(
    whenCan({ ...ask, neededMs: 7 * 3_600_000 }, 2).map(({ fromMs }) => short(fromMs)),
    ['2026-06-01T20:00Z', '2026-06-03T20:00Z'],
  );
});

test('a night with a clock change lasts its eight hours', () => {
  const every = nights().replace('1-5', '*');
  const at = (time: string) =>
    whenCan({ calendars: calendarsOf(file(every)), question: question(time), neededMs: null }, 1);
  assert.deepEqual(
    at('2026-03-28T12:00Z').map(({ untilMs }) => short(untilMs ?? 0)),
    ['2026-03-29T05:00Z'],
  );
  assert.deepEqual(
    at('2026-10-24T12:00Z').map(({ untilMs }) => short(untilMs ?? 0)),
    ['2026-10-25T04:00Z'],
  );
});

test('a freeze over the doubled hour takes both, a window opens in the first', () => {
  const at = (effect: string) => {
    const calendars = calendarsOf(`calendars:
  - name: hour
    effect: ${effect}
    actions: ["*"]
    zone: Europe/Berlin
    times:
      - { start: "0 2 * * *", for: 30m }
      - { from: 2026-10-25T02:40, to: 2026-10-25T02:50 }
`);
    const spans = calendars.flatMap(({ entries }) =>
      entries.flatMap((entry) => entry.spans(Date.parse('2026-10-24T23:00Z'), Date.parse('2026-10-25T03:00Z'))),
    );
    return spans.map(({ fromMs, toMs }) => `${short(fromMs).slice(11)}/${short(toMs).slice(11)}`);
  };
  assert.deepEqual(at('deny'), ['00:00Z/00:30Z', '01:00Z/01:30Z', '00:40Z/01:50Z']);
});

test('a refusal names calendar, place, times of the reader and the next opening', () => {
  const ask = {
    calendars: calendarsOf(file(nights(), freeze())),
    question: question('2026-06-02T22:00Z'),
    neededMs: 90 * MINUTE_MS,
  };
  assert.deepEqual(whyNotNow(judgeWindow(ask), { zone: 'Asia/Kathmandu', now: ask.question.now }), [
    'calendar "freeze" (w/w.yaml:15) forbids it until Wed 2026-06-03 04:45 Asia/Kathmandu (UTC+5:45) (2026-06-02T23:00 to 2026-06-03T01:00, Europe/Berlin): the year is closed',
    'the next opening is in 1 h: from Wed 2026-06-03 04:45 Asia/Kathmandu (UTC+5:45) until Wed 2026-06-03 09:45 Asia/Kathmandu (UTC+5:45), opened by calendar "nights" (w/w.yaml:7)',
  ]);
});

test('where nothing is open for 60 days, people are told so', () => {
  const calendars = calendarsOf(file(freeze().replace('to: 2026-06-03T01:00', 'to: 2027-06-03')));
  const ask = { calendars, question: question('2026-06-02T22:00Z'), neededMs: null };
  assert.equal(
    whyNotNow(judgeWindow(ask), { zone: 'UTC', now: ask.question.now }).at(-1),
    'there is no opening within 60 days',
  );
});

test('an event of a freeze calendar is named with its own file and line', () => {
  const calendars = calendarsOf(
    file(freeze().replace('{ from: 2026-06-02T23:00, to: 2026-06-03T01:00 }', '{ ical: f.ics }')),
    { 'f.ics': event('DTSTART;VALUE=DATE:20260602', 'SUMMARY:Quarter end') },
  );
  const ask = { calendars, question: question('2026-06-02T12:00Z'), neededMs: null };
  assert.match(
    whyNotNow(judgeWindow(ask), { zone: 'UTC', now: 0 })[0] ?? '',
    /"freeze" \(w\/f\.ics:3\) forbids it until .* \(Quarter end\)/,
  );
});

const HOUR_MS = 3_600_000;
const overruns = fc.constantFrom('finish' as const, 'stop-after-step' as const, 'refuse-start-if-not-fit' as const);

/** Calendars of plain spans in hours, so that a second judgement can be made hour by hour. */
const someCalendars: fc.Arbitrary<Calendar[]> = fc.array(
  fc
    .record({
      effect: fc.constantFrom('allow' as const, 'deny' as const),
      entries: fc.array(fc.record({ from: fc.nat(60), length: fc.integer({ min: 1, max: 15 }), overrun: overruns }), {
        maxLength: 4,
      }),
    })
    .map(({ effect, entries }) => ({
      ref: { name: effect, file: 'f', line: 1 },
      effect,
      reason: null,
      scope: { actions: new Set(['vm.stop']), risks: new Set(['disruptive' as const]), target: null },
      entries: entries.map(({ from, length, overrun }, line) => {
        const span = { fromMs: from * HOUR_MS, toMs: (from + length) * HOUR_MS };
        const spans = (fromMs: number, toMs: number) => (span.fromMs < toMs && span.toMs > fromMs ? [span] : []);
        return { ref: { name: effect, file: 'f', line }, label: '', overrun, spans };
      }),
    })),
  { maxLength: 4 },
);

function openAt(calendars: readonly Calendar[], ms: number): boolean {
  const inside = (calendar: Calendar) => calendar.entries.some((entry) => entry.spans(ms, ms + 1).length > 0);
  const allows = calendars.filter(({ effect }) => effect === 'allow');
  return (
    !calendars.some((calendar) => calendar.effect === 'deny' && inside(calendar)) &&
    (allows.length === 0 || allows.some(inside))
  );
}

test('any calendars are open exactly in the hours in which no deny and, where there are any, some allow entry lasts', () => {
  fc.assert(
    fc.property(someCalendars, fc.nat(20), (calendars, first) => {
      const { openings, blockers } = layOut(calendars, first * HOUR_MS, 80 * HOUR_MS);
      for (let hour = first; hour < 80; hour++) {
        const ms = hour * HOUR_MS;
        const inside = openings.some(
          ({ fromMs, untilMs }) => fromMs <= ms && ms < (untilMs ?? Number.POSITIVE_INFINITY),
        );
        assert.equal(inside, openAt(calendars, ms), `hour ${hour}`);
      }
      assert.equal(blockers.length === 0, openAt(calendars, first * HOUR_MS));
      for (const [index, { fromMs, endsBy, untilMs }] of openings.entries()) {
        assert.ok(index === 0 || fromMs > (openings[index - 1]?.untilMs ?? Number.POSITIVE_INFINITY), 'apart');
        assert.equal(untilMs === null, endsBy.length === 0, 'an end has a cause');
      }
    }),
    { numRuns: 500 },
  );
});

test('what is judged open fits, and what is offered next may start then', () => {
  fc.assert(
    fc.property(someCalendars, fc.nat(70), fc.option(fc.integer({ min: 1, max: 20 })), (calendars, hour, needed) => {
      const neededMs = needed === null ? null : needed * HOUR_MS;
      const at = (now: number) =>
        judgeWindow({ calendars, question: { ...question('2026-01-01T00:00Z'), now }, neededMs });
      const judgement = at(hour * HOUR_MS);
      if (judgement.kind === 'open') {
        assert.ok(openAt(calendars, hour * HOUR_MS));
        const { untilMs, overrun } = judgement;
        assert.ok(
          untilMs === null ||
            neededMs === null ||
            overrun !== 'refuse-start-if-not-fit' ||
            untilMs - hour * HOUR_MS >= neededMs,
        );
      } else if (judgement.next !== null) assert.equal(at(judgement.next.fromMs).kind, 'open');
      if (judgement.kind === 'closed') assert.equal(openAt(calendars, hour * HOUR_MS), false);
    }),
    { numRuns: 500 },
  );
});
