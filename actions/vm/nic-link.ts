/**
 * Pulls the cable of a network interface of a VM, or puts it back. The guest notices; nothing else changes.
 * Source: https://libvirt.org/formatdomain.html#modifying-virtual-link-state
 */
import { z } from 'zod';
import type { Plan, Refusal } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { Mac } from './arg-types.ts';
import { known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import { askAgain, machineStep, refuse, refuseMachine } from './machine.ts';
import { mustPick, NicFacts, nameNic, observeNics, pickNic } from './nics.ts';

interface NicLinkArgs {
  vm: string;
  mac: string | null;
  down: boolean;
}

export const vmNicLink = defineAction({
  name: 'vm.nic-link',
  summary: "Pull a VM's network cable, or put it back",
  risk: 'disruptive',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    mac: Mac.nullable().default(null).describe('the interface; not needed where there is only one'),
    down: z.boolean().default(false).describe('pull the cable; without it, put it back'),
  }),
  positional: 'vm',
  examples: ['vm nic-link web-01 --down', 'vm nic-link web-01 --mac 52:54:00:12:34:56'],
  facts: NicFacts,
  targets: oneTarget,
  observe: observeNics,
  plan: planNicLink,
  execute: async ({ vm, mac, down }, ctx) => {
    const { uuid, nics } = known(ctx.facts);
    const nic = mustPick(vm, nics, mac);
    const link = down ? 'down' : 'up';
    await ctx.step(
      machineStep(
        { title: `setting the link of ${nic.mac} of ${vm} ${link}`, vm, uuid, resource: 'net', reason: 'update' },
        () => ctx.host.setLink(uuid, nic.mac, link),
        askAgain,
      ),
    );
    return { summary: `the link of ${nic.mac} of ${vm} is ${link}`, blocks: [] };
  },
});

function planNicLink({ vm, mac, down }: NicLinkArgs, facts: NicFacts): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseMachine(vm, facts);
  if (obstacle !== null) return obstacle;
  const picked = pickNic(vm, facts.nics, mac);
  if (picked.kind === 'refused') return picked;
  const { nic } = picked;
  const link = down ? 'down' : 'up';
  if (nic.link === link) return refuse(`the link of ${nic.mac} of ${vm} is ${link} already`, null);
  return {
    kind: 'plan',
    effects: [down ? `Pull the cable of ${nameNic(nic)} of ${vm}` : `Put the cable of ${nameNic(nic)} of ${vm} back`],
    changes: [{ path: `domain/${vm}/link of ${nic.mac}`, before: nic.link, after: link }],
    lost: [],
    cost: NO_COST,
    undo: { action: 'vm.nic-link', args: { vm, mac: nic.mac, down: !down }, holds: `while ${vm} has it` },
  };
}
