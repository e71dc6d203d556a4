/** Takes the protection of a VM off, so that it can be deleted, reverted or switched off hard again. */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { keepingPlan, keptChange, metadataStep, observeMetadata } from './keeping.ts';
import { known, oneTarget, refuseMissing } from './known.ts';

export const vmUnprotect = defineAction({
  name: 'vm.unprotect',
  summary: 'Take the protection of a VM off',
  risk: 'change',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm unprotect web-01'],
  facts: z.strictObject({ uuid: z.string(), was: z.boolean() }).nullable(),
  targets: oneTarget,
  observe: ({ vm }, read) => observeMetadata(vm, 'protected', read),
  plan: ({ vm }, facts) => {
    if (facts === null) return refuseMissing(vm);
    if (!facts.was) return { kind: 'refused', reason: `${vm} is not protected`, hint: null };
    return keepingPlan(
      [`Take the protection of ${vm} off; nothing else happens to it`],
      keptChange(vm, 'protected', true, false),
      { action: 'vm.protect', args: { vm }, holds: `while ${vm} exists` },
    );
  },
  execute: async ({ vm }, ctx) => {
    const { uuid, was } = known(ctx.facts);
    const title = `taking the protection of ${vm} off`;
    await ctx.step(metadataStep(ctx.host, 'protected', { title, vm, uuid, was, will: false }));
    return { summary: `${vm} is no longer protected`, blocks: [] };
  },
});
