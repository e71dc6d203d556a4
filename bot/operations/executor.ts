/**
 * Takes queued operations in order, judges them again under the lock of their targets, and runs them. After a crash
 * it goes on where the record ends. At most `MAX_RUNNING` at a time; one for each target, first come first served.
 * It acts on what the store says and not on what it was told, so that no wake-up can be missed for good.
 */
import type { Logger } from 'pino';
import type { Host } from '../../actions/host.ts';
import { abandonable } from './abandon.ts';
import { subjectOf } from './bound.ts';
import { type LastGatePorts, passLastGates } from './last-gates.ts';
import type { Operation } from './operation.ts';
import type { Operations } from './operations.ts';
import { execute } from './run.ts';
import { holdsLocks } from './states.ts';

/** QEMU guests start one after another anyway; more at once only slows the host. */
export const MAX_RUNNING = 8;
/** How often queued work is looked at when nothing else wakes it, and unknown operations are asked about. */
const SWEEP_MS = 30_000;
/** Before work that could not be begun, or that a fault stopped, is looked at again. */
const AGAIN_MS = 2000;

export interface ExecutorPorts extends LastGatePorts {
  operations: Operations;
  host: Host;
  log: Logger;
}

export interface Executor {
  /** Goes on with what a former process left, then takes new work. */
  start(): Promise<void>;
  /** Looks for work; call it after every change that may have made some. Before `start` it does nothing. */
  pump(): void;
  /** Asks a running operation to stop at its next safe point. */
  cancel(request: number): void;
  /** An unknown operation runs on: by a person's decision, which is in its record. */
  resume(request: number): Promise<void>;
  /** Takes no new work and waits up to `graceMs` for what runs. Gives what still ran: the next process goes on with it. */
  drain(graceMs: number): Promise<number[]>;
}

interface Running {
  controller: AbortController;
  done: Promise<void>;
}

/** `later`: nothing is gained by looking again at once. */
type Ran = 'ended' | 'later';

export function createExecutor(given: ExecutorPorts): Executor {
  const { ports, abandon } = abandonable(given);
  const { operations, log } = ports;
  const running = new Map<number, Running>();
  let taking = false;
  let pumping = Promise.resolve();

  async function takeWork(): Promise<void> {
    if (!taking) return;
    const all = (await operations.open()).map(({ operation }) => operation);
    const busy = new Set(all.filter(isBusy).flatMap(({ targets }) => targets));
    for (const operation of all) {
      const { state, targets, request } = operation;
      if (running.has(request)) continue;
      if (state === 'running') track(operation, (signal) => runOn(request, signal));
      if (state !== 'queued') continue;
      const free = running.size < MAX_RUNNING && !targets.some((target) => busy.has(target));
      for (const target of targets) busy.add(target);
      if (free) track(operation, (signal) => begin(operation, signal));
    }
  }

  const isBusy = ({ request, state }: Operation) => holdsLocks(state) || running.has(request);

  function track({ request, cancel }: Operation, work: (signal: AbortSignal) => Promise<Ran>): void {
    const controller = new AbortController();
    if (cancel !== null) controller.abort();
    const done = work(controller.signal)
      .catch((error): Ran => {
        log.error({ request, err: error }, 'operation stopped by a fault');
        return 'later';
      })
      .then((ran) => {
        running.delete(request);
        if (ran === 'ended') pump();
        else setTimeout(pump, AGAIN_MS).unref();
      });
    running.set(request, { controller, done });
  }

  function pump(): void {
    pumping = pumping.then(takeWork).catch((error) => log.error({ err: error }, 'looking for queued work'));
  }

  async function begin(operation: Operation, signal: AbortSignal): Promise<Ran> {
    const acquired = await operations.acquire(operation);
    if (acquired.kind === 'locked') return 'later';
    const gate = await passLastGates(operation, ports);
    if (gate.kind === 'later') return putOff(operation, gate.reason);
    const now = await operations.update(operation.request, ({ state }) => (state === 'queued' ? gate.patch : null));
    if (now === null) await operations.release(operation);
    else if (now.state === 'running') return run(now, signal);
    return 'ended';
  }

  async function run(operation: Operation, signal: AbortSignal): Promise<Ran> {
    const succeeded = await execute(operation, signal, ports, false);
    // What is unclear now may be clear in a moment, with the connection that was lost.
    if (!succeeded) setTimeout(sweepSafely, AGAIN_MS).unref();
    return 'ended';
  }

  /** Whoever waits is told once why. */
  async function putOff(operation: Operation, reason: string): Promise<Ran> {
    log.warn({ request: operation.request, reason }, 'not begun yet');
    await operations.update(operation.request, ({ state, notes }) =>
      state === 'queued' && notes.at(-1)?.text.startsWith(NOT_YET) !== true
        ? { notes: [...notes, { at: ports.now(), text: `${NOT_YET}: ${reason}. It begins by itself.` }] }
        : null,
    );
    await operations.release(operation);
    return 'later';
  }

  /**
   * Another process, or a person, brought it here. The record explains to a reader of the audit log an intent before
   * it that has no result: its process died before the call, which comes only after the store has the intent, too.
   */
  async function runOn(request: number, signal: AbortSignal): Promise<Ran> {
    const seen = await operations.get(request);
    if (seen?.operation.state !== 'running') return 'ended';
    await ports.recorder.turned(await subjectOf(seen.operation, ports.auids), 'resume', '', true);
    return run(seen.operation, signal);
  }

  async function resume(request: number): Promise<void> {
    await operations.update(request, ({ state }) => (state === 'unknown' ? { state: 'running', problem: null } : null));
    pump();
  }

  /** New evidence may settle an unknown outcome: the world is asked, and only a yes lets the operation run on. */
  async function probe(operation: Operation): Promise<void> {
    if (running.has(operation.request) || !taking) return;
    const settled = await execute(operation, new AbortController().signal, ports, true);
    if (settled) await resume(operation.request);
  }

  async function sweep(): Promise<void> {
    pump();
    for (const { operation } of await operations.open()) if (operation.state === 'unknown') await probe(operation);
  }
  const sweepSafely = () => void sweep().catch((error) => log.error({ err: error }, 'asking about unknown operations'));
  const timer = setInterval(sweepSafely, SWEEP_MS).unref();
  const watching = ports.host.watch((event) => {
    if (event.kind === 'connected') sweepSafely();
  });

  return {
    async start() {
      // Only before any work is taken: a lock of a queued operation is stale as long as nobody begins one.
      await operations.dropStaleLocks();
      taking = true;
      sweepSafely();
    },
    pump,
    cancel: (request) => running.get(request)?.controller.abort(),
    resume,
    async drain(graceMs) {
      taking = false;
      clearInterval(timer);
      watching.stop();
      await pumping;
      const all = Promise.all([...running.values()].map(({ done }) => done));
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
      abandon();
      return [...running.keys()];
    },
  };
}

const NOT_YET = 'Not begun yet';
