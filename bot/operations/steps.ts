/**
 * Durable steps. An effect is on record (audit log, then store) before it is called and after it ended. When an
 * operation is resumed it runs from its beginning: what is done is passed over, what failed fails again, and what
 * was under way when the process died is asked for in the world, never blindly repeated.
 */
import type { EffectStep, Evidence } from '../../actions/action.ts';
import { mayHaveHappened, OpsError } from '../../actions/errors.ts';
import type { EffectResult } from '../record.ts';
import type { Operation, Step } from './operation.ts';

/** Nobody can tell whether the step's effect is there. The operation becomes `unknown`. */
export class UnknownOutcome extends Error {
  readonly step: string;

  constructor(step: string, evidence: string) {
    super(evidence);
    this.name = 'UnknownOutcome';
    this.step = step;
  }
}

/** What a probe of an unknown operation found: whether running on would find the effect in place. */
export class ProbeAnswer extends Error {
  readonly settled: boolean;

  constructor(settled: boolean) {
    super(settled ? 'the effect is there' : 'still unclear');
    this.name = 'ProbeAnswer';
    this.settled = settled;
  }
}

export interface StepPorts {
  save(steps: Step[]): Promise<void>;
  /** Durable in the audit log when it resolves; gives its serial. */
  intent(step: EffectStep, attempt: number): Promise<number>;
  result(step: EffectStep, result: EffectResult): Promise<void>;
  now(): number;
}

export interface Steps {
  step(step: EffectStep): Promise<void>;
  wait<T>(title: string, run: () => Promise<T>): Promise<T>;
}

export function createSteps(operation: Operation, ports: StepPorts, signal: AbortSignal, probe: boolean): Steps {
  const steps = operation.steps.map((step) => ({ ...step }));
  let cancelDelivered = steps.some(({ error }) => error?.code === 'cancelled');

  async function put(title: string, patch: Partial<Step>): Promise<Step> {
    const at = steps.findIndex((step) => step.title === title);
    const step: Step = { ...(steps[at] ?? newStep(title, ports.now())), ...patch };
    if (at < 0) steps.push(step);
    else steps[at] = step;
    await ports.save(steps);
    return step;
  }

  const known = (title: string) => steps.find((step) => step.title === title);

  async function deliverCancel(title: string): Promise<void> {
    if (!signal.aborted || cancelDelivered) return;
    cancelDelivered = true;
    const error = { code: 'cancelled', message: `stopped before ${title}` } as const;
    await put(title, { status: 'failed', endedAt: ports.now(), evidence: 'cancelled', error });
    throw new OpsError(error.code, error.message);
  }

  async function done(spec: EffectStep, step: Step, evidence: string, recovered: boolean): Promise<void> {
    const ended = await put(spec.title, { status: 'done', endedAt: ports.now(), evidence, recorded: false });
    await ports.result(spec, resultOf(ended, { ok: true, recovered }));
    markRecorded(steps, step.title);
  }

  async function unclear(spec: EffectStep, evidence: string): Promise<never> {
    const ended = await put(spec.title, { status: 'unknown', endedAt: ports.now(), evidence });
    await ports.result(spec, resultOf(ended, { ok: false, outcome: 'unknown', info: evidence }));
    throw new UnknownOutcome(spec.title, evidence);
  }

  async function failed(spec: EffectStep, error: OpsError): Promise<never> {
    const { code, message, libvirt } = error;
    const ended = await put(spec.title, {
      status: 'failed',
      endedAt: ports.now(),
      evidence: message,
      error: { code, message },
    });
    const virerr = libvirt === null ? '' : `${libvirt.code}/${libvirt.domain}`;
    await ports.result(spec, resultOf(ended, { ok: false, info: message, virerr }));
    throw error;
  }

  async function attempt(spec: EffectStep, number: number): Promise<void> {
    await deliverCancel(spec.title);
    const intent = await ports.intent(spec, number);
    const step = await put(spec.title, {
      status: 'running',
      attempt: number,
      startedAt: ports.now(),
      endedAt: null,
      record: spec.record,
      intent,
      evidence: '',
    });
    try {
      await spec.run();
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      return afterError(spec, step, error);
    }
    await done(spec, step, '', false);
  }

  async function afterError(spec: EffectStep, step: Step, error: OpsError): Promise<void> {
    const again = step.attempt > 1 && REPEATED.has(error.code);
    if (!again && !mayHaveHappened(error.code) && error.code !== 'unreachable') return failed(spec, error);
    const { kind, evidence } = await ask(spec);
    if (kind === 'happened') return done(spec, step, evidence, true);
    if (again) return failed(spec, error);
    return unclear(spec, `${error.message}; ${evidence}`);
  }

  async function settle(spec: EffectStep, step: Step): Promise<void> {
    const { kind, evidence } = await ask(spec);
    if (probe) throw new ProbeAnswer(kind === 'happened');
    if (kind === 'happened') return done(spec, step, evidence, true);
    if (step.status === 'retry') return attempt(spec, step.attempt + 1);
    if (kind === 'did-not' && step.status === 'running') return attempt(spec, step.attempt + 1);
    return unclear(spec, evidence);
  }

  return {
    async step(spec) {
      const step = known(spec.title);
      if (step === undefined && probe) throw new ProbeAnswer(false);
      if (step === undefined) return attempt(spec, 1);
      if (step.status === 'failed') throw revived(step);
      if (step.status !== 'done') return settle(spec, step);
      if (!step.recorded) {
        await ports.result(spec, resultOf(step, { ok: true, recovered: true }));
        markRecorded(steps, step.title);
      }
    },
    async wait(title, run) {
      const step = known(title);
      if (step?.status === 'failed') throw revived(step);
      // A wait that the host's absence cut short is settled by waiting again; others are passed only when done.
      if (probe && step?.status !== 'done') throw new ProbeAnswer(step?.status === 'unknown');
      await deliverCancel(title);
      await put(title, { status: 'running', endedAt: null });
      try {
        const value = await run();
        await put(title, { status: 'done', endedAt: ports.now() });
        return value;
      } catch (error) {
        if (!(error instanceof OpsError)) throw error;
        const { code, message } = error;
        if (HOST_AWAY.has(code)) {
          await put(title, { status: 'unknown', endedAt: ports.now(), evidence: message });
          throw new UnknownOutcome(title, message);
        }
        if (code === 'cancelled') cancelDelivered = true;
        await put(title, { status: 'failed', endedAt: ports.now(), evidence: message, error: { code, message } });
        throw error;
      }
    },
  };
}

/** What a host answers to an effect that is already there. */
const REPEATED: ReadonlySet<string> = new Set(['exists', 'wrong-state', 'not-found']);
const HOST_AWAY: ReadonlySet<string> = new Set(['connection-lost', 'unreachable']);

/** A host that cannot be asked cannot be known. */
async function ask(spec: EffectStep): Promise<Evidence> {
  try {
    return await spec.happened();
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return { kind: 'cannot-know', evidence: `asking the host: ${error.message}` };
  }
}

function newStep(title: string, startedAt: number): Step {
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

function markRecorded(steps: Step[], title: string): void {
  const step = steps.find((other) => other.title === title);
  if (step !== undefined) step.recorded = true;
}

function revived({ error, title }: Step): OpsError {
  return error === null ? new OpsError('failed', `${title}: failed before`) : new OpsError(error.code, error.message);
}

function resultOf(step: Step, result: Partial<EffectResult>): EffectResult {
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
