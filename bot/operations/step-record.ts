/** What is kept of a step, and what the audit log is told of its end. Pure. */
import { OpsError } from '../../actions/errors.ts';
import type { EffectResult } from '../record-entry.ts';
import type { Step } from './operation.ts';

export function newStep(title: string, startedAt: number): Step {
  return {
    title,
    status: 'running',
    attempt: 1,
    startedAt,
    endedAt: null,
    evidence: '',
    error: null,
    record: null,
    intent: null,
    recorded: true,
  };
}

/** The error that ended a step, so that a resumed operation takes the same way as before. */
export function revived({ error, title }: Step): OpsError {
  return error === null ? new OpsError('failed', `${title}: failed before`) : new OpsError(error.code, error.message);
}

/** A step that ended on a host that was never reached: nothing was called, so doing it again is safe. */
export function wasNeverCalled({ status, error }: Step): boolean {
  return status === 'unknown' && error?.code === 'unreachable';
}

/** The result of an ended step, as it is told when its process died before it could. */
export function lateResultOf(step: Step): EffectResult {
  const { status, evidence } = step;
  const info = { ok: status === 'done', info: evidence, recovered: true };
  return resultOf(step, status === 'unknown' ? { ...info, outcome: 'unknown' } : info);
}

export function resultOf(step: Step, result: Partial<EffectResult>): EffectResult {
  return {
    ok: false,
    ms: (step.endedAt ?? step.startedAt) - step.startedAt,
    ref: step.intent ?? 0,
    virerr: '',
    info: '',
    outcome: '',
    recovered: false,
    ...result,
  };
}
