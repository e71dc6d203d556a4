/**
 * Freezes a VM where it stands: its vCPUs stop, its memory stays. Time goes on outside, connections of the guest may break.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainSuspend
 */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import {
  controlStep,
  inState,
  known,
  NO_COST,
  observePower,
  oneTarget,
  PowerFacts,
  planPower,
  stateChange,
} from './known.ts';

export const vmSuspend = defineAction({
  name: 'vm.suspend',
  summary: 'Freeze a VM; its memory stays on the host',
  risk: 'disruptive',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm suspend web-01'],
  facts: PowerFacts,
  targets: oneTarget,
  observe: observePower,
  plan: ({ vm }, facts) =>
    planPower('suspend', vm, facts, ({ state }) => ({
      kind: 'plan',
      effects: [`Freeze ${vm}; it keeps its memory and does nothing`],
      changes: [stateChange(vm, state, 'paused')],
      lost: [],
      cost: NO_COST,
      undo: { action: 'vm.resume', args: { vm }, holds: `until ${vm} is stopped or its host restarts` },
    })),
  execute: async ({ vm }, ctx) => {
    const { uuid } = known(ctx.facts);
    await ctx.step(
      controlStep(
        { title: `suspending ${vm}`, vm, uuid, op: 'suspend', reason: '' },
        () => ctx.host.suspend(uuid),
        () => inState(ctx.host, vm, uuid, ['paused']),
      ),
    );
    return { summary: `${vm} is suspended`, blocks: [] };
  },
});
