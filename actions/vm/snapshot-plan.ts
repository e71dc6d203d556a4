/**
 * What `vm.snapshot` would do, and where it would lead into a trap of libvirt's or QEMU's: a snapshot that nobody can go
 * back to, or one that cannot be deleted, is refused before it is taken.
 */
import { z } from 'zod';
import type { Observed, Plan, Refusal } from '../action.ts';
import type { HostReader } from '../host.ts';
import { BYTES_PER_MIB, formatBytes, formatMiB } from '../units.ts';
import { describeDomain, NO_COST, refuseMissing } from './known.ts';
import { lookAtMachine, type Machine, machineFacts, refuse } from './machine.ts';
import { EXTERNAL_DELETE_SINCE, EXTERNAL_REVERT_SINCE, formatVersion } from './snapshot-facts.ts';

export interface SnapshotArgs {
  vm: string;
  name: string | null;
  note: string;
  diskOnly: boolean;
}

export const SnapshotFacts = z
  .strictObject({
    ...machineFacts,
    taken: z.boolean(),
    /** What kinds of snapshots there are already. */
    others: z.enum(['none', 'internal', 'external', 'both']),
    agent: z.boolean(),
    plugged: z.boolean(),
    memoryMiB: z.number(),
    /** Disks that cannot have a snapshot inside themselves, or none beside themselves. */
    notQcow2: z.array(z.string()),
    notFiles: z.array(z.string()),
    poolLeftBytes: z.string().nullable(),
    libvirt: z.number(),
  })
  .nullable();
export type SnapshotFacts = z.infer<typeof SnapshotFacts>;
type Known = NonNullable<SnapshotFacts>;

export async function observeSnapshot(args: SnapshotArgs, read: HostReader): Promise<Observed<SnapshotFacts>> {
  const machine = await lookAtMachine(args.vm, read);
  const snapshots = machine === null ? null : await read.snapshots(machine.domain.uuid);
  if (machine === null || snapshots === null) return { facts: null, info: [] };
  const { domain, facts, hardware } = machine;
  const kinds = new Set(snapshots.map(({ kind }) => kind));
  const disks = hardware.disks.filter(({ device, readOnly }) => device === 'disk' && !readOnly);
  const only = kinds.has('internal') ? 'internal' : kinds.has('external') ? 'external' : 'none';
  return {
    facts: {
      ...facts,
      taken: snapshots.some(({ name }) => name === args.name),
      others: kinds.size === 2 ? 'both' : only,
      agent: domain.agent === 'connected',
      plugged: machine.times.now !== null && hardware.pluggedVcpus > 0,
      memoryMiB: hardware.memoryMiB,
      notQcow2: disks.filter(({ format }) => format !== 'qcow2').map(({ target }) => target),
      notFiles: disks.filter(({ source }) => source?.startsWith('/dev/') ?? true).map(({ target }) => target),
      poolLeftBytes: takesMemory(args, facts.state) ? await countShortage(machine, read) : null,
      libvirt: await read.libvirtVersion(),
    },
    info: describeDomain(domain),
  };
}

/** Memory goes into the first disk's file. Null: there is room, or nobody knows. */
async function countShortage({ hardware }: Machine, read: HostReader): Promise<string | null> {
  const source = hardware.disks.find(({ device }) => device === 'disk')?.source ?? null;
  const volume = source === null ? null : await read.volumeByPath(source);
  const pool = volume === null ? null : await read.pool(volume.pool);
  if (pool === null || pool.availableBytes >= BigInt(hardware.memoryMiB) * BYTES_PER_MIB) return null;
  return String(pool.availableBytes);
}

function takesMemory({ diskOnly }: SnapshotArgs, state: string): boolean {
  return !diskOnly && state !== 'shutoff';
}

export function planSnapshot(args: SnapshotArgs, facts: SnapshotFacts): Plan | Refusal {
  const { vm, name } = args;
  if (facts === null) return refuseMissing(vm);
  if (name === null) throw new Error('a snapshot without a name was bound');
  const obstacle =
    refuseState(args, facts) ?? (args.diskOnly ? refuseExternal(args, facts) : refuseInternal(args, facts));
  if (obstacle !== null) return obstacle;
  return {
    kind: 'plan',
    effects: args.diskOnly ? describeExternal(vm, facts) : describeInternal(vm, facts),
    changes: [{ path: `domain/${vm}/snapshot ${name}`, before: null, after: args.diskOnly ? 'external' : 'internal' }],
    lost: [],
    cost: NO_COST,
    undo: { action: 'vm.snapshot-delete', args: { vm, name }, holds: `while ${vm} exists` },
  };
}

function refuseState({ vm, name, diskOnly }: SnapshotArgs, facts: Known): Refusal | null {
  if (!['running', 'paused', 'shutoff'].includes(facts.state))
    return refuse(`${vm} is ${facts.state}; a snapshot is taken while it runs, is suspended or is off`, null);
  if (facts.managedSave) return refuse(`${vm} has saved memory, which a snapshot would leave behind`, `vm start ${vm}`);
  if (facts.taken) return refuse(`${vm} has a snapshot ${name} already`, '--name another');
  if (diskOnly && facts.state === 'shutoff')
    return refuse(`${vm} is off, so its snapshot has the disks only anyway`, `vm snapshot ${vm}`);
  return null;
}

function refuseInternal({ vm }: SnapshotArgs, facts: Known): Refusal | null {
  if (facts.others === 'external' || facts.others === 'both')
    return refuse(
      `${vm} has external snapshots, and libvirt can neither go back past them nor delete them with internal ones beside`,
      `vm snapshot ${vm} --disk-only`,
    );
  if (facts.notQcow2.length > 0)
    return refuse(
      `${facts.notQcow2.join(', ')} of ${vm} is not qcow2, and only that keeps snapshots inside itself`,
      facts.state === 'running' ? `vm snapshot ${vm} --disk-only` : null,
    );
  if (facts.plugged && facts.state !== 'shutoff')
    return refuse(
      `${vm} runs with plugged vCPUs; going back to a snapshot of its memory would fail and leave it off`,
      `vm snapshot ${vm} --disk-only, or stop and start it first`,
    );
  if (facts.poolLeftBytes === null) return null;
  const left = formatBytes(BigInt(facts.poolLeftBytes));
  return refuse(`the memory of ${vm} takes ${formatMiB(facts.memoryMiB)}, and its pool has ${left} left`, null);
}

function refuseExternal({ vm }: SnapshotArgs, facts: Known): Refusal | null {
  if (facts.libvirt < EXTERNAL_DELETE_SINCE)
    return refuse(
      `libvirt ${formatVersion(facts.libvirt)} cannot delete external snapshots again; 9.0 can`,
      `vm snapshot ${vm}`,
    );
  if ((facts.others === 'internal' || facts.others === 'both') && facts.libvirt < EXTERNAL_REVERT_SINCE)
    return refuse(
      `${vm} has internal snapshots, and libvirt ${formatVersion(facts.libvirt)} cannot delete an external one above them`,
      `vm snapshot ${vm}`,
    );
  if (facts.notFiles.length === 0) return null;
  return refuse(`${facts.notFiles.join(', ')} of ${vm} is no file, so nothing can be put beside it`, null);
}

function describeInternal(vm: string, facts: Known): string[] {
  if (facts.state === 'shutoff') return [`Keep the disks of ${vm} as they are, inside their files`];
  return [
    `Freeze ${vm} while ${formatMiB(facts.memoryMiB)} of memory and its disks are written into their files`,
    ...(facts.state === 'running' ? [`Let ${vm} go on`] : []),
  ];
}

function describeExternal(vm: string, facts: Known): string[] {
  return [
    facts.agent && facts.state === 'running'
      ? `Have the guest of ${vm} write out its file systems and hold them still for a moment`
      : `Its guest cannot be asked to write out its file systems: the snapshot is as after a power cut`,
    `Keep the disks of ${vm} as they are and let it write to new files beside them`,
    ...(facts.libvirt < EXTERNAL_REVERT_SINCE
      ? [`libvirt ${formatVersion(facts.libvirt)} cannot go back to it (9.9 can): it serves for copies of the disks`]
      : []),
  ];
}
