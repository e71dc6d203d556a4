/** What `vm.disk-add` looks at and what it would do: a new disk, or a volume that nobody else uses. */
import { z } from 'zod';
import type { Observed, Plan, Refusal } from '../action.ts';
import type { HostReader, NewVolume, Volume } from '../host.ts';
import type { Hardware, NewDisk } from '../host-hardware.ts';
import { BYTES_PER_GIB, formatBytes } from '../units.ts';
import { describeDomain, NO_COST, refuseMissing } from './known.ts';
import { lookAtMachine, machineFacts, refuse, refuseMachine } from './machine.ts';
import { Need, whoNeeds } from './needs.ts';

export interface DiskAddArgs {
  vm: string;
  size: number | null;
  volume: string | null;
  pool: string | null;
  target: string | null;
}

const Bytes = z.string().regex(/^\d{1,20}$/);

export const DiskAddFacts = z
  .strictObject({
    ...machineFacts,
    /** Where it would go; null: the wished place is taken, or all are. */
    place: z.strictObject({ target: z.string(), bus: z.enum(['virtio', 'scsi']) }).nullable(),
    /** A running PCIe machine without a free port. */
    full: z.boolean(),
    pool: z.enum(['active', 'inactive', 'missing']),
    poolLeftBytes: Bytes.nullable(),
    volume: z.strictObject({ path: z.string(), format: z.string(), need: Need }).nullable(),
  })
  .nullable();
export type DiskAddFacts = z.infer<typeof DiskAddFacts>;
type Known = NonNullable<DiskAddFacts>;

export async function observeDiskAdd(
  args: DiskAddArgs,
  defaultPool: string,
  read: HostReader,
): Promise<Observed<DiskAddFacts>> {
  const machine = await lookAtMachine(args.vm, read);
  if (machine === null) return { facts: null, info: [] };
  const poolName = args.pool ?? defaultPool;
  const pool = await read.pool(poolName);
  const volume = args.volume === null || !pool?.active ? null : await read.volume(poolName, args.volume);
  const needsBytes = BigInt(args.size ?? 0) * BYTES_PER_GIB;
  const left = pool?.availableBytes ?? 0n;
  const full = machine.times.now?.freePorts === 0;
  const place = findPlace(args.target, machine.hardware, full);
  return {
    facts: {
      ...machine.facts,
      place,
      full: full && place?.bus === 'virtio',
      pool: pool === null ? 'missing' : pool.active ? 'active' : 'inactive',
      poolLeftBytes: left < needsBytes ? String(left) : null,
      volume: volume === null ? null : await describeVolume(volume, read),
    },
    info: describeDomain(machine.domain),
  };
}

async function describeVolume(volume: Volume, read: HostReader): Promise<NonNullable<Known['volume']>> {
  const { path, format } = volume;
  return { path, format, need: await whoNeeds(volume, '', read) };
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

/** SCSI disks share their controller's port, so a machine without a free one may still take them. */
function findPlace(wished: string | null, hardware: Hardware, full: boolean): Known['place'] {
  const taken = new Set(hardware.disks.map(({ target }) => target));
  const onScsi = wished === null ? full && hardware.hasScsi : wished.startsWith('sd');
  const stem = onScsi ? 'sd' : 'vd';
  const target = wished ?? LETTERS.map((letter) => `${stem}${letter}`).find((name) => !taken.has(name));
  if (target === undefined || taken.has(target)) return null;
  return { target, bus: onScsi ? 'scsi' : 'virtio' };
}

/** The name has a part of the request's own UUID: a disk that was detached and kept is never met again. */
export function newVolume(args: DiskAddArgs, facts: Known, defaultPool: string, uuid: string): NewVolume {
  const name = `${args.vm}-${uuid.slice(0, 8)}-${facts.place?.target}.qcow2`;
  const capacityBytes = BigInt(args.size ?? 0) * BYTES_PER_GIB;
  return { pool: args.pool ?? defaultPool, name, format: 'qcow2', capacityBytes, backing: null };
}

/** `path`: of the volume that was made, where it is a new one. */
export function newDisk(facts: Known, path: string): NewDisk {
  if (facts.place === null) throw new Error('a disk without a place was attached');
  const format = facts.volume?.format === 'raw' ? 'raw' : 'qcow2';
  return { ...facts.place, source: path, format };
}

export function planDiskAdd(args: DiskAddArgs, facts: DiskAddFacts, defaultPool: string, uuid: string): Plan | Refusal {
  const { vm } = args;
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseMachine(vm, facts) ?? refuseDisk(args, facts, args.pool ?? defaultPool);
  if (obstacle !== null) return obstacle;
  const target = facts.place?.target ?? '';
  const volume = newVolume(args, facts, defaultPool, uuid);
  const name = args.volume ?? volume.name;
  const made = `volume/${volume.pool}/${volume.name}`;
  return {
    kind: 'plan',
    effects: [
      ...(args.size === null ? [] : [`Create ${name} of ${args.size} GiB in pool ${volume.pool}`]),
      `Attach ${name} to ${vm} as ${target}${facts.state === 'running' ? ', now and at every start' : ', from its next start on'}`,
    ],
    changes: [
      ...(args.size === null
        ? []
        : [{ path: made, before: null, after: { capacityBytes: String(volume.capacityBytes) } }]),
      { path: `domain/${vm}/disk ${target}`, before: null, after: name },
    ],
    lost: [],
    cost: { ...NO_COST, diskGiB: args.size ?? 0 },
    undo: { action: 'vm.disk-detach', args: { vm, disk: target }, holds: `while ${vm} exists; the volume stays` },
  };
}

function refuseDisk({ vm, size, volume, target }: DiskAddArgs, facts: Known, pool: string): Refusal | null {
  if ((size === null) === (volume === null))
    return refuse('a new disk has a --size, an old one is a --volume', `vm disk-add ${vm} --size 20GiB`);
  if (facts.place === null)
    return refuse(
      `${vm} has ${target === null ? 'as many disks as there are letters' : `a disk ${target} already`}`,
      null,
    );
  if (facts.full)
    return refuse(
      `${vm} has no free port to plug a disk into while it runs; what it has was settled at its start`,
      `vm stop ${vm}`,
    );
  if (facts.pool === 'missing') return refuse(`this host has no pool ${pool}`, null);
  if (facts.pool === 'inactive')
    return refuse(`pool ${pool} is not active`, `an operator runs virsh pool-start ${pool}`);
  if (facts.poolLeftBytes !== null)
    return refuse(`pool ${pool} has ${formatBytes(BigInt(facts.poolLeftBytes))} left`, 'ask for a smaller disk');
  return volume === null ? null : refuseVolume(volume, facts.volume, pool);
}

function refuseVolume(name: string, volume: Known['volume'], pool: string): Refusal | null {
  if (volume === null) return refuse(`pool ${pool} has no volume ${name}`, null);
  if (volume.need === 'used') return refuse(`a VM uses ${name}; two that write to one disk destroy it`, null);
  if (volume.need === 'unclear') return refuse(`it cannot be told whether another VM uses ${name}`, null);
  if (volume.need === 'backing') return refuse(`another volume stands on ${name}, which must not change`, null);
  if (volume.format !== 'qcow2' && volume.format !== 'raw')
    return refuse(`${name} has the format ${volume.format}; a disk is qcow2 or raw`, null);
  return null;
}
