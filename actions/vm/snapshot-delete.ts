/** Deletes one snapshot of a VM. The VM stays as it is; what its children need of it is merged into them. */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { known, oneTarget, refuseMissing } from './known.ts';
import { refuse } from './machine.ts';
import { DeletionFacts, observeDeletion, planDeletion } from './snapshot-delete-plan.ts';
import { SnapshotName, snapshotIs, snapshotStep } from './snapshot-facts.ts';

export const vmSnapshotDelete = defineAction({
  name: 'vm.snapshot-delete',
  summary: 'Delete a snapshot of a VM',
  risk: 'destructive',
  args: z.strictObject({ vm: VmName.describe('the VM'), name: SnapshotName.describe('the snapshot') }),
  positional: 'vm',
  examples: ['vm snapshot-delete web-01 --name before-upgrade'],
  facts: DeletionFacts,
  targets: oneTarget,
  observe: ({ vm, name }, read) => observeDeletion(vm, read, (all) => all.filter((snapshot) => snapshot.name === name)),
  plan: ({ vm, name }, facts) => {
    if (facts === null) return refuseMissing(vm);
    if (facts.doomed.length === 0) return refuse(`${vm} has no snapshot ${name}`, `vm snapshots ${vm}`);
    return planDeletion(vm, facts);
  },
  execute: async ({ vm, name }, ctx) => {
    const { uuid } = known(ctx.facts);
    await ctx.step(
      snapshotStep(
        { title: `deleting snapshot ${name} of ${vm}`, op: 'delete-snapshot', vm, uuid, name },
        () => ctx.host.deleteSnapshot(uuid, name),
        () => snapshotIs(ctx.host, uuid, name, 'gone'),
      ),
    );
    return { summary: `snapshot ${name} of ${vm} is deleted`, blocks: [] };
  },
});
