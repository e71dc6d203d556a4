/**
 * What is to be done with a schedule now. One decision a call, pure: the caller makes it durable together with the state
 * that `advance` gives, then acts, then asks again until the answer is `wait`.
 *
 * Never twice and never out of order: `handledToMs` only grows, and no slot due before it is looked at again. A clock that
 * steps back finds everything handled. After an outage only the newest missed slot is made up for.
 */
import { typeSeconds } from '../../../actions/units.ts';
import type { WindowJudgement } from '../../../policies/windows/judge.ts';
import { DAY_MS } from '../../../policies/windows/local-time.ts';
import type { Opening } from '../../../policies/windows/openings.ts';
import type { Schedule } from './schedule.ts';
import { nextSlots, type Slot, slotsBetween } from './slots.ts';

/** Durable, one for a schedule. */
export interface ScheduleState {
  /** Every slot due at or before this is done with, ms since the epoch. */
  handledToMs: number;
  /** The one slot that waits for the run before it. */
  queued: Slot | null;
}

export interface DueAsk {
  schedule: Schedule;
  state: ScheduleState;
  /** Ids of slots whose runs are not over. */
  running: readonly string[];
  now: number;
  /** Whether it may start now. */
  window: WindowJudgement;
}

export type SkipReason = 'missed' | 'superseded' | 'overlap' | 'window';

export type DueDecision =
  | { kind: 'run'; slot: Slot }
  /** `slot` is the newest of `count`; `atLeast`: there were more. */
  | { kind: 'skip'; slot: Slot; count: number; atLeast: boolean; why: SkipReason; reason: string }
  | { kind: 'queue'; slot: Slot }
  /** It would start late and outside its window: a person is asked. `next`: when it would fit; null: not soon. */
  | { kind: 'offer-again'; slot: Slot; reason: string; next: Opening | null }
  /** `untilMs` null: until something else changes. */
  | { kind: 'wait'; untilMs: number | null; reason: string };

/** A tick, a restart or a change of leader is not a missed run. */
export const ON_TIME_MS = 120_000;
/** Missed slots are counted up to here. */
const MAX_COUNTED = 1000;

/**
 * For a schedule that is made, changed, or no longer paused: nothing from before is due. `before` is its earlier state, so
 * that a clock which stepped back meanwhile brings nothing back.
 */
export function freshState(now: number, before: ScheduleState | null): ScheduleState {
  return { handledToMs: Math.max(now, before?.handledToMs ?? now), queued: null };
}

export function advance(state: ScheduleState, decision: DueDecision): ScheduleState {
  switch (decision.kind) {
    case 'wait':
      return state;
    case 'queue':
      return { handledToMs: Math.max(state.handledToMs, decision.slot.atMs), queued: decision.slot };
    case 'skip':
    case 'run':
    case 'offer-again': {
      const queued = state.queued?.id === decision.slot.id ? null : state.queued;
      return { handledToMs: Math.max(state.handledToMs, decision.slot.atMs), queued };
    }
  }
}

export function due(ask: DueAsk): DueDecision {
  const { schedule, state, running } = ask;
  if (schedule.paused) return { kind: 'wait', untilMs: null, reason: 'the schedule is paused' };
  if (state.queued !== null && running.length === 0) return unqueue(ask, state.queued);
  const missed = missedSlots(ask);
  if (missed !== null) return missed;
  const pending = pendingSlots(ask);
  const [newest, before] = pending.toReversed();
  if (newest === undefined) return untilNext(ask);
  if (before !== undefined) {
    const reason = `${newest.id} is due as well; only the newest is run`;
    return skip(before, 'superseded', reason, pending.length - 1);
  }
  return running.length > 0 ? overlapping(ask, newest) : throughWindow(ask, newest, isLate(ask, newest));
}

/** Too old to be made up for. Looks back no further than it must to say how many there were. */
function missedSlots({ schedule, state, now }: DueAsk): DueDecision | null {
  const oldestMs = oldestToStart(schedule, now);
  const found: Slot[] = [];
  let stepMs = DAY_MS;
  for (let toMs = oldestMs; toMs > state.handledToMs + 1 && found.length <= MAX_COUNTED; stepMs *= 2) {
    const fromMs = Math.max(state.handledToMs + 1, toMs - stepMs);
    found.unshift(...slotsBetween(schedule, fromMs, toMs).filter(({ startMs }) => startMs < oldestMs));
    toMs = fromMs;
  }
  const newest = found.at(-1);
  if (newest === undefined) return null;
  const reason = `${newest.named} was missed, and a run is made up for within ${typeSeconds(schedule.catchUp)} only`;
  return skip(newest, 'missed', reason, found.length);
}

/** Slots whose start has come, in order; one that is still delayed keeps those behind it back. */
function pendingSlots({ schedule, state, now }: DueAsk): Slot[] {
  const fromMs = Math.max(state.handledToMs + 1, oldestToStart(schedule, now) - schedule.jitter * 1000);
  const slots = slotsBetween(schedule, fromMs, now + 1);
  const delayed = slots.findIndex(({ startMs }) => startMs > now);
  return delayed === -1 ? slots : slots.slice(0, delayed);
}

function untilNext({ schedule, state, now, running }: DueAsk): DueDecision {
  if (state.queued !== null && running.length > 0)
    return { kind: 'wait', untilMs: null, reason: `${state.queued.id} waits for ${running.join(', ')}` };
  const [next] = nextSlots(schedule, Math.max(state.handledToMs + 1, now - schedule.jitter * 1000), 1);
  if (next === undefined) return { kind: 'wait', untilMs: null, reason: 'no further run' };
  return { kind: 'wait', untilMs: next.startMs, reason: `the next run is ${next.id}` };
}

function overlapping(ask: DueAsk, slot: Slot): DueDecision {
  const { schedule, state, running } = ask;
  switch (schedule.overlap) {
    case 'parallel':
      return throughWindow(ask, slot, isLate(ask, slot));
    case 'skip':
      return skip(slot, 'overlap', `${running.join(', ')} is still going`, 1);
    case 'queue':
      if (state.queued === null) return { kind: 'queue', slot };
      return skip(slot, 'overlap', `${state.queued.id} waits already`, 1);
  }
}

/** It was due when it was queued; under a clock that stepped back since, it is not yet. */
function unqueue(ask: DueAsk, slot: Slot): DueDecision {
  if (slot.startMs <= ask.now) return throughWindow(ask, slot, true);
  return { kind: 'wait', untilMs: slot.startMs, reason: `the next run is ${slot.id}` };
}

/** On time and closed: the window is the schedule's own doing. Late and closed: it was to run, so a person is asked. */
function throughWindow({ schedule, window, now }: DueAsk, slot: Slot, late: boolean): DueDecision {
  if (window.kind === 'open') return { kind: 'run', slot };
  const { next } = window;
  const inTime = next !== null && next.fromMs > now && next.fromMs <= slot.startMs + schedule.catchUp * 1000;
  if (inTime) return { kind: 'wait', untilMs: next.fromMs, reason: `${slot.id} waits for its window` };
  const reason = window.kind === 'closed' ? 'the window is closed' : 'the window is too short';
  if (!late) return skip(slot, 'window', `${reason} at ${slot.named}`, 1);
  return { kind: 'offer-again', slot, reason: `it would start late, and ${reason}`, next };
}

/** A slot that was to start before is missed. */
function oldestToStart({ catchUp }: Schedule, now: number): number {
  return now - catchUp * 1000 - ON_TIME_MS;
}

function isLate({ now }: DueAsk, { startMs }: Slot): boolean {
  return now - startMs > ON_TIME_MS;
}

function skip(slot: Slot, why: SkipReason, reason: string, count: number): DueDecision {
  return { kind: 'skip', slot, count: Math.min(count, MAX_COUNTED), atLeast: count > MAX_COUNTED, why, reason };
}
