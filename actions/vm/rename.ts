/**
 * Renames a VM that is off. It stays the same VM: UUID, disks, owner and lease. Its disks and its serial log keep the
 * file names they have.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainRename
 */
import { z } from 'zod';
import type { EffectStep, Refusal } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import type { Host } from '../host.ts';
import { keepingPlan, keptChange } from './keeping.ts';
import { describeDomain, findDomain, known, oneTarget, refuseMissing } from './known.ts';
import { StateSchema, settle } from './states.ts';

const RenameFacts = z
  .strictObject({
    uuid: z.string(),
    state: StateSchema,
    persistent: z.boolean(),
    managedSave: z.boolean(),
    taken: z.boolean(),
  })
  .nullable();

export const vmRename = defineAction({
  name: 'vm.rename',
  summary: 'Rename a VM that is off',
  risk: 'change',
  args: z.strictObject({ vm: VmName.describe('the VM'), to: VmName.describe('its new name') }),
  positional: 'vm',
  examples: ['vm rename web-01 --to shop-01'],
  facts: RenameFacts,
  targets: oneTarget,
  observe: async ({ vm, to }, read) => {
    const [domain, other] = await Promise.all([read.domain(vm), read.domain(to)]);
    if (domain === null) return { facts: null, info: [] };
    const { uuid, state, persistent, managedSave } = domain;
    const facts = { uuid, state: settle(state), persistent, managedSave, taken: other !== null };
    return { facts, info: describeDomain(domain) };
  },
  plan: ({ vm, to }, facts) => {
    if (facts === null) return refuseMissing(vm);
    return (
      whyNot(vm, to, facts) ??
      keepingPlan(
        [`Rename ${vm} to ${to}; its disks and its serial log keep their file names`],
        keptChange(vm, 'name', vm, to),
        { action: 'vm.rename', args: { vm: to, to: vm }, holds: `while ${to} is off and nobody takes the name ${vm}` },
      )
    );
  },
  execute: async ({ vm, to }, ctx) => {
    await ctx.step(renameStep(ctx.host, vm, to, known(ctx.facts).uuid));
    return { summary: `${vm} is called ${to} now`, blocks: [] };
  },
});

function whyNot(vm: string, to: string, facts: NonNullable<z.infer<typeof RenameFacts>>): Refusal | null {
  if (vm === to) return refuse(`${vm} is called so already`, null);
  if (facts.taken) return refuse(`the name ${to} is taken`, null);
  if (!facts.persistent) return refuse(`${vm} is transient, and only defined VMs can be renamed`, null);
  if (facts.state !== 'shutoff') return refuse(`${vm} is not off, and only then can it be renamed`, `vm stop ${vm}`);
  if (facts.managedSave) return refuse(`${vm} has saved memory, which knows its old name`, `vm start ${vm}`);
  return null;
}

function refuse(reason: string, hint: string | null): Refusal {
  return { kind: 'refused', reason, hint };
}

function renameStep(host: Host, vm: string, to: string, uuid: string): EffectStep {
  return {
    title: `renaming ${vm} to ${to}`,
    record: { type: 'VIRT_RESOURCE', op: 'rename', reason: 'update', command: `libvirt rename ${vm} ${to}`, vm, uuid },
    run: () => host.renameDomain(uuid, to),
    happened: async () => {
      if ((await findDomain(host, to, uuid)) !== null)
        return { kind: 'happened', evidence: `the VM with UUID ${uuid} is called ${to}` };
      if ((await findDomain(host, vm, uuid)) !== null)
        return { kind: 'did-not', evidence: `the VM with UUID ${uuid} is still called ${vm}` };
      return { kind: 'cannot-know', evidence: `no VM called ${vm} or ${to} has UUID ${uuid}` };
    },
  };
}
