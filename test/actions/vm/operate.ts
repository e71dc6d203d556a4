/**
 * Runs an action on a host as an operation does, with a small double of its durable steps: a cancel is delivered once,
 * an unclear answer is asked about, and after a crash what is done is passed over. The true ones: bot/operations/steps.ts.
 */
import assert from 'node:assert/strict';
import type { Bound, EffectStep, ExecuteContext, Json, JsonObject, Plan, Refusal } from '../../../actions/action.ts';
import { mayHaveHappened, OpsError } from '../../../actions/errors.ts';
import type { Host } from '../../../actions/host.ts';
import { createRegistry } from '../../../actions/registry.ts';

export const UUID = '1a2b3c4d-0000-4000-8000-000000000000';
export const STARTED_AT = Date.UTC(2026, 10, 22, 12);

/** A fake guest is ready at once or never; a real one takes its time. */
export const registry = registryFor(1);

function registryFor(readyTimeoutSeconds: number) {
  return createRegistry({ pool: 'default', defaultImage: 'tiny.qcow2', readyTimeoutSeconds, memoryOvercommit: 1 });
}

export class Crash extends Error {}
export class Unknown extends Error {}

/** What survives a crash. */
export interface Journal {
  steps: Map<string, 'running' | 'done' | OpsError>;
  records: EffectStep['record'][];
}

export interface Running {
  host: Host;
  signal?: AbortSignal;
  /** Called before each step; may cancel, may change the world. */
  before?(title: string): void;
  /** The process dies at this step: before its effect, or after it and before that is on record. */
  crash?: { at: number; when: 'before' | 'after' };
  maySee?(vm: string): boolean;
  /** Default 1. */
  readyTimeoutSeconds?: number;
  /** What the operation reserved; default `UUID`. */
  uuid?: string;
  /** Unclear answers are not asked about but handed on as they came. */
  unasked?: true;
}

export function newJournal(): Journal {
  return { steps: new Map(), records: [] };
}

export function bind(name: string, args: JsonObject, from = registry): Bound {
  const bound = from.get(name)?.bind(args, { requester: 'ada', now: STARTED_AT });
  assert.ok(bound?.kind === 'bound', JSON.stringify(bound));
  return bound;
}

export async function look(
  host: Host,
  name: string,
  args: JsonObject,
  uuid = UUID,
): Promise<{ facts: Json; plan: Plan | Refusal }> {
  const bound = bind(name, args);
  const { facts } = await bound.observe(host, uuid);
  return { facts, plan: bound.plan(facts, uuid) };
}

export async function plan(host: Host, name: string, args: JsonObject): Promise<Plan> {
  const { plan: found } = await look(host, name, args);
  assert.ok(found.kind === 'plan', JSON.stringify(found));
  return found;
}

/** Looks, plans and runs. */
export async function operate(running: Running, name: string, args: JsonObject, journal = newJournal()) {
  const { facts, plan: planned } = await look(running.host, name, args, running.uuid);
  assert.equal(planned.kind, 'plan', JSON.stringify(planned));
  return run(running, name, args, facts, journal);
}

/** Runs on what was planned before. */
export function run(running: Running, name: string, args: JsonObject, facts: Json, journal: Journal) {
  const from = running.readyTimeoutSeconds === undefined ? registry : registryFor(running.readyTimeoutSeconds);
  return bind(name, args, from).execute(context(running, facts, journal));
}

function context(running: Running, facts: Json, journal: Journal): ExecuteContext<Json> {
  const signal = running.signal ?? new AbortController().signal;
  let delivered = false;
  let count = 0;

  function deliverCancel(title: string): void {
    running.before?.(title);
    if (!signal.aborted || delivered) return;
    delivered = true;
    const error = new OpsError('cancelled', `stopped before ${title}`);
    journal.steps.set(title, error);
    throw error;
  }

  async function attempt(spec: EffectStep): Promise<void> {
    const at = count++;
    const dies = (when: 'before' | 'after') => running.crash?.at === at && running.crash.when === when;
    journal.records.push(spec.record);
    journal.steps.set(spec.title, 'running');
    if (dies('before')) throw new Crash();
    try {
      await spec.run();
    } catch (error) {
      if (error instanceof OpsError) await afterError(spec, error);
      else throw error;
    }
    if (dies('after')) throw new Crash();
    journal.steps.set(spec.title, 'done');
  }

  async function afterError(spec: EffectStep, error: OpsError): Promise<void> {
    if (!mayHaveHappened(error.code)) {
      journal.steps.set(spec.title, error);
      throw error;
    }
    if (running.unasked) throw error;
    const { kind, evidence } = await spec.happened();
    if (kind !== 'happened') throw new Unknown(evidence);
  }

  return {
    host: running.host,
    facts,
    uuid: running.uuid ?? UUID,
    request: 7,
    startedAt: STARTED_AT,
    signal,
    maySee: running.maySee ?? (() => true),
    async step(spec) {
      const known = journal.steps.get(spec.title);
      if (known instanceof OpsError) throw known;
      if (known === 'done') return;
      if (known === undefined) {
        deliverCancel(spec.title);
        return attempt(spec);
      }
      const { kind, evidence } = await spec.happened();
      if (kind === 'cannot-know') throw new Unknown(evidence);
      if (kind === 'happened') journal.steps.set(spec.title, 'done');
      else await attempt(spec);
    },
    async wait(title, work) {
      deliverCancel(title);
      try {
        return await work();
      } catch (error) {
        if (error instanceof OpsError && error.code === 'cancelled') delivered = true;
        throw error;
      }
    },
  };
}
