/**
 * What an action is: typed arguments, what it looks at, what it would do, and how it does it in durable steps.
 * An action knows libvirt or Ansible and nothing of chat, policy or storage.
 */
import type { z } from 'zod';
import type { Host, HostReader } from './host.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** read: changes nothing · change: no running work is hurt · disruptive: interrupts a guest · destructive: loses data. */
export type Risk = 'read' | 'change' | 'disruptive' | 'destructive';

/** One block of text for a person; every chat platform renders each kind. */
export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'fields'; fields: Field[] }
  | { kind: 'list'; items: string[] }
  | { kind: 'table'; columns: string[]; rows: string[][] }
  | { kind: 'code'; text: string };

export interface Field {
  name: string;
  value: string;
}

/** One line of the machine-readable diff: `domain/web-01/state`, `shutoff` → `running`; null is absent. */
export interface Change {
  path: string;
  before: Json;
  after: Json;
}

export interface Plan {
  kind: 'plan';
  /** One sentence a change, in the order of execution. */
  effects: string[];
  changes: Change[];
  /** What cannot be had back afterwards, one sentence each. */
  lost: string[];
  cost: { vcpus: number; memoryMiB: number; diskGiB: number };
  /** The action that takes it back, and for how long it can; null: there is no way back. */
  undo: { action: string; args: JsonObject; holds: string } | null;
}

/** The world's no: nothing was done. `hint` is the smallest thing that would help. */
export interface Refusal {
  kind: 'refused';
  reason: string;
  hint: string | null;
}

/** A VM that the action is about. `creates` stands in for the inventory's facts where the VM does not exist yet. */
export interface Target {
  vm: string;
  creates: { owner: string; tags: Record<string, string> } | null;
}

/** What a plan depends on (`facts`, part of the digest) and what only informs (`info`, shown and not digested). */
export interface Observed<F> {
  facts: F;
  info: Field[];
}

/** What was learned when asked whether a step's effect is there. `evidence` is one sentence for a person. */
export type Evidence = { kind: 'happened' | 'did-not' | 'cannot-know'; evidence: string };

/** What the audit log says about an effect. Types and words: libvirt's own audit records and the audit dictionary. */
export interface EffectRecord {
  type: 'VIRT_CONTROL' | 'VIRT_CREATE' | 'VIRT_DESTROY' | 'VIRT_RESOURCE' | 'USER_CMD';
  /** `start`, `stop`, `define` … */
  op: string;
  /** `booted`, `destroyed`, `shutdown` …; '' for none. */
  reason: string;
  /** What is called, for the record of the intent: `libvirt start web-01`. */
  command: string;
  vm: string;
  uuid: string;
}

/** An effect in the world: durable on record before and after; asked about after a crash, never blindly repeated. */
export interface EffectStep {
  /** Unique in the operation, a present participle: `starting web-01`. */
  title: string;
  record: EffectRecord;
  run(): Promise<void>;
  /** Called after a crash or an unclear answer. Must only read. */
  happened(): Promise<Evidence>;
}

export interface Outcome {
  /** One sentence, past or present tense: `web-01 is off`. */
  summary: string;
  blocks: Block[];
}

export interface ExecuteContext<F> {
  host: Host;
  facts: F;
  /** UUID reserved for what this operation makes; the same after a crash. */
  uuid: string;
  /** The request's number. */
  request: number;
  /** When the operation began to run, ms since the epoch; the same after a crash. */
  startedAt: number;
  signal: AbortSignal;
  /** Does an effect once. */
  step(step: EffectStep): Promise<void>;
  /** Waits for something; shown as a step, changes nothing, is simply waited for again after a crash. */
  wait<T>(title: string, run: () => Promise<T>): Promise<T>;
  /** Whether the person who asks may see this VM. */
  maySee(vm: string): boolean;
}

export interface BindContext {
  /** Name of the person who asks. */
  requester: string;
  /** ms since the epoch. */
  now: number;
}

export interface ActionDefinition<S extends z.ZodObject, F> {
  /** `vm.stop` */
  name: string;
  summary: string;
  risk: Risk;
  /** Arguments with limits and defaults. Each key's `.describe()` is its help; flags are z.boolean(). */
  args: S;
  /** The argument that stands without its name after the verb: `vm stop web-01`; null for none. */
  positional: (keyof z.output<S> & string) | null;
  examples: string[];
  /** Facts as stored in the operation, checked when read back. */
  facts: z.ZodType<F>;
  /** Fills in what depends on who asks and when; the result must satisfy `args` again. */
  complete?(args: z.output<S>, ctx: BindContext): z.output<S>;
  targets(args: z.output<S>): Target[];
  observe(args: z.output<S>, read: HostReader, uuid: string): Promise<Observed<F>>;
  /** Pure. */
  plan(args: z.output<S>, facts: F, uuid: string): Plan | Refusal;
  execute(args: z.output<S>, ctx: ExecuteContext<F>): Promise<Outcome>;
}

/** An action whose argument types are hidden, as the registry holds it. */
export interface Action {
  name: string;
  summary: string;
  risk: Risk;
  args: z.ZodObject;
  positional: string | null;
  examples: string[];
  /** Checks `raw` against `args`. */
  bind(raw: JsonObject, ctx: BindContext): Bound | Refusal;
}

/** An action with its arguments. `args` is plain JSON: bound again from it, it is the same. */
export interface Bound {
  kind: 'bound';
  action: Action;
  args: JsonObject;
  targets: Target[];
  observe(read: HostReader, uuid: string): Promise<Observed<Json>>;
  plan(facts: Json, uuid: string): Plan | Refusal;
  execute(ctx: ExecuteContext<Json>): Promise<Outcome>;
}
