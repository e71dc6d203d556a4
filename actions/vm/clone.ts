/**
 * Makes a VM of another one that is off: whole copies of its disks, a UUID, addresses and a seed of its own. What was
 * made goes again when a step is certain to have come to nothing; what is unclear is left to be found.
 */
import { z } from 'zod';
import type { Action, EffectStep, ExecuteContext } from '../action.ts';
import { Owner, seconds, Tags, VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { mayHaveHappened, OpsError } from '../errors.ts';
import { hostnameOf, nocloudSeed } from '../seed.ts';
import { type CloneArgs, CloneFacts, type Copy, copyName, observeClone, planClone } from './clone-plan.ts';
import { type CreateSettings, volumeNames } from './create-plan.ts';
import { defineStep, undefineStep } from './domain-steps.ts';
import { known } from './known.ts';
import { leaseEnd } from './lease.ts';
import { diskOf, machineHas, machineStep } from './machine.ts';
import { copyVolume, fillVolume, makeVolume, removeVolume } from './volume-steps.ts';

type Context = ExecuteContext<CloneFacts>;
/** A step and its way back; null where an earlier one covers it. */
type Making = [step: EffectStep, back: EffectStep | null];

export function createVmClone({ pool }: Pick<CreateSettings, 'pool'>): Action {
  return defineAction({
    name: 'vm.clone',
    summary: 'Make a VM of another one that is off',
    risk: 'change',
    args: z.strictObject({
      vm: VmName.describe('the VM to copy'),
      name: VmName.describe('the name of the new VM'),
      owner: Owner.nullable().default(null).describe('person or group; whoever asks when left out'),
      ttl: seconds({ min: 60, max: 3650 * 86_400 })
        .nullable()
        .default(null)
        .describe('how long it is needed, such as 30d; no end when left out'),
      tags: Tags.default({}).describe('such as env=dev tier=web; those of the copied VM are not taken over'),
    }),
    positional: 'vm',
    examples: ['vm clone web-01 --name web-02 --ttl 7d --tag env=dev'],
    facts: CloneFacts,
    complete: (args, { requester }) => ({ ...args, owner: args.owner ?? requester }),
    targets: ({ vm, name, owner, tags }) => [
      { vm, creates: null },
      { vm: name, creates: { owner: owner ?? '', tags } },
    ],
    observe: (args, read) => observeClone(args, pool, read),
    plan: (args, facts, uuid) => planClone(args, facts, pool, uuid),
    execute: async (args, ctx) => {
      await makeAll(makings(args, pool, ctx), ctx);
      return {
        summary: `${args.name} is a copy of ${args.vm}, and off`,
        blocks: [{ kind: 'fields', fields: [{ name: 'UUID', value: ctx.uuid }] }],
      };
    },
  });
}

async function makeAll(all: Making[], ctx: Context): Promise<void> {
  const made: EffectStep[] = [];
  try {
    for (const [step, back] of all) {
      await ctx.step(step);
      if (back !== null) made.unshift(back);
    }
  } catch (error) {
    if (error instanceof OpsError && !mayHaveHappened(error.code)) for (const back of made) await ctx.step(back);
    throw error;
  }
}

function makings(args: CloneArgs, pool: string, ctx: Context): Making[] {
  const { name: vm } = args;
  const { host, uuid } = ctx;
  const { disks } = known(ctx.facts);
  const own = { vm, uuid };
  const content = nocloudSeed({ instanceId: uuid, hostname: hostnameOf(vm, uuid) });
  const seed = {
    ...{ pool, name: volumeNames(vm, uuid).seed, backing: null },
    ...({ format: 'raw', capacityBytes: BigInt(content.length) } as const),
  };
  const copies = disks.map((copy): Making => {
    const to = { pool, name: copyName(vm, uuid, disks, copy) };
    return [
      copyVolume(host, own, `copying ${copy.name} to ${to.name}`, copy, to),
      removeVolume(host, own, `removing ${to.name} again`, to),
    ];
  });
  return [
    ...copies,
    [
      makeVolume(host, own, `creating the seed of ${vm}`, seed, null),
      removeVolume(host, own, `removing the seed of ${vm}`, seed),
    ],
    [fillVolume(host, own, `writing the seed of ${vm}`, seed, content), null],
    [defineStep(host, vm, uuid, () => describe(args, pool, ctx)), undefineStep(host, vm, uuid)],
    ...disks.slice(1).map((copy): Making => [attach(args, pool, copy, ctx), null]),
  ];
}

async function describe({ name, owner, tags, ttl }: CloneArgs, pool: string, ctx: Context) {
  const { vcpus, memoryMiB, disks } = known(ctx.facts);
  const [first] = disks;
  if (first === undefined) throw new Error('a VM without disks was copied');
  const metadata = {
    owner: owner ?? '',
    expires: leaseEnd(ctx.startedAt, ttl),
    tags,
    protected: false,
    request: ctx.request,
  };
  const diskPath = await pathOf(ctx, pool, copyName(name, ctx.uuid, disks, first));
  const seedPath = await pathOf(ctx, pool, volumeNames(name, ctx.uuid).seed);
  return { name, uuid: ctx.uuid, vcpus, memoryMiB, metadata, diskPath, diskFormat: 'qcow2', seedPath } as const;
}

function attach({ name: vm }: CloneArgs, pool: string, copy: Copy, ctx: Context): EffectStep {
  const { host, uuid } = ctx;
  const { target } = copy;
  const bus = target.startsWith('sd') ? 'scsi' : 'virtio';
  return machineStep(
    { title: `attaching ${target} of ${vm}`, vm, uuid, resource: 'disk', reason: 'attach' },
    async () => {
      const source = await pathOf(ctx, pool, copyName(vm, uuid, known(ctx.facts).disks, copy));
      await host.attachDisk(uuid, { target, bus, source, format: 'qcow2' });
    },
    () => machineHas(host, vm, uuid, `the disk ${target}`, (hardware) => diskOf(hardware, target) !== null),
  );
}

async function pathOf({ host }: Context, pool: string, name: string): Promise<string> {
  const volume = await host.volume(pool, name);
  if (volume === null) throw new OpsError('not-found', `looking for ${name}, just made in pool ${pool}: it is gone`);
  return volume.path;
}
