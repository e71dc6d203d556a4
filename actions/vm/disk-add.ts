/** Adds a disk to a VM, running or off: a new one, or a volume that is there. What does not come to be is removed again. */
import { z } from 'zod';
import type { Action, EffectStep, ExecuteContext } from '../action.ts';
import { DiskGiB, VmName, VolumeName } from '../args.ts';
import { defineAction } from '../define.ts';
import { mayHaveHappened, OpsError } from '../errors.ts';
import { DiskTarget, ObjectName } from './arg-types.ts';
import type { CreateSettings } from './create-plan.ts';
import { type DiskAddArgs, DiskAddFacts, newDisk, newVolume, observeDiskAdd, planDiskAdd } from './disk-add-plan.ts';
import { known, oneTarget } from './known.ts';
import { diskOf, machineHas, machineStep } from './machine.ts';
import { whoNeeds } from './needs.ts';
import { makeVolume, removeVolume } from './volume-steps.ts';

type Context = ExecuteContext<DiskAddFacts>;

export function createVmDiskAdd({ pool }: Pick<CreateSettings, 'pool'>): Action {
  return defineAction({
    name: 'vm.disk-add',
    summary: 'Add a disk to a VM',
    risk: 'change',
    args: z.strictObject({
      vm: VmName.describe('the VM'),
      size: DiskGiB.nullable().default(null).describe('the size of a new disk, such as 20GiB'),
      volume: VolumeName.nullable().default(null).describe('instead of a new disk, a volume that is there'),
      pool: ObjectName.nullable().default(null).describe(`the pool; ${pool} when left out`),
      target: DiskTarget.nullable().default(null).describe('such as vdb; the next that is free when left out'),
    }),
    positional: 'vm',
    examples: ['vm disk-add web-01 --size 20GiB', 'vm disk-add web-01 --volume old-data.qcow2'],
    facts: DiskAddFacts,
    targets: oneTarget,
    observe: (args, read) => observeDiskAdd(args, pool, read),
    plan: (args, facts, uuid) => planDiskAdd(args, facts, pool, uuid),
    execute: async (args, ctx) => {
      const target = known(ctx.facts).place?.target;
      if (args.size === null) await ctx.step(attach(args, pool, ctx));
      else await makeAndAttach(args, pool, ctx);
      return { summary: `${args.vm} has the disk ${target}`, blocks: [] };
    },
  });
}

/** A volume that could not be attached is nobody's, so it goes again; one that may be attached stays. */
async function makeAndAttach(args: DiskAddArgs, pool: string, ctx: Context): Promise<void> {
  const facts = known(ctx.facts);
  const volume = newVolume(args, facts, pool, ctx.uuid);
  const owner = { vm: args.vm, uuid: facts.uuid };
  await ctx.step(makeVolume(ctx.host, owner, `creating ${volume.name}`, volume, null));
  try {
    await ctx.step(attach(args, pool, ctx));
  } catch (error) {
    if (error instanceof OpsError && !mayHaveHappened(error.code))
      await ctx.step(removeVolume(ctx.host, owner, `removing ${volume.name} again`, volume));
    throw error;
  }
}

function attach(args: DiskAddArgs, pool: string, { host, facts: given, uuid: reserved }: Context): EffectStep {
  const { vm } = args;
  const facts = known(given);
  const { uuid } = facts;
  const volume = newVolume(args, facts, pool, reserved);
  const name = args.volume ?? volume.name;
  const target = facts.place?.target ?? '';
  return machineStep(
    { title: `attaching ${name} as ${target}`, vm, uuid, resource: 'disk', reason: 'attach' },
    async () => {
      const found = await host.volume(volume.pool, name);
      if (found === null) throw new OpsError('not-found', `attaching ${name}: it is no longer in pool ${volume.pool}`);
      if ((await whoNeeds(found, '', host)) !== null)
        throw new OpsError('wrong-state', `attaching ${name}: something else uses it since the plan was made`);
      await host.attachDisk(uuid, newDisk(facts, found.path));
    },
    () =>
      machineHas(
        host,
        vm,
        uuid,
        `the disk ${target}`,
        (hardware) => diskOf(hardware, target)?.source?.endsWith(`/${name}`) ?? false,
      ),
  );
}
