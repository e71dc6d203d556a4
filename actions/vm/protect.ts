/** Protects a VM: while it is protected, nothing that is destructive is done to it, whoever asks. */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { keepingPlan, keptChange, metadataStep, observeMetadata } from './keeping.ts';
import { known, oneTarget, refuseMissing } from './known.ts';

export const vmProtect = defineAction({
  name: 'vm.protect',
  summary: 'Protect a VM against destruction',
  risk: 'change',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm protect web-01'],
  facts: z.strictObject({ uuid: z.string(), was: z.boolean() }).nullable(),
  targets: oneTarget,
  observe: ({ vm }, read) => observeMetadata(vm, 'protected', read),
  plan: ({ vm }, facts) => {
    if (facts === null) return refuseMissing(vm);
    if (facts.was) return { kind: 'refused', reason: `${vm} is protected already`, hint: null };
    return keepingPlan(
      [`Protect ${vm}: nothing destructive is done to it until the protection is taken off`],
      keptChange(vm, 'protected', false, true),
      { action: 'vm.unprotect', args: { vm }, holds: `while ${vm} exists` },
    );
  },
  execute: async ({ vm }, ctx) => {
    const { uuid, was } = known(ctx.facts);
    await ctx.step(metadataStep(ctx.host, 'protected', { title: `protecting ${vm}`, vm, uuid, was, will: true }));
    return { summary: `${vm} is protected`, blocks: [] };
  },
});
