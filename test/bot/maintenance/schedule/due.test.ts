/** What is done with a schedule at a moment: a table over lateness, overlap and windows, then any history at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  advance,
  type DueDecision,
  due,
  freshState,
  type ScheduleState,
} from '../../../../bot/maintenance/schedule/due.ts';
import { Schedule } from '../../../../bot/maintenance/schedule/schedule.ts';
import { type Slot, slotsBetween } from '../../../../bot/maintenance/schedule/slots.ts';
import type { WindowJudgement } from '../../../../policies/windows/judge.ts';

const at = (text: string) => Date.parse(`2026-06-${text}Z`);
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const open: WindowJudgement = { kind: 'open', untilMs: null, by: [], overrun: 'finish' };

function closedUntil(fromMs: number | null): WindowJudgement {
  const next =
    fromMs === null ? null : { fromMs, untilMs: null, by: [], endsBy: [], overrun: 'refuse-start-if-not-fit' as const };
  return { kind: 'closed', by: [], opensAtMs: fromMs, next };
}

interface Case {
  name: string;
  schedule?: Part;
  handledTo?: string;
  now: string;
  running?: string[];
  queued?: boolean;
  window?: WindowJudgement;
  expected: string;
}

type Part = Partial<Record<keyof Schedule, string | boolean>>;

/** Every day at 02:00 UTC; handled up to the first of June at noon. */
function nightly(part: Part = {}): Schedule {
  return Schedule.parse({ id: 'n', cron: '0 2 * * *', zone: 'UTC', ...part });
}

const cases: Case[] = [
  { name: 'before its time it waits for it', now: '02T01:59', expected: 'wait 02T02:00' },
  { name: 'at its time it runs', now: '02T02:00', expected: 'run 02' },
  { name: 'a tick that comes late is on time', now: '02T02:01:59', expected: 'run 02' },
  { name: 'a missed run is not made up for', now: '02T02:03', expected: 'skip missed 02 (1)' },
  { name: 'within its catch-up it is', schedule: { catchUp: '2h' }, now: '02T04:00', expected: 'run 02' },
  {
    name: 'after its catch-up it is not',
    schedule: { catchUp: '2h' },
    now: '02T04:03',
    expected: 'skip missed 02 (1)',
  },
  { name: 'runs missed in an outage are told as one', now: '12T12:00', expected: 'skip missed 12 (11)' },
  {
    name: 'of several within the catch-up the newest is left',
    schedule: { catchUp: '5d' },
    now: '04T12:00',
    expected: 'skip superseded 03 (2)',
  },
  { name: 'paused, nothing is due', schedule: { paused: true }, now: '02T02:00', expected: 'wait' },
  {
    name: 'a run that is still going is not doubled',
    now: '02T02:00',
    running: ['n/x'],
    expected: 'skip overlap 02 (1)',
  },
  {
    name: 'unless both may run',
    schedule: { overlap: 'parallel' },
    now: '02T02:00',
    running: ['n/x'],
    expected: 'run 02',
  },
  {
    name: 'both may run only in the window',
    schedule: { overlap: 'parallel' },
    now: '02T02:00',
    running: ['n/x'],
    window: closedUntil(null),
    expected: 'skip window 02 (1)',
  },
  { name: 'one may wait', schedule: { overlap: 'queue' }, now: '02T02:00', running: ['n/x'], expected: 'queue 02' },
  {
    name: 'but not two',
    schedule: { overlap: 'queue' },
    now: '02T02:00',
    running: ['n/x'],
    queued: true,
    expected: 'skip overlap 02 (1)',
  },
  { name: 'what waited runs once nothing is in front of it', now: '01T18:00', queued: true, expected: 'run 01' },
  {
    name: 'what waited until its window was over is offered again',
    now: '01T18:00',
    queued: true,
    window: closedUntil(at('01T22:00')),
    expected: 'offer-again 01 01T22:00',
  },
  {
    name: 'on time in a closed window it is skipped',
    now: '02T02:00',
    window: closedUntil(null),
    expected: 'skip window 02 (1)',
  },
  {
    name: 'late and outside its window it is offered again and does not run by day',
    schedule: { catchUp: '12h' },
    now: '02T09:00',
    window: closedUntil(at('02T22:00')),
    expected: 'offer-again 02 02T22:00',
  },
  {
    name: 'it waits for a window that opens within its catch-up',
    schedule: { catchUp: '2h' },
    now: '02T02:00',
    window: closedUntil(at('02T03:30')),
    expected: 'wait 02T03:30',
  },
  {
    name: 'it does not wait for one that opens later',
    schedule: { catchUp: '1h' },
    now: '02T02:00',
    window: closedUntil(at('02T03:30')),
    expected: 'skip window 02 (1)',
  },
  {
    name: 'a clock that stepped back finds it handled',
    handledTo: '02T02:00',
    now: '02T01:00',
    expected: 'wait 03T02:00',
  },
  { name: 'handled, it is not due again', handledTo: '02T02:00', now: '02T02:00', expected: 'wait 03T02:00' },
];

const day = (slot: Slot) => new Date(slot.atMs).toISOString().slice(8, 10);
const shown = (ms: number) => new Date(ms).toISOString().slice(8, 16);

function text(decision: DueDecision): string {
  switch (decision.kind) {
    case 'wait':
      return decision.untilMs === null ? 'wait' : `wait ${shown(decision.untilMs)}`;
    case 'skip':
      return `skip ${decision.why} ${day(decision.slot)} (${decision.count})`;
    case 'offer-again':
      return `offer-again ${day(decision.slot)} ${decision.next === null ? '' : shown(decision.next.fromMs)}`;
    case 'run':
    case 'queue':
      return `${decision.kind} ${day(decision.slot)}`;
  }
}

for (const {
  name,
  schedule: part,
  handledTo = '01T12:00',
  now,
  running = [],
  queued = false,
  window = open,
  expected,
} of cases) {
  test(name, () => {
    const schedule = nightly(part);
    const [waiting = null] = slotsBetween(schedule, at('01T00:00'), at('01T12:00'));
    const state = { handledToMs: at(handledTo), queued: queued ? waiting : null };
    assert.equal(text(due({ schedule, state, running, now: at(now), window })), expected);
  });
}

test('what waited does not run early under a clock that stepped back', () => {
  const schedule = nightly({ overlap: 'queue' });
  const [queued = null] = slotsBetween(schedule, at('02T00:00'), at('02T12:00'));
  const state = { handledToMs: at('02T02:00'), queued };
  assert.equal(text(due({ schedule, state, running: [], now: at('02T01:30'), window: open })), 'wait 02T02:00');
});

test('an outage of years is told in one step, and how many runs were missed up to a limit', () => {
  const schedule = Schedule.parse({ id: 'm', cron: '* * * * *', zone: 'Europe/Berlin' });
  const state = freshState(Date.UTC(2023, 0, 1), null);
  const decision = due({ schedule, state, running: [], now: Date.UTC(2026, 0, 1), window: open });
  assert.equal(decision.kind, 'skip');
  assert.deepEqual([decision.why, decision.count, decision.atLeast], ['missed', 1000, true]);
  assert.ok(advance(state, decision).handledToMs >= Date.UTC(2026, 0, 1) - 3 * MINUTE_MS);
});

test('no longer paused, nothing from before is due', () => {
  const schedule = nightly({ catchUp: '7d' });
  const state = freshState(at('05T09:00'), { handledToMs: at('01T12:00'), queued: null });
  assert.equal(text(due({ schedule, state, running: [], now: at('05T09:00'), window: open })), 'wait 06T02:00');
});

test('no longer paused under a clock that stepped back, nothing from before is due either', () => {
  const schedule = nightly({ catchUp: '7d' });
  const state = freshState(at('01T09:00'), { handledToMs: at('05T12:00'), queued: null });
  assert.equal(text(due({ schedule, state, running: [], now: at('01T09:00'), window: open })), 'wait 06T02:00');
});

/** One step of a history: time passes (or the clock steps back), runs end, the window opens or closes, pauses begin or end. */
const steps = fc.record({
  passes: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 90 * MINUTE_MS }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 4 * 24 * HOUR_MS }) },
    { weight: 1, arbitrary: fc.integer({ min: -5 * HOUR_MS, max: 0 }) },
  ),
  ends: fc.boolean(),
  window: fc.constantFrom<'open' | 'closed' | 'soon'>('open', 'open', 'closed', 'soon'),
  pause: fc.constantFrom<'keep' | 'toggle'>('keep', 'keep', 'keep', 'toggle'),
});

type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

const schedules = fc
  .record({
    cron: fc.constantFrom('*/5 * * * *', '0 * * * *', '30 2 * * *', '15 */3 * * *', '0 2 * * 0'),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Casablanca'),
    catchUp: fc.constantFrom('0s', '10m', '3h', '7d'),
    overlap: fc.constantFrom('skip', 'queue', 'parallel'),
    dstFold: fc.constantFrom('first', 'second', 'both'),
    dstGap: fc.constantFrom('skip', 'shift-forward'),
    jitter: fc.constantFrom('0s', '7m', '2h'),
  })
  .map((part) => Schedule.parse({ id: 'any', ...part }));

const starts = fc.constantFrom('2026-03-28T20:00Z', '2026-10-24T20:00Z', '2026-04-04T10:00Z', '2026-02-14T20:00Z');

interface Ran {
  slot: Slot;
  now: number;
  paused: boolean;
  window: string;
  running: number;
}

function play(schedule: Schedule, start: number, history: readonly Step[]) {
  let state: ScheduleState = freshState(start, null);
  let now = start;
  let paused = false;
  let running: string[] = [];
  const ran: Ran[] = [];
  const pauses: { fromMs: number; toMs: number }[] = [];
  for (const { passes, ends, window, pause } of history) {
    now += passes;
    if (ends) running = running.slice(1);
    if (pause === 'toggle') {
      if (paused) state = freshState(now, state);
      if (paused) pauses.push({ fromMs: pauses.pop()?.fromMs ?? now, toMs: now });
      else pauses.push({ fromMs: now, toMs: Number.POSITIVE_INFINITY });
      paused = !paused;
    }
    const judgement = window === 'open' ? open : closedUntil(window === 'soon' ? now + HOUR_MS : null);
    for (let asked = 0; ; asked++) {
      assert.ok(asked < 8, 'it comes to an end');
      const decision = due({ schedule: { ...schedule, paused }, state, running, now, window: judgement });
      const after = advance(state, decision);
      assert.ok(after.handledToMs >= state.handledToMs, 'nothing handled comes back');
      state = after;
      if (decision.kind === 'wait') break;
      if (decision.kind !== 'run') continue;
      ran.push({ slot: decision.slot, now, paused, window, running: running.length });
      running = [...running, decision.slot.id];
    }
  }
  return { ran, pauses };
}

test('in any history no slot runs twice, early, out of order, paused, over another or in a closed window', () => {
  fc.assert(
    fc.property(schedules, starts, fc.array(steps, { minLength: 5, maxLength: 40 }), (schedule, from, history) => {
      const start = Date.parse(from);
      const { ran, pauses } = play(schedule, start, history);
      const ids = ran.map(({ slot }) => slot.id);
      assert.equal(new Set(ids).size, ids.length, 'twice');
      assert.deepEqual(
        ran.map(({ slot }) => slot.atMs),
        ran.map(({ slot }) => slot.atMs).toSorted((a, b) => a - b),
        'order',
      );
      for (const { slot, now, paused, window, running } of ran) {
        assert.ok(slot.startMs <= now && slot.atMs > start, 'early');
        assert.equal(paused, false);
        assert.equal(window, 'open');
        assert.ok(schedule.overlap === 'parallel' || running === 0, 'overlap');
        const lateMs = now - slot.startMs;
        assert.ok(schedule.overlap === 'queue' || lateMs <= schedule.catchUp * 1000 + 2 * MINUTE_MS, 'late');
        for (const { fromMs, toMs } of pauses)
          assert.ok(!(slot.atMs > fromMs && slot.atMs <= toMs && now >= toMs), 'from a pause');
      }
    }),
    { numRuns: 200 },
  );
});

test('asked every minute with nothing in the way, every slot runs, each when it starts', () => {
  fc.assert(
    fc.property(schedules, starts, (schedule, from) => {
      const start = Date.parse(from);
      const end = start + 12 * HOUR_MS;
      let state = freshState(start, null);
      const ran: string[] = [];
      for (let now = start; now <= end; now += MINUTE_MS) {
        for (let asked = 0; ; asked++) {
          assert.ok(asked < 8, 'it comes to an end');
          const decision = due({ schedule, state, running: [], now, window: open });
          if (decision.kind === 'wait') break;
          state = advance(state, decision);
          if (decision.kind === 'run') ran.push(decision.slot.id);
          if (decision.kind === 'skip') assert.equal(decision.why, 'superseded');
        }
      }
      const slots = slotsBetween(schedule, start + 1, end + 1).filter(({ startMs }) => startMs <= end);
      const alone = slots.filter(
        ({ startMs }, index) =>
          Math.ceil((slots[index + 1]?.startMs ?? end + MINUTE_MS) / MINUTE_MS) > Math.ceil(startMs / MINUTE_MS),
      );
      assert.deepEqual(
        ran,
        alone.map(({ id }) => id),
      );
    }),
    { numRuns: 25 },
  );
});
