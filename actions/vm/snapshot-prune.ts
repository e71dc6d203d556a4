/**
 * Deletes the old snapshots of a VM, by count and by age: those that are neither among the newest `--keep` nor younger
 * than `--older`. The one that the VM stands on is kept, and so are the names of what goes: they are in the plan.
 */
import { z } from 'zod';
import { seconds, VmName, whole } from '../args.ts';
import { defineAction } from '../define.ts';
import type { Snapshot } from '../host-snapshots.ts';
import { known, oneTarget, refuseMissing } from './known.ts';
import { leaseEnd } from './lease.ts';
import { refuse } from './machine.ts';
import { DeletionFacts, observeDeletion, planDeletion } from './snapshot-delete-plan.ts';
import { snapshotIs, snapshotStep } from './snapshot-facts.ts';

const MAX_AGE = 3650 * 86_400;

interface PruneArgs {
  keep: number;
  before: string | null;
}

export const vmSnapshotPrune = defineAction({
  name: 'vm.snapshot-prune',
  summary: 'Delete the old snapshots of a VM',
  risk: 'destructive',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    keep: whole({ min: 0, max: 1000 }).default(3).describe('how many of the newest stay, whatever their age'),
    older: seconds({ min: 0, max: MAX_AGE }).default(0).describe('younger ones stay, too, such as 14d'),
    before: z.iso
      .datetime()
      .nullable()
      .default(null)
      .describe('taken before this time; counted from --older when left out'),
  }),
  positional: 'vm',
  examples: ['vm snapshot-prune web-01 --keep 3', 'vm snapshot-prune web-01 --keep 1 --older 14d'],
  facts: DeletionFacts,
  complete: (args, { now }) => ({ ...args, before: args.before ?? leaseEnd(now, -args.older) }),
  targets: oneTarget,
  observe: (args, read) => observeDeletion(args.vm, read, (all) => choose(all, args)),
  plan: ({ vm }, facts) => {
    if (facts === null) return refuseMissing(vm);
    if (facts.doomed.length === 0) return refuse(`${vm} has no snapshot that is old enough and too many`, null);
    return planDeletion(vm, facts);
  },
  execute: async ({ vm }, ctx) => {
    const { uuid, doomed } = known(ctx.facts);
    for (const { name } of doomed) {
      await ctx.step(
        snapshotStep(
          { title: `deleting snapshot ${name} of ${vm}`, op: 'delete-snapshot', vm, uuid, name },
          () => ctx.host.deleteSnapshot(uuid, name),
          () => snapshotIs(ctx.host, uuid, name, 'gone'),
        ),
      );
    }
    const count = doomed.length === 1 ? 'a snapshot' : `${doomed.length} snapshots`;
    return { summary: `${count} of ${vm} deleted`, blocks: [{ kind: 'list', items: doomed.map(({ name }) => name) }] };
  },
});

/** `all`: the oldest first. */
function choose(all: Snapshot[], { keep, before }: PruneArgs): Snapshot[] {
  const end = before === null ? 0 : Date.parse(before) / 1000;
  const beyond = all.slice(0, Math.max(0, all.length - keep));
  return beyond.filter(({ createdAt, isCurrent }) => createdAt < end && !isCurrent);
}
