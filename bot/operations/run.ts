/** Runs one operation from its record to its end, whether for the first time or after a crash. */
import type { Logger } from 'pino';
import { OpsError } from '../../actions/errors.ts';
import type { Host } from '../../actions/host.ts';
import type { Registry } from '../../actions/registry.ts';
import { AuditUnavailable } from '../../audit/record.ts';
import type { Auids } from '../auids.ts';
import { type JudgePorts, judgePolicy } from '../judge.ts';
import type { Recorder } from '../record.ts';
import { boundOf, subjectOf } from './bound.ts';
import type { Operation, Step } from './operation.ts';
import type { Operations } from './operations.ts';
import { createSteps, ProbeAnswer, type StepPorts, type Steps, UnknownOutcome } from './steps.ts';

export interface RunPorts extends JudgePorts {
  auids: Auids;
  operations: Operations;
  registry: Registry;
  host: Host;
  recorder: Recorder;
  log: Logger;
}

/** Gives whether a probe found the outcome settled; true for a run that is no probe. */
export async function execute(
  operation: Operation,
  signal: AbortSignal,
  ports: RunPorts,
  probe: boolean,
): Promise<boolean> {
  const steps = createSteps(operation, await stepPorts(operation, ports, probe), signal, probe);
  try {
    const outcome = await attempt(operation, signal, ports, steps);
    if (!probe) await end(operation, { state: 'succeeded', outcome, problem: null, steps: steps.all() }, ports);
    return true;
  } catch (error) {
    if (error instanceof ProbeAnswer) return error.settled;
    if (!probe) await end(operation, endOf(error, { ...operation, steps: steps.all() }, ports), ports);
    return false;
  }
}

async function attempt(operation: Operation, signal: AbortSignal, ports: RunPorts, steps: Steps) {
  const bound = boundOf(operation, ports.registry);
  if (bound.kind === 'refused') throw new UnknownOutcome('', bound.reason);
  const person = await ports.people.person(operation.requester);
  return bound.execute({
    host: ports.host,
    facts: operation.facts,
    uuid: operation.uuid,
    request: operation.request,
    startedAt: operation.startedAt ?? operation.receivedAt,
    signal,
    step: steps.step,
    wait: steps.wait,
    maySee: (vm) => person !== null && maySee(vm, person, operation, ports),
  });
}

function maySee(
  vm: string,
  person: { name: string; groups: string[] },
  { place, receivedAt }: Operation,
  ports: RunPorts,
) {
  const shown = ports.registry.get('vm.show')?.bind({ vm }, { requester: person.name, now: receivedAt });
  return shown?.kind === 'bound' && judgePolicy({ bound: shown, person, place }, ports).kind !== 'denied';
}

async function stepPorts(operation: Operation, ports: RunPorts, probe: boolean): Promise<StepPorts> {
  const { request } = operation;
  const subject = await subjectOf(operation, ports.auids);
  return {
    async save(steps) {
      if (!probe) await ports.operations.update(request, () => ({ steps: steps.map((step) => ({ ...step })) }));
    },
    intent: (step, number) => ports.recorder.intent(subject, step.record, number, ports.host.uri),
    result: (step, result) => ports.recorder.result(subject, step.record, result),
    now: ports.now,
    pause: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()),
  };
}

async function end(operation: Operation, patch: Partial<Operation>, ports: RunPorts): Promise<void> {
  await ports.operations.update(operation.request, ({ state }) =>
    state === 'running' ? { ...patch, endedAt: ports.now() } : null,
  );
}

/** What an error means for the operation. A fault of Drover's own is never called a failure of the world. */
function endOf(error: unknown, { request, action, steps }: Operation, { log }: RunPorts): Partial<Operation> {
  if (error instanceof UnknownOutcome) {
    const step = error.step === '' ? '' : `${error.step}: `;
    return { state: 'unknown', steps, problem: { message: `${step}${error.message}`, hint: null } };
  }
  if (error instanceof OpsError) {
    const state = error.code === 'cancelled' ? 'cancelled' : 'failed';
    return { state, steps, problem: { message: error.message, hint: null } };
  }
  if (error instanceof AuditUnavailable) {
    const message = `stopped before the next step, because the audit log cannot be written: ${error.message}`;
    const problem = { message, hint: 'mend the audit folder, then ask again' };
    // With nothing done it has failed; half done, a person decides when the log is back.
    const untouched = steps.every(({ record, status }) => record === null || status === 'failed');
    return untouched ? { state: 'failed', steps, problem } : { state: 'unknown', steps: stopped(steps), problem };
  }
  log.error({ err: error, request, action }, 'a fault in Drover stopped an operation');
  const message = `a fault in Drover stopped it: ${error instanceof Error ? error.message : String(error)}`;
  return { state: 'unknown', steps: stopped(steps), problem: { message, hint: null } };
}

/** What was under way when Drover itself stopped is as unclear as what a host did not answer. */
function stopped(steps: Step[]): Step[] {
  return steps.map((step) => (step.status === 'running' ? { ...step, status: 'unknown' } : step));
}
