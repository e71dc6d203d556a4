/** What the actions on a VM that exists have in common: its facts, its refusals, its steps. */
import { z } from 'zod';
import type { Change, EffectStep, Evidence, Field, Observed, Plan, Refusal, Target } from '../action.ts';
import type { Domain, DomainState, HostReader } from '../host.ts';
import { formatMiB } from '../units.ts';
import { type PowerVerb, refuseByState, StateSchema, settle } from './states.ts';

/** What power actions depend on; null: there is no such VM. */
export const PowerFacts = z
  .strictObject({ uuid: z.string(), state: StateSchema, persistent: z.boolean(), managedSave: z.boolean() })
  .nullable();
export type PowerFacts = z.infer<typeof PowerFacts>;

export const NO_COST = { vcpus: 0, memoryMiB: 0, diskGiB: 0 } as const;

export function oneTarget({ vm }: { vm: string }): Target[] {
  return [{ vm, creates: null }];
}

export async function observePower({ vm }: { vm: string }, read: HostReader): Promise<Observed<PowerFacts>> {
  const domain = await read.domain(vm);
  if (domain === null) return { facts: null, info: [] };
  const { uuid, state, persistent, managedSave } = domain;
  return { facts: { uuid, state: settle(state), persistent, managedSave }, info: describeDomain(domain) };
}

export function describeDomain(domain: Domain): Field[] {
  return [
    { name: 'state', value: domain.state },
    { name: 'size', value: `${domain.vcpus} vCPU, ${formatMiB(domain.memoryMiB)}` },
    { name: 'owner', value: domain.metadata.owner === '' ? 'unknown' : domain.metadata.owner },
  ];
}

export function refuseMissing(vm: string): Refusal {
  return { kind: 'refused', reason: `there is no VM ${vm}`, hint: 'vm list' };
}

/** The refusal by existence or state; or the plan, made of what is known then. */
export function planPower(
  verb: PowerVerb,
  vm: string,
  facts: PowerFacts,
  plan: (known: NonNullable<PowerFacts>) => Plan,
): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  return refuseByState(verb, vm, facts.state) ?? plan(facts);
}

/** Facts of an approved plan; without them nothing was planned and nothing may run. */
export function known<F>(facts: F | null): F {
  if (facts === null) throw new Error('a plan without facts was run');
  return facts;
}

export function stateChange(vm: string, before: DomainState, after: DomainState | null): Change {
  return { path: `domain/${vm}/state`, before, after };
}

/** Said of a transient domain, whose definition goes when it is off. */
export function lostWhenOff(vm: string, persistent: boolean): string[] {
  return persistent ? [] : [`The definition of ${vm}: it is transient and goes when it is off`];
}

interface Controlled {
  title: string;
  vm: string;
  uuid: string;
  op: string;
  reason: string;
}

/** A step that changes a domain's state. libvirt's audit words: op=start|stop, reason=booted|destroyed|shutdown. */
export function controlStep(
  { title, vm, uuid, op, reason }: Controlled,
  run: () => Promise<void>,
  happened: () => Promise<Evidence>,
): EffectStep {
  const record = { type: 'VIRT_CONTROL', op, reason, command: `libvirt ${op} ${vm}`, vm, uuid } as const;
  return { title, record, run, happened };
}

/** The domain with this name and this UUID: another one that took the name is not it. */
export async function findDomain(read: HostReader, vm: string, uuid: string): Promise<Domain | null> {
  const domain = await read.domain(vm);
  return domain?.uuid === uuid ? domain : null;
}

/** Evidence by state: in one of `states` the effect is there, gone or elsewhere it is not. */
export async function inState(read: HostReader, vm: string, uuid: string, states: DomainState[]): Promise<Evidence> {
  const domain = await findDomain(read, vm, uuid);
  if (domain === null) return { kind: 'did-not', evidence: `there is no ${vm} with UUID ${uuid}` };
  return { kind: states.includes(domain.state) ? 'happened' : 'did-not', evidence: `${vm} is ${domain.state}` };
}

/** Evidence for what switches a VM off: a transient one is gone then. */
export async function isOffNow(read: HostReader, vm: string, uuid: string): Promise<Evidence> {
  const domain = await findDomain(read, vm, uuid);
  if (domain === null) return { kind: 'happened', evidence: `there is no ${vm} with UUID ${uuid} any more` };
  return { kind: domain.state === 'shutoff' ? 'happened' : 'did-not', evidence: `${vm} is ${domain.state}` };
}
