/**
 * Makes a disk of a VM larger, running or off. Partitions and file systems on it grow only when the guest grows them.
 * Sources: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainBlockResize, …-storage.html#virStorageVolResize
 */
import { z } from 'zod';
import type { EffectStep, ExecuteContext, Plan, Refusal } from '../action.ts';
import { DiskGiB, VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import type { HostReader } from '../host.ts';
import { BYTES_PER_GIB, formatBytes } from '../units.ts';
import { DiskTarget } from './arg-types.ts';
import { describeDomain, known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import {
  diskOf,
  lookAtMachine,
  machineFacts,
  machineStep,
  refuse,
  refuseMachine,
  refuseNoDisk,
  targetsOf,
} from './machine.ts';
import { Need, whoNeeds } from './needs.ts';

const GrowFacts = z
  .strictObject({
    ...machineFacts,
    targets: z.array(z.string()),
    disk: z
      .strictObject({
        pool: z.string(),
        name: z.string(),
        capacityBytes: z.string(),
        need: Need,
      })
      .nullable(),
    /** It is a disk, but of no pool. */
    foreign: z.boolean(),
    hasSnapshots: z.boolean(),
    poolLeftBytes: z.string().nullable(),
  })
  .nullable();
type GrowFacts = z.infer<typeof GrowFacts>;

interface GrowArgs {
  vm: string;
  disk: string;
  size: number;
}

export const vmDiskGrow = defineAction({
  name: 'vm.disk-grow',
  summary: 'Make a disk of a VM larger',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    disk: DiskTarget.default('vda').describe('the disk, such as vdb'),
    size: DiskGiB.describe('its new size, such as 40GiB'),
  }),
  positional: 'vm',
  examples: ['vm disk-grow web-01 --size 40GiB', 'vm disk-grow web-01 --disk vdb --size 1TiB'],
  facts: GrowFacts,
  targets: oneTarget,
  observe: async (args, read) => {
    const machine = await lookAtMachine(args.vm, read);
    if (machine === null) return { facts: null, info: [] };
    const { domain, hardware, facts } = machine;
    const found = diskOf(hardware, args.disk);
    const path = found?.device === 'disk' ? found.source : null;
    const described = path === null ? null : await describeDisk(path, domain.uuid, args.size, read);
    const { disk, poolLeftBytes } = described ?? { disk: null, poolLeftBytes: null };
    const more = { disk, poolLeftBytes, foreign: path !== null && disk === null, hasSnapshots: domain.snapshots > 0 };
    return { facts: { ...facts, targets: targetsOf(hardware), ...more }, info: describeDomain(domain) };
  },
  plan: planGrow,
  execute: async (args, ctx) => {
    await ctx.step(growStep(args, ctx));
    return { summary: `${args.disk} of ${args.vm} has ${args.size} GiB; its guest grows what is on it`, blocks: [] };
  },
});

async function describeDisk(path: string, uuid: string, size: number, read: HostReader) {
  const volume = await read.volumeByPath(path);
  if (volume === null) return null;
  const [need, pool] = await Promise.all([whoNeeds(volume, uuid, read), read.pool(volume.pool)]);
  const more = BigInt(size) * BYTES_PER_GIB - volume.capacityBytes;
  const left = pool?.availableBytes ?? 0n;
  const disk = { pool: volume.pool, name: volume.name, capacityBytes: String(volume.capacityBytes), need };
  return { disk, poolLeftBytes: left < more ? String(left) : null };
}

function planGrow({ vm, disk, size }: GrowArgs, facts: GrowFacts): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseMachine(vm, facts);
  if (obstacle !== null) return obstacle;
  if (facts.foreign) return refuse(`${disk} of ${vm} is in no pool, so Drover cannot grow it`, null);
  if (facts.disk === null) return refuseNoDisk(vm, disk, facts.targets);
  const { name, pool, need } = facts.disk;
  const before = BigInt(facts.disk.capacityBytes);
  const after = BigInt(size) * BYTES_PER_GIB;
  if (need !== null) return refuse(`${name} is not ${vm}'s alone: another VM uses it, or a volume stands on it`, null);
  if (after === before) return refuse(`${disk} of ${vm} has ${formatBytes(before)} already`, null);
  if (after < before) return refuse(`${disk} of ${vm} has ${formatBytes(before)}, and a disk does not shrink`, null);
  if (facts.hasSnapshots)
    return refuse(`${vm} has snapshots, which know ${disk} by its size of now`, `vm snapshots ${vm}`);
  if (facts.poolLeftBytes !== null)
    return refuse(`pool ${pool} has ${formatBytes(BigInt(facts.poolLeftBytes))} left`, null);
  return {
    kind: 'plan',
    effects: [
      `Grow ${disk} of ${vm} (${name} in pool ${pool}) from ${formatBytes(before)} to ${formatBytes(after)}${facts.state === 'running' ? ', which its guest sees at once' : ''}`,
      'Partitions and file systems on it stay as they are until the guest grows them',
    ],
    changes: [
      {
        path: `volume/${pool}/${name}`,
        before: { capacityBytes: String(before) },
        after: { capacityBytes: String(after) },
      },
    ],
    lost: [],
    cost: { ...NO_COST, diskGiB: Number((after - before) / BYTES_PER_GIB) },
    undo: null,
  };
}

function growStep({ vm, disk, size }: GrowArgs, { host, facts }: ExecuteContext<GrowFacts>): EffectStep {
  const { uuid, state, disk: volume } = known(facts);
  if (volume === null) throw new Error('a disk without a volume was grown');
  const bytes = BigInt(size) * BYTES_PER_GIB;
  return machineStep(
    { title: `growing ${disk} of ${vm}`, vm, uuid, resource: 'disk', reason: 'update' },
    () => (state === 'running' ? host.growDisk(uuid, disk, bytes) : host.resizeVolume(volume.pool, volume.name, bytes)),
    async () => {
      const found = await host.volume(volume.pool, volume.name);
      const has = found?.capacityBytes ?? 0n;
      return { kind: has >= bytes ? 'happened' : 'did-not', evidence: `${volume.name} has ${formatBytes(has)}` };
    },
  );
}
