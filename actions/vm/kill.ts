/** Pulls the plug of a VM. The guest is not asked, so what it holds in memory is gone. */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { known, lostWhenOff, NO_COST, observePower, oneTarget, PowerFacts, planPower, stateChange } from './known.ts';
import { pullPlug } from './power-off.ts';

export const vmKill = defineAction({
  name: 'vm.kill',
  summary: 'Pull the plug of a VM without asking its guest',
  risk: 'destructive',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm kill web-01'],
  facts: PowerFacts,
  targets: oneTarget,
  observe: observePower,
  plan: ({ vm }, facts) =>
    planPower('kill', vm, facts, ({ state, persistent }) => ({
      kind: 'plan',
      effects: [`Pull the plug of ${vm}`],
      changes: [stateChange(vm, state, 'shutoff')],
      lost: [`What the guest of ${vm} has not written to disk`, ...lostWhenOff(vm, persistent)],
      cost: NO_COST,
      undo: persistent ? { action: 'vm.start', args: { vm }, holds: `while ${vm} exists; it boots afresh` } : null,
    })),
  execute: async ({ vm }, ctx) => {
    await ctx.step(pullPlug(ctx.host, vm, known(ctx.facts).uuid));
    return { summary: `${vm} is off`, blocks: [] };
  },
});
