/**
 * Takes a disk away from a VM and keeps its volume. A running guest must let go of it: it is asked, and what it answers
 * is waited for.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainDetachDeviceFlags
 */
import { z } from 'zod';
import type { Plan, Refusal } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import { DiskTarget } from './arg-types.ts';
import { describeDomain, known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import {
  bootDiskOf,
  diskOf,
  guestFollows,
  lookAtMachine,
  machineFacts,
  machineHas,
  machineStep,
  refuse,
  refuseMachine,
  refuseNoDisk,
  targetsOf,
} from './machine.ts';

/** A guest that is awake lets go within a second or two. */
const LET_GO_SECONDS = 30;

const DetachFacts = z
  .strictObject({
    ...machineFacts,
    targets: z.array(z.string()),
    disk: z
      .strictObject({
        source: z.string().nullable(),
        volume: z.strictObject({ pool: z.string(), name: z.string() }).nullable(),
        boots: z.boolean(),
      })
      .nullable(),
    hasSnapshots: z.boolean(),
  })
  .nullable();
type DetachFacts = z.infer<typeof DetachFacts>;

export const vmDiskDetach = defineAction({
  name: 'vm.disk-detach',
  summary: 'Take a disk away from a VM and keep it',
  risk: 'disruptive',
  args: z.strictObject({ vm: VmName.describe('the VM'), disk: DiskTarget.describe('the disk, such as vdb') }),
  positional: 'vm',
  examples: ['vm disk-detach web-01 --disk vdb'],
  facts: DetachFacts,
  targets: oneTarget,
  observe: async ({ vm, disk }, read) => {
    const machine = await lookAtMachine(vm, read);
    if (machine === null) return { facts: null, info: [] };
    const { domain, hardware } = machine;
    const found = diskOf(hardware, disk);
    const volume = found?.source == null ? null : await read.volumeByPath(found.source);
    const described =
      found?.device !== 'disk'
        ? null
        : {
            source: found.source,
            volume: volume === null ? null : { pool: volume.pool, name: volume.name },
            boots: bootDiskOf(hardware) === disk,
          };
    return {
      facts: { ...machine.facts, targets: targetsOf(hardware), disk: described, hasSnapshots: domain.snapshots > 0 },
      info: describeDomain(domain),
    };
  },
  plan: planDetach,
  execute: async ({ vm, disk }, ctx) => {
    const { uuid, disk: facts } = known(ctx.facts);
    const { host } = ctx;
    await ctx.step(
      machineStep(
        { title: `detaching ${disk} of ${vm}`, vm, uuid, resource: 'disk', reason: 'detach' },
        () => host.detachDisk(uuid, disk),
        () => machineHas(host, vm, uuid, `no disk ${disk}`, (hardware) => diskOf(hardware, disk) === null),
      ),
    );
    const title = `waiting up to ${LET_GO_SECONDS} s for the guest of ${vm} to let go of ${disk}`;
    const gone = (now: Parameters<typeof diskOf>[0] | null) => now === null || diskOf(now, disk) === null;
    if (!(await guestFollows(ctx, title, uuid, LET_GO_SECONDS, gone))) throw stillHeld(vm, disk);
    return { summary: `${vm} no longer has ${disk}; ${facts?.source ?? 'its volume'} is kept`, blocks: [] };
  },
});

function planDetach({ vm, disk }: { vm: string; disk: string }, facts: DetachFacts): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseMachine(vm, facts);
  if (obstacle !== null) return obstacle;
  if (facts.disk === null) return refuseNoDisk(vm, disk, facts.targets);
  const { boots, volume, source } = facts.disk;
  if (boots) return refuse(`${disk} is the disk that ${vm} boots from`, null);
  const running = facts.state === 'running';
  const back = volume === null ? null : { vm, size: null, volume: volume.name, pool: volume.pool, target: disk };
  return {
    kind: 'plan',
    effects: [
      running ? `Ask the guest of ${vm} to let go of ${disk}` : `Detach ${disk} of ${vm}`,
      ...(running ? [`Wait up to ${LET_GO_SECONDS} s; a guest that still uses it keeps it until its next start`] : []),
      `Keep ${volume?.name ?? source ?? 'its volume'} with all that is on it`,
      ...(facts.hasSnapshots ? [`While ${disk} is detached, ${vm} cannot go back to snapshots that have it`] : []),
    ],
    changes: [{ path: `domain/${vm}/disk ${disk}`, before: volume?.name ?? source, after: null }],
    lost: [],
    cost: NO_COST,
    undo:
      back === null
        ? null
        : { action: 'vm.disk-add', args: back, holds: `while the volume exists and nobody else uses it` },
  };
}

function stillHeld(vm: string, disk: string): OpsError {
  return new OpsError(
    'failed',
    `waiting ${LET_GO_SECONDS} s for the guest of ${vm} to let go of ${disk}: it still has it and may yet let go; from its next start on it is gone; unmount it in the guest and ask again`,
  );
}
