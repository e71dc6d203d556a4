/**
 * Deletes a VM. Its disks are kept unless `--disks` says otherwise; a VM that is on is refused unless `--force`.
 * Snapshots, saved memory and protection refuse: each is somebody's intent to keep something.
 */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import type { HostReader } from '../host.ts';
import { DeleteFacts, observeDelete, planDelete, type RemovableVolume, volumesToRemove } from './delete-plan.ts';
import { undefineStep } from './domain-steps.ts';
import { known, oneTarget } from './known.ts';
import { type Need, whoNeeds } from './needs.ts';
import { pullPlug } from './power-off.ts';
import { isOn } from './states.ts';
import { removeVolume } from './volume-steps.ts';

export const vmDelete = defineAction({
  name: 'vm.delete',
  summary: 'Delete a VM; its disks are kept unless asked',
  risk: 'destructive',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    disks: z.boolean().default(false).describe('delete its disks, too'),
    force: z.boolean().default(false).describe('pull the plug first when it is on'),
  }),
  positional: 'vm',
  examples: ['vm delete web-01', 'vm delete web-01 --disks'],
  facts: DeleteFacts,
  targets: oneTarget,
  observe: observeDelete,
  plan: planDelete,
  execute: async (args, ctx) => {
    const { vm } = args;
    const facts = known(ctx.facts);
    const { uuid } = facts;
    const removed = volumesToRemove(args, facts);
    if (isOn(facts.state)) await ctx.step(pullPlug(ctx.host, vm, uuid));
    if (facts.persistent) await ctx.step(undefineStep(ctx.host, vm, uuid));
    for (const volume of removed) {
      const title = `deleting ${volume.name} from pool ${volume.pool}`;
      const check = () => refuseNeeded(volume, uuid, ctx.host);
      await ctx.step(removeVolume(ctx.host, { vm, uuid }, title, volume, check));
    }
    const gone = new Set(removed.map(({ path }) => path));
    const kept = facts.disks.map(({ path }) => path).filter((path) => !gone.has(path));
    return {
      summary: `${vm} is deleted${kept.length === 0 ? '' : '; its disks are kept'}`,
      blocks: kept.length === 0 ? [] : [{ kind: 'list', items: kept.map((path) => `kept: ${path}`) }],
    };
  },
});

/** Asked again in the last moment: others make VMs meanwhile, and an overlay without its base is lost. */
async function refuseNeeded(volume: RemovableVolume, uuid: string, read: HostReader): Promise<void> {
  const need = await whoNeeds(volume, uuid, read);
  if (need === null) return;
  throw new OpsError('wrong-state', `deleting ${volume.name}: ${BECAUSE[need]} since the plan was made, so it is kept`);
}

const BECAUSE = {
  used: 'another VM uses it',
  backing: 'another volume stands on it',
  unclear: 'another VM may stand on it',
} as const satisfies Record<NonNullable<Need>, string>;
