/** Takes a network interface away from a VM. A running guest must let go of it; what it answers is waited for. */
import { z } from 'zod';
import type { Plan, Refusal } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import type { Hardware } from '../host-hardware.ts';
import { Mac } from './arg-types.ts';
import { known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import { guestFollows, machineHas, machineStep, refuseMachine } from './machine.ts';
import { mustPick, NicFacts, nameNic, observeNics, pickNic } from './nics.ts';

const LET_GO_SECONDS = 30;

interface NicRemoveArgs {
  vm: string;
  mac: string | null;
}

export const vmNicRemove = defineAction({
  name: 'vm.nic-remove',
  summary: 'Take a network interface away from a VM',
  risk: 'disruptive',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    mac: Mac.nullable().default(null).describe('its address; not needed where there is only one'),
  }),
  positional: 'vm',
  examples: ['vm nic-remove web-01 --mac 52:54:00:12:34:56'],
  facts: NicFacts,
  targets: oneTarget,
  observe: observeNics,
  plan: planNicRemove,
  execute: async (args, ctx) => {
    const { vm } = args;
    const { uuid, nics } = known(ctx.facts);
    const { host } = ctx;
    const { mac } = mustPick(vm, nics, args.mac);
    const isGone = (hardware: Hardware) => !hardware.nics.some((nic) => nic.mac === mac);
    await ctx.step(
      machineStep(
        { title: `removing network interface ${mac} of ${vm}`, vm, uuid, resource: 'net', reason: 'detach' },
        () => host.detachNic(uuid, mac),
        () => machineHas(host, vm, uuid, `no interface ${mac}`, isGone),
      ),
    );
    const title = `waiting up to ${LET_GO_SECONDS} s for the guest of ${vm} to let go of ${mac}`;
    if (!(await guestFollows(ctx, title, uuid, LET_GO_SECONDS, (now) => now === null || isGone(now))))
      throw new OpsError(
        'failed',
        `${title}: it still has it and may yet let go; from its next start on it is gone; \`vm nic-link ${vm} --mac ${mac} --down\` cuts it off now`,
      );
    return { summary: `${vm} no longer has the network interface ${mac}`, blocks: [] };
  },
});

function planNicRemove({ vm, mac }: NicRemoveArgs, facts: NicFacts): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseMachine(vm, facts);
  if (obstacle !== null) return obstacle;
  const picked = pickNic(vm, facts.nics, mac);
  if (picked.kind === 'refused') return picked;
  const { nic } = picked;
  const running = facts.state === 'running';
  const args = { vm, network: nic.kind === 'network' ? nic.network : null, mac: nic.mac };
  const known = nic.kind === 'network' || nic.kind === 'user';
  return {
    kind: 'plan',
    effects: [
      running ? `Ask the guest of ${vm} to let go of ${nameNic(nic)}` : `Remove ${nameNic(nic)} of ${vm}`,
      ...(running
        ? [`Wait up to ${LET_GO_SECONDS} s; a guest that does not let go keeps it until its next start`]
        : []),
      ...(facts.nics.length === 1 ? [`${vm} has no network then`] : []),
    ],
    changes: [{ path: `domain/${vm}/interface ${nic.mac}`, before: nic.network ?? nic.kind, after: null }],
    lost: [],
    cost: NO_COST,
    undo: known ? { action: 'vm.nic-add', args, holds: `while ${vm} exists` } : null,
  };
}
