/**
 * Takes queued operations in order, judges them again under the lock of their targets, and runs them. After a crash
 * it goes on where the record ends. At most `MAX_RUNNING` at a time; one for each target, first come first served.
 */
import type { Logger } from 'pino';
import { OpsError } from '../../actions/errors.ts';
import type { Host } from '../../actions/host.ts';
import type { Registry } from '../../actions/registry.ts';
import type { AuditLog } from '../../audit/record.ts';
import type { Auids } from '../auids.ts';
import { type JudgePorts, judge, judgeBallot, type Planned } from '../judge.ts';
import type { Recorder } from '../record.ts';
import { boundOf, subjectOf } from './bound.ts';
import { whatChanged } from './digest.ts';
import type { Operation } from './operation.ts';
import type { Operations } from './operations.ts';
import { execute, type Running } from './run.ts';

/** QEMU guests start one after another anyway; more at once only slows the host. */
export const MAX_RUNNING = 8;
/** How often queued work is looked at when nothing else wakes it, and unknown operations are asked about. */
const SWEEP_MS = 30_000;

export interface ExecutorPorts extends JudgePorts {
  auids: Auids;
  operations: Operations;
  registry: Registry;
  host: Host;
  audit: AuditLog;
  recorder: Recorder;
  log: Logger;
}

export interface Executor {
  /** Goes on with what a former process left, then takes new work. */
  start(): Promise<void>;
  /** Looks for work; call it after every change that may have made some. */
  pump(): void;
  /** Asks a running operation to stop at its next safe point. */
  cancel(request: number): void;
  /** An unknown operation runs on: by a person's decision, which is in its record. */
  resume(request: number): Promise<void>;
  /** Takes no new work and waits up to `graceMs` for what runs. Gives what still ran: the next process goes on with it. */
  drain(graceMs: number): Promise<number[]>;
}

export function createExecutor(ports: ExecutorPorts): Executor {
  const { operations, log } = ports;
  const running = new Map<number, Running>();
  let draining = false;
  let pumping = Promise.resolve();

  async function takeWork(): Promise<void> {
    if (draining) return;
    const busy = new Set<string>();
    for (const { operation } of await operations.open()) {
      const { state, targets, request } = operation;
      if (state !== 'queued' && state !== 'running' && state !== 'unknown') continue;
      const free = state === 'queued' && !targets.some((target) => busy.has(target));
      for (const target of targets) busy.add(target);
      if (free && !running.has(request) && running.size < MAX_RUNNING) track(operation, () => begin(operation));
    }
  }

  function track(operation: Operation, work: (signal: AbortSignal) => Promise<unknown>): void {
    const controller = new AbortController();
    if (operation.cancel !== null) controller.abort();
    const done = work(controller.signal)
      .then(() => {})
      .catch((error) => log.error({ request: operation.request, err: error }, 'operation stopped by a fault'))
      .finally(() => {
        running.delete(operation.request);
        pump();
      });
    running.set(operation.request, { controller, done });
  }

  function pump(): void {
    pumping = pumping.then(takeWork).catch((error) => log.error({ err: error }, 'looking for queued work'));
  }

  async function begin(operation: Operation): Promise<void> {
    const acquired = await operations.acquire(operation);
    if (acquired.kind === 'locked') return;
    const gate = await passGates(operation, ports);
    if (gate.kind === 'later') {
      log.warn({ request: operation.request, reason: gate.reason }, 'not begun yet');
      await operations.release(operation);
      return;
    }
    const now = await operations.update(
      operation.request,
      (current) => (current.state === 'queued' ? gate.patch : null),
      { release: gate.kind === 'stop' },
    );
    if (now === null) await operations.release(operation);
    else if (now.state === 'running') await execute(now, signalOf(operation.request), ports, false);
  }

  const signalOf = (request: number) => running.get(request)?.controller.signal ?? AbortSignal.abort();

  async function resume(request: number): Promise<void> {
    const now = await operations.update(request, ({ state }) => (state === 'unknown' ? { state: 'running' } : null));
    if (now !== null && !running.has(request)) track(now, (signal) => execute(now, signal, ports, false));
  }

  /** New evidence may settle an unknown outcome: the world is asked, and only a yes lets the operation run on. */
  async function probe(operation: Operation): Promise<void> {
    if (running.has(operation.request) || draining) return;
    const settled = await execute(operation, new AbortController().signal, ports, true);
    if (settled) await resume(operation.request);
  }

  async function sweep(): Promise<void> {
    for (const { operation } of await operations.open()) if (operation.state === 'unknown') await probe(operation);
    pump();
  }
  const sweepSafely = () => void sweep().catch((error) => log.error({ err: error }, 'asking about unknown operations'));
  const timer = setInterval(sweepSafely, SWEEP_MS).unref();
  const watching = ports.host.watch((event) => {
    if (event.kind === 'connected') sweepSafely();
  });

  return {
    async start() {
      await operations.dropStaleLocks();
      for (const { operation } of await operations.open()) {
        if (operation.state === 'running') track(operation, (signal) => execute(operation, signal, ports, false));
      }
      sweepSafely();
    },
    pump,
    cancel: (request) => running.get(request)?.controller.abort(),
    resume,
    async drain(graceMs) {
      draining = true;
      clearInterval(timer);
      watching.stop();
      await pumping;
      const all = Promise.all([...running.values()].map(({ done }) => done));
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
      return [...running.keys()];
    },
  };
}

type Gate =
  | { kind: 'go'; patch: Partial<Operation> }
  | { kind: 'stop'; patch: Partial<Operation> }
  | { kind: 'later'; reason: string };

/** Everything that was true when the operation was approved is asked again; nothing remembered opens the gate. */
async function passGates(operation: Operation, ports: ExecutorPorts): Promise<Gate> {
  const log = await ports.audit.status();
  if (log.kind === 'suspended') return stop('refused', `the audit log cannot be written: ${log.reason}`, AUDIT_HINT);
  const bound = boundOf(operation, ports.registry);
  if (bound.kind === 'refused') return stop('refused', bound.reason, bound.hint);
  const person = await ports.people.person(operation.requester);
  if (person === null) return stop('denied', `${operation.requester} is no longer known to Drover`, null);
  try {
    for (const vm of operation.targets) await ports.inventory.refresh(vm);
    const judged = await judge({ bound, person, place: operation.place, uuid: operation.uuid }, ports);
    switch (judged.kind) {
      case 'denied':
        return stop('denied', judged.decision.reason, judged.decision.hint);
      case 'refused':
        return stop('refused', judged.refusal.reason, judged.refusal.hint);
      case 'planned':
        return await passVotes(operation, judged, ports);
    }
  } catch (error) {
    if (error instanceof OpsError) return { kind: 'later', reason: error.message };
    throw error;
  }
}

async function passVotes(operation: Operation, judged: Planned, ports: ExecutorPorts): Promise<Gate> {
  const { demand, plan, facts, info, digest, digested } = judged;
  const now = ports.now();
  const patch = { demand, plan, facts, info, digest, digested };
  if (demand.kind === 'allow') return { kind: 'go', patch: { ...patch, state: 'running', startedAt: now } };
  if (digest !== operation.digest) {
    const changed = whatChanged(operation.digested, digested);
    const text = `Changed since it was approved, so the approval is void: ${changed.join('; ')}`;
    await ports.recorder.turned(await subjectOf(operation, ports.auids), 'approval-void', changed.join('; '), false);
    return waitAgain({ ...operation, ...patch }, text, now);
  }
  const ballot = judgeBallot({ ...operation, demand }, await ports.people.members());
  if (ballot.kind === 'met') return { kind: 'go', patch: { ...patch, state: 'running', startedAt: now } };
  const text = 'The approval no longer holds: somebody who gave it has left the group, or a vote is missing';
  return waitAgain({ ...operation, ...patch }, text, now);
}

function waitAgain(operation: Operation, text: string, now: number): Gate {
  const { demand, plan, facts, info, digest, digested } = operation;
  const seconds = demand?.kind === 'ask' ? demand.expiresSeconds : 0;
  return {
    kind: 'stop',
    patch: {
      ...{ demand, plan, facts, info, digest, digested },
      state: 'waiting',
      expiresAt: now + seconds * 1000,
      notes: [...operation.notes, { at: now, text }],
    },
  };
}

const AUDIT_HINT = 'make room or mend the disk under the audit folder, then ask again';

function stop(state: 'refused' | 'denied', message: string, hint: string | null): Gate {
  return { kind: 'stop', patch: { state, problem: { message, hint }, endedAt: Date.now() } };
}
