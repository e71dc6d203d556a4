/**
 * Starts a VM that is off. A managed save image is restored by the start, as libvirt does it.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainCreate
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

export const vmStart = defineAction({
  name: 'vm.start',
  summary: 'Start a VM',
  risk: 'change',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm start web-01'],
  facts: PowerFacts,
  targets: oneTarget,
  observe: observePower,
  plan: ({ vm }, facts) =>
    planPower('start', vm, facts, ({ state, managedSave }) => ({
      kind: 'plan',
      effects: [managedSave ? `Start ${vm} from its saved memory, where it was when it was saved` : `Start ${vm}`],
      changes: [stateChange(vm, state, 'running')],
      lost: [],
      cost: NO_COST,
      undo: { action: 'vm.stop', args: { vm }, holds: `while ${vm} exists; its guest must listen` },
    })),
  execute: async ({ vm }, ctx) => {
    const { uuid } = known(ctx.facts);
    await ctx.step(
      controlStep(
        { title: `starting ${vm}`, vm, uuid, op: 'start', reason: 'booted' },
        () => ctx.host.start(uuid),
        () => inState(ctx.host, vm, uuid, ['running', 'blocked', 'paused']),
      ),
    );
    return { summary: `${vm} is running`, blocks: [] };
  },
});
