/**
 * Moves the end of a VM's lease. `--for` counts from the moment of asking, so that the end is a date that everybody who
 * decides can see. It never shortens a lease, and never gives one to a VM that has none.
 */
import { z } from 'zod';
import { seconds, VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { keepingPlan, keptChange, metadataStep, observeMetadata } from './keeping.ts';
import { known, oneTarget, refuseMissing } from './known.ts';
import { leaseEnd } from './lease.ts';

const MAX_SECONDS = 3650 * 86_400;

export const vmExtend = defineAction({
  name: 'vm.extend',
  summary: 'Extend the lease of a VM',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    for: seconds({ min: 60, max: MAX_SECONDS })
      .prefault('7d')
      .describe('how long it is needed from now on, such as 30d'),
    until: z.iso
      .datetime()
      .nullable()
      .default(null)
      .describe('the end itself, such as 2027-03-01T12:00:00Z; counted from --for when left out'),
  }),
  positional: 'vm',
  examples: ['vm extend web-01 --for 30d', 'vm extend web-01 --until 2027-03-01T12:00:00Z'],
  facts: z.strictObject({ uuid: z.string(), was: z.string().nullable() }).nullable(),
  complete: (args, { now }) => ({ ...args, until: args.until ?? leaseEnd(now, args.for) }),
  targets: oneTarget,
  observe: ({ vm }, read) => observeMetadata(vm, 'expires', read),
  plan: ({ vm, until }, facts) => {
    if (facts === null) return refuseMissing(vm);
    const { was } = facts;
    if (was === null) return { kind: 'refused', reason: `${vm} has no lease, so it does not end`, hint: null };
    if (until === null) throw new Error('a lease without an end was bound');
    if (Date.parse(until) <= Date.parse(was))
      return {
        kind: 'refused',
        reason: `the lease of ${vm} goes until ${was}, which is not earlier`,
        hint: '--for 30d',
      };
    return keepingPlan(
      [`Extend the lease of ${vm} from ${was} to ${until}`],
      keptChange(vm, 'expires', was, until),
      null,
    );
  },
  execute: async ({ vm, until }, ctx) => {
    const { uuid, was } = known(ctx.facts);
    const title = `extending the lease of ${vm}`;
    await ctx.step(metadataStep(ctx.host, 'expires', { title, vm, uuid, was, will: until }));
    return { summary: `the lease of ${vm} ends ${until}`, blocks: [] };
  },
});
