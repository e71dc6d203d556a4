/**
 * Sets from what a VM boots, from its next start on. An order that stands on the devices themselves is left to whoever
 * put it there: libvirt takes one kind or the other.
 * Source: https://libvirt.org/formatdomain.html#bios-bootloader
 */
import { z } from 'zod';
import type { Plan, Refusal } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import type { BootDevice } from '../host-hardware.ts';
import { BootOrder } from './arg-types.ts';
import { describeDomain, known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import { askAgain, lookAtMachine, machineFacts, machineStep, refuse } from './machine.ts';

const OrderFacts = z
  .strictObject({ ...machineFacts, persistent: z.boolean(), boot: z.array(z.string()).nullable() })
  .nullable();
type OrderFacts = z.infer<typeof OrderFacts>;

export const vmBootOrder = defineAction({
  name: 'vm.boot-order',
  summary: 'Set from what a VM boots',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    order: BootOrder.describe('disk, network and cdrom in the wished order, such as network,disk'),
  }),
  positional: 'vm',
  examples: ['vm boot-order web-01 --order network,disk'],
  facts: OrderFacts,
  targets: oneTarget,
  observe: async ({ vm }, read) => {
    const machine = await lookAtMachine(vm, read);
    if (machine === null) return { facts: null, info: [] };
    const { domain, facts, times } = machine;
    const boot = (times.next ?? times.now)?.boot ?? null;
    return { facts: { ...facts, persistent: domain.persistent, boot }, info: describeDomain(domain) };
  },
  plan: planOrder,
  execute: async ({ vm, order }, ctx) => {
    const { uuid } = known(ctx.facts);
    await ctx.step(
      machineStep(
        { title: `setting the boot order of ${vm}`, vm, uuid, resource: 'boot', reason: 'update' },
        () => ctx.host.setBootOrder(uuid, order),
        askAgain,
      ),
    );
    return { summary: `${vm} boots from ${order.join(', then ')} from its next start on`, blocks: [] };
  },
});

function planOrder({ vm, order }: { vm: string; order: BootDevice[] }, facts: OrderFacts): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  if (!facts.persistent) return refuse(`${vm} is transient, so it has no next start`, null);
  if (facts.boot === null)
    return refuse(`the boot order of ${vm} stands on its devices, and libvirt takes no other beside it`, null);
  if (facts.managedSave) return refuse(`${vm} has saved memory, so its next start does not boot`, `vm start ${vm}`);
  const said = facts.boot.join(',');
  if (said === order.join(',')) return refuse(`${vm} boots from ${said} already`, null);
  return {
    kind: 'plan',
    effects: [
      `Let ${vm} boot from ${order.join(', then ')} from its next start on`,
      ...(facts.state === 'shutoff' ? [] : [`${vm} is not restarted for it`]),
    ],
    changes: [{ path: `domain/${vm}/boot order`, before: facts.boot, after: order }],
    lost: [],
    cost: NO_COST,
    undo:
      facts.boot.length === 0
        ? null
        : { action: 'vm.boot-order', args: { vm, order: facts.boot }, holds: `while ${vm} exists` },
  };
}
