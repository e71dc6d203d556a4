/**
 * Lets a suspended VM go on where it stood.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainResume
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

export const vmResume = defineAction({
  name: 'vm.resume',
  summary: 'Let a suspended VM go on',
  risk: 'change',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm resume web-01'],
  facts: PowerFacts,
  targets: oneTarget,
  observe: observePower,
  plan: ({ vm }, facts) =>
    planPower('resume', vm, facts, ({ state }) => ({
      kind: 'plan',
      effects: [`Let ${vm} go on`],
      changes: [stateChange(vm, state, 'running')],
      lost: [],
      cost: NO_COST,
      undo: { action: 'vm.suspend', args: { vm }, holds: `while ${vm} is running` },
    })),
  execute: async ({ vm }, ctx) => {
    const { uuid } = known(ctx.facts);
    await ctx.step(
      controlStep(
        { title: `resuming ${vm}`, vm, uuid, op: 'resume', reason: '' },
        () => ctx.host.resume(uuid),
        () => inState(ctx.host, vm, uuid, ['running', 'blocked']),
      ),
    );
    return { summary: `${vm} is running`, blocks: [] };
  },
});
