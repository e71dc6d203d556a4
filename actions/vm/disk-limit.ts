/**
 * Limits what a disk of a VM may read and write, now and at its next start. Bursts are not given: a limit holds always.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainSetBlockIoTune
 */
import { z } from 'zod';
import type { Plan, Refusal } from '../action.ts';
import { VmName, whole } from '../args.ts';
import { defineAction } from '../define.ts';
import type { DiskLimits } from '../host-hardware.ts';
import { DiskTarget, RateMiB } from './arg-types.ts';
import { describeDomain, known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import {
  askAgain,
  diskOf,
  lookAtMachine,
  machineFacts,
  machineStep,
  refuse,
  refuseMachine,
  refuseNoDisk,
  targetsOf,
} from './machine.ts';

const BYTES_PER_MIB = 1024 ** 2;

const LimitFacts = z
  .strictObject({
    ...machineFacts,
    targets: z.array(z.string()),
    limits: z.strictObject({ iops: z.number(), bytesPerSecond: z.number() }).nullable(),
  })
  .nullable();
type LimitFacts = z.infer<typeof LimitFacts>;

interface LimitArgs {
  vm: string;
  disk: string;
  iops: number | null;
  rate: number | null;
}

export const vmDiskLimit = defineAction({
  name: 'vm.disk-limit',
  summary: 'Limit what a disk of a VM may read and write',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    disk: DiskTarget.default('vda').describe('the disk, such as vdb'),
    iops: whole({ min: 0, max: 10_000_000 })
      .nullable()
      .default(null)
      .describe('reads and writes a second; 0: no limit'),
    rate: RateMiB.nullable().default(null).describe('MiB a second, such as 50MiB; 0: no limit'),
  }),
  positional: 'vm',
  examples: ['vm disk-limit web-01 --iops 500 --rate 50MiB', 'vm disk-limit web-01 --disk vdb --iops 0'],
  facts: LimitFacts,
  targets: oneTarget,
  observe: async ({ vm, disk }, read) => {
    const machine = await lookAtMachine(vm, read);
    if (machine === null) return { facts: null, info: [] };
    const limits = diskOf(machine.hardware, disk)?.limits ?? null;
    return {
      facts: { ...machine.facts, targets: targetsOf(machine.hardware), limits },
      info: describeDomain(machine.domain),
    };
  },
  plan: planLimit,
  execute: async (args, ctx) => {
    const { vm, disk } = args;
    const { uuid, limits } = known(ctx.facts);
    if (limits === null) throw new Error('a disk that is missing was limited');
    const will = limitsAfter(args, limits);
    await ctx.step(
      machineStep(
        { title: `limiting ${disk} of ${vm}`, vm, uuid, resource: 'disk', reason: 'update' },
        () => ctx.host.limitDisk(uuid, disk, will),
        askAgain,
      ),
    );
    return { summary: `${disk} of ${vm}: ${say(will)}`, blocks: [] };
  },
});

function limitsAfter({ iops, rate }: LimitArgs, was: DiskLimits): DiskLimits {
  return { iops: iops ?? was.iops, bytesPerSecond: rate === null ? was.bytesPerSecond : rate * BYTES_PER_MIB };
}

function planLimit(args: LimitArgs, facts: LimitFacts): Plan | Refusal {
  const { vm, disk } = args;
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseMachine(vm, facts);
  if (obstacle !== null) return obstacle;
  const { limits } = facts;
  if (limits === null) return refuseNoDisk(vm, disk, facts.targets);
  const will = limitsAfter(args, limits);
  if (will.iops === limits.iops && will.bytesPerSecond === limits.bytesPerSecond)
    return refuse(`${disk} of ${vm} has these limits: ${say(limits)}`, `vm disk-limit ${vm} --iops 500`);
  const back = { vm, disk, iops: limits.iops, rate: Math.round(limits.bytesPerSecond / BYTES_PER_MIB) };
  return {
    kind: 'plan',
    effects: [`Limit ${disk} of ${vm}${facts.state === 'running' ? ' now and at every start' : ''}: ${say(will)}`],
    changes: [{ path: `domain/${vm}/limit of ${disk}`, before: say(limits), after: say(will) }],
    lost: [],
    cost: NO_COST,
    undo: { action: 'vm.disk-limit', args: back, holds: `while ${vm} has ${disk}` },
  };
}

function say({ iops, bytesPerSecond }: DiskLimits): string {
  const parts = [
    ...(iops === 0 ? [] : [`${iops} reads and writes a second`]),
    ...(bytesPerSecond === 0 ? [] : [`${Math.round(bytesPerSecond / BYTES_PER_MIB)} MiB a second`]),
  ];
  return parts.length === 0 ? 'no limit' : parts.join(', ');
}
