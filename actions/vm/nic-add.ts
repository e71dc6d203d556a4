/** Adds a network interface to a VM, running or off. */
import { z } from 'zod';
import type { Plan, Refusal } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { Mac, ObjectName } from './arg-types.ts';
import { known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import { machineHas, machineStep, refuse, refuseMachine } from './machine.ts';
import { macOf, NicFacts, observeNics } from './nics.ts';

interface NicAddArgs {
  vm: string;
  network: string | null;
  mac: string | null;
}

export const vmNicAdd = defineAction({
  name: 'vm.nic-add',
  summary: 'Add a network interface to a VM',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    network: ObjectName.nullable().default(null).describe("libvirt's network; where new VMs are put when left out"),
    mac: Mac.nullable().default(null).describe('its address; a new one when left out'),
  }),
  positional: 'vm',
  examples: ['vm nic-add web-01', 'vm nic-add web-01 --network backend'],
  facts: NicFacts,
  targets: oneTarget,
  observe: observeNics,
  plan: planNicAdd,
  execute: async ({ vm, network, mac: wished }, ctx) => {
    const { uuid } = known(ctx.facts);
    const { host } = ctx;
    const mac = wished ?? macOf(ctx.uuid);
    await ctx.step(
      machineStep(
        { title: `adding network interface ${mac} to ${vm}`, vm, uuid, resource: 'net', reason: 'attach' },
        () => host.attachNic(uuid, { mac, network }),
        () => machineHas(host, vm, uuid, `the interface ${mac}`, ({ nics }) => nics.some((nic) => nic.mac === mac)),
      ),
    );
    return { summary: `${vm} has the network interface ${mac}`, blocks: [] };
  },
});

function planNicAdd({ vm, network, mac: wished }: NicAddArgs, facts: NicFacts, reserved: string): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  const mac = wished ?? macOf(reserved);
  const obstacle = refuseMachine(vm, facts);
  if (obstacle !== null) return obstacle;
  if (facts.nics.some((nic) => nic.mac === mac)) return refuse(`${vm} has an interface ${mac} already`, null);
  if (facts.full)
    return refuse(
      `${vm} has no free port to plug an interface into while it runs; what it has was settled at its start`,
      `vm stop ${vm}`,
    );
  const where = network === null ? 'where this host puts new VMs' : `in ${network}`;
  return {
    kind: 'plan',
    effects: [
      `Add the network interface ${mac} to ${vm}, ${where}${facts.state === 'running' ? ', now and at every start' : ''}`,
      'Its guest has to be told to use it, unless it takes every interface that comes',
    ],
    changes: [{ path: `domain/${vm}/interface ${mac}`, before: null, after: network ?? 'default' }],
    lost: [],
    cost: NO_COST,
    undo: { action: 'vm.nic-remove', args: { vm, mac }, holds: `while ${vm} exists` },
  };
}
