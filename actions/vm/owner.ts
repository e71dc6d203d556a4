/** Hands a VM over. From then on policies see the new owner, so whoever gives it away may not get it back alone. */
import { z } from 'zod';
import { Owner, VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { keepingPlan, keptChange, metadataStep, observeMetadata } from './keeping.ts';
import { known, oneTarget, refuseMissing } from './known.ts';

export const vmOwner = defineAction({
  name: 'vm.owner',
  summary: 'Hand a VM over to another person or group',
  risk: 'change',
  args: z.strictObject({ vm: VmName.describe('the VM'), to: Owner.describe('the new owner: a person or a group') }),
  positional: 'vm',
  examples: ['vm owner web-01 --to team-b'],
  facts: z.strictObject({ uuid: z.string(), was: z.string() }).nullable(),
  targets: oneTarget,
  observe: ({ vm }, read) => observeMetadata(vm, 'owner', read),
  plan: ({ vm, to }, facts) => {
    if (facts === null) return refuseMissing(vm);
    const { was } = facts;
    if (was === to) return { kind: 'refused', reason: `${vm} is ${to}'s already`, hint: null };
    return keepingPlan(
      [`Hand ${vm} over from ${was === '' ? 'nobody' : was} to ${to}; what ${to} may do decides from then on`],
      keptChange(vm, 'owner', was, to),
      was === ''
        ? null
        : { action: 'vm.owner', args: { vm, to: was }, holds: `while ${vm} is ${to}'s, if ${to} agrees` },
    );
  },
  execute: async ({ vm, to }, ctx) => {
    const { uuid, was } = known(ctx.facts);
    await ctx.step(metadataStep(ctx.host, 'owner', { title: `handing ${vm} over`, vm, uuid, was, will: to }));
    return { summary: `${vm} belongs to ${to}`, blocks: [] };
  },
});
