/**
 * Durable steps. An effect is on record (audit log, then store) before it is called and after it ended. When an
 * operation is resumed it runs from its beginning: what is done is passed over, what failed fails again, and what
 * was under way when the process died is asked for in the world, never blindly repeated.
 */
import type { EffectStep, Evidence } from '../../actions/action.ts';
import { mayHaveHappened, OpsError } from '../../actions/errors.ts';
import type { EffectResult } from '../record-entry.ts';
import type { Operation, Step } from './operation.ts';
import { lateResultOf, newStep, resultOf, revived, wasNeverCalled } from './step-record.ts';

/** Nobody can tell whether the step's effect is there. The operation becomes `unknown`. */
export class UnknownOutcome extends Error {
  readonly step: string;

  constructor(step: string, evidence: string) {
    super(evidence);
    this.name = 'UnknownOutcome';
    this.step = step;
  }
}

/** What a probe of an unknown operation found: whether running on is safe by what is known now. */
export class ProbeAnswer extends Error {
  readonly settled: boolean;

  constructor(settled: boolean) {
    super(settled ? 'it can run on' : 'still unclear');
    this.name = 'ProbeAnswer';
    this.settled = settled;
  }
}

export interface StepPorts {
  save(steps: Step[]): Promise<void>;
  /** Durable in the audit log when it resolves; gives its serial. */
  intent(step: EffectStep, attempt: number): Promise<number>;
  /** False when it could not be put on record: it is told again when there is a next time. */
  result(step: EffectStep, result: EffectResult): Promise<boolean>;
  now(): number;
  pause(ms: number): Promise<void>;
}

export interface Steps {
  step(step: EffectStep): Promise<void>;
  wait<T>(title: string, run: () => Promise<T>): Promise<T>;
  /** As they stand, for the transaction that ends the operation. */
  all(): Step[];
}

/**
 * A host that is away for a moment (its daemon restarts) is waited for: by a wait, which changes nothing, and by an
 * effect that was never called.
 */
export const AWAY_LIMIT_MS = 60_000;
const AWAY_PAUSE_MS = 1000;

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

  /** The mark that the result is on record is saved with the next write: told twice is better than never. */
  async function tell(spec: EffectStep, result: EffectResult): Promise<void> {
    const step = known(spec.title);
    if ((await ports.result(spec, result)) && step !== undefined) step.recorded = true;
  }

  async function conclude(spec: EffectStep, patch: Partial<Step>, result: Partial<EffectResult>): Promise<void> {
    const ended = await put(spec.title, { ...patch, endedAt: ports.now(), recorded: false });
    await tell(spec, resultOf(ended, result));
  }

  /** The process that ended the step may have died before its result was on record. */
  async function tellLate(spec: EffectStep, step: Step): Promise<void> {
    if (!probe && !step.recorded && step.intent !== null) await tell(spec, lateResultOf(step));
  }

  const done = (spec: EffectStep, evidence: string, recovered: boolean) =>
    conclude(spec, { status: 'done', evidence, error: null }, { ok: true, recovered });

  async function unclear(spec: EffectStep, evidence: string, error: Step['error']): Promise<never> {
    await conclude(spec, { status: 'unknown', evidence, error }, { outcome: 'unknown', info: evidence });
    throw new UnknownOutcome(spec.title, evidence);
  }

  async function failed(spec: EffectStep, error: OpsError): Promise<never> {
    const { code, message, libvirt } = error;
    const virerr = libvirt === null ? '' : `${libvirt.code}/${libvirt.domain}`;
    const patch = { status: 'failed', evidence: message, error: { code, message } } as const;
    await conclude(spec, patch, { info: message, virerr });
    throw error;
  }

  async function attempt(spec: EffectStep, number: number): Promise<void> {
    await deliverCancel(spec.title);
    const intent = await ports.intent(spec, number);
    const started = { status: 'running', attempt: number, startedAt: ports.now(), endedAt: null } as const;
    await put(spec.title, { ...started, record: spec.record, intent, recorded: false, evidence: '', error: null });
    try {
      const evidence = await call(spec);
      await done(spec, evidence, evidence !== '');
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      await afterError(spec, number, error);
    }
  }

  /** Calls again only what never left for the host and is not there. Gives the evidence when it was there after all. */
  async function call(spec: EffectStep): Promise<string> {
    let tries = 0;
    return whileAway(spec.title, NEVER_CALLED, async () => {
      tries += 1;
      const seen = tries === 1 ? NOT_CALLED_YET : await ask(spec);
      if (seen.kind === 'happened') return seen.evidence;
      if (seen.kind === 'cannot-know') throw new OpsError('unreachable', seen.evidence);
      await spec.run();
      return '';
    });
  }

  async function afterError(spec: EffectStep, number: number, error: OpsError): Promise<void> {
    const { code, message } = error;
    const again = number > 1 && REPEATED.has(code);
    if (!again && !mayHaveHappened(code) && code !== 'unreachable') return failed(spec, error);
    const { kind, evidence } = await ask(spec);
    if (kind === 'happened') return done(spec, evidence, true);
    if (again) return failed(spec, error);
    return unclear(spec, `${message}; ${evidence}`, code === 'unreachable' ? { code, message } : null);
  }

  async function settle(spec: EffectStep, step: Step): Promise<void> {
    const { kind, evidence } = await ask(spec);
    const safe = kind === 'did-not' && wasNeverCalled(step);
    if (probe) throw new ProbeAnswer(kind === 'happened' || safe);
    if (kind === 'happened') return done(spec, evidence, true);
    if (step.status === 'retry' || safe) return attempt(spec, step.attempt + 1);
    if (kind === 'did-not' && step.status === 'running') return repeat(spec, step, evidence);
    return unclear(spec, evidence, step.error);
  }

  /** The first intent came to nothing, which is its result; the second one begins anew. */
  async function repeat(spec: EffectStep, step: Step, evidence: string): Promise<void> {
    if (step.intent !== null) await tell(spec, resultOf(step, { info: `it came to nothing: ${evidence}` }));
    return attempt(spec, step.attempt + 1);
  }

  async function whileAway<T>(title: string, away: ReadonlySet<string>, run: () => Promise<T>): Promise<T> {
    let awaySince: number | null = null;
    for (;;) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof OpsError) || !away.has(error.code)) throw error;
        awaySince ??= ports.now();
        if (ports.now() - awaySince >= AWAY_LIMIT_MS) throw error;
        await put(title, { evidence: `the host is away: ${error.message}` });
        await ports.pause(AWAY_PAUSE_MS);
      }
    }
  }

  return {
    async step(spec) {
      const step = known(spec.title);
      if (step === undefined && probe) throw new ProbeAnswer(false);
      if (step === undefined) return attempt(spec, 1);
      if (step.status !== 'done' && step.status !== 'failed') return settle(spec, step);
      await tellLate(spec, step);
      if (step.status === 'failed') throw revived(step);
    },
    async wait(title, run) {
      const step = known(title);
      if (step?.status === 'failed') throw revived(step);
      // A wait that the host's absence cut short is settled by waiting again; others are passed only when done.
      if (probe && step?.status !== 'done') throw new ProbeAnswer(step?.status === 'unknown');
      await deliverCancel(title);
      await put(title, { status: 'running', endedAt: null, evidence: '' });
      try {
        const value = await whileAway(title, HOST_AWAY, run);
        await put(title, { status: 'done', endedAt: ports.now(), evidence: '' });
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
    all: () => steps.map((step) => ({ ...step })),
  };
}

/** What a host answers to an effect that is already there. */
const REPEATED: ReadonlySet<string> = new Set(['exists', 'wrong-state', 'not-found']);
const NEVER_CALLED: ReadonlySet<string> = new Set(['unreachable']);
const NOT_CALLED_YET: Evidence = { kind: 'did-not', evidence: '' };
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
