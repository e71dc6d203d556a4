/**
 * What `vm.clone` would do. Copies are whole: an overlay on a disk that is still written to breaks, and nobody keeps
 * people from starting the VM that it was taken of.
 */
import { z } from 'zod';
import type { Observed, Plan, Refusal } from '../action.ts';
import type { HostReader } from '../host.ts';
import { BYTES_PER_GIB, formatBytes, formatMiB, formatSeconds } from '../units.ts';
import { volumeNames } from './create-plan.ts';
import { describeDomain, NO_COST, refuseMissing } from './known.ts';
import { lookAtMachine, machineFacts, refuse } from './machine.ts';

export interface CloneArgs {
  vm: string;
  name: string;
  owner: string | null;
  ttl: number | null;
  tags: Record<string, string>;
}

const Copy = z.strictObject({ target: z.string(), pool: z.string(), name: z.string(), capacityBytes: z.string() });
export type Copy = z.infer<typeof Copy>;

export const CloneFacts = z
  .strictObject({
    ...machineFacts,
    nameTaken: z.boolean(),
    vcpus: z.number(),
    memoryMiB: z.number(),
    disks: z.array(Copy),
    /** Disks in no pool. */
    foreign: z.array(z.string()),
    pool: z.enum(['active', 'inactive', 'missing']),
    poolLeftBytes: z.string().nullable(),
  })
  .nullable();
export type CloneFacts = z.infer<typeof CloneFacts>;
type Known = NonNullable<CloneFacts>;

export async function observeClone(args: CloneArgs, poolName: string, read: HostReader): Promise<Observed<CloneFacts>> {
  const machine = await lookAtMachine(args.vm, read);
  if (machine === null) return { facts: null, info: [] };
  const { hardware } = machine;
  const disks: Copy[] = [];
  const foreign: string[] = [];
  for (const { target, source } of hardware.disks.filter(({ device }) => device === 'disk')) {
    const volume = source === null ? null : await read.volumeByPath(source);
    if (volume === null) foreign.push(target);
    else disks.push({ target, pool: volume.pool, name: volume.name, capacityBytes: String(volume.capacityBytes) });
  }
  const [pool, other] = await Promise.all([read.pool(poolName), read.domain(args.name)]);
  const needs = disks.reduce((sum, { capacityBytes }) => sum + BigInt(capacityBytes), 0n);
  const left = pool?.availableBytes ?? 0n;
  return {
    facts: {
      ...machine.facts,
      nameTaken: other !== null,
      vcpus: hardware.vcpus,
      memoryMiB: hardware.maxMemoryMiB,
      ...{ disks, foreign },
      pool: pool === null ? 'missing' : pool.active ? 'active' : 'inactive',
      poolLeftBytes: left < needs ? String(left) : null,
    },
    info: describeDomain(machine.domain),
  };
}

/** The first disk has the name that a new VM's has; the others are called by their target. */
export function copyName(name: string, uuid: string, disks: Copy[], copy: Copy): string {
  if (disks[0]?.target === copy.target) return volumeNames(name, uuid).disk;
  return `${name}-${uuid.slice(0, 8)}-${copy.target}.qcow2`;
}

export function planClone(args: CloneArgs, facts: CloneFacts, pool: string, uuid: string): Plan | Refusal {
  const { vm, name } = args;
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseByFacts(args, facts, pool);
  if (obstacle !== null) return obstacle;
  const bytes = facts.disks.reduce((sum, { capacityBytes }) => sum + BigInt(capacityBytes), 0n);
  const lease = args.ttl === null ? 'no lease' : `lease ${formatSeconds(args.ttl)}`;
  const volumes = facts.disks.map((copy) => ({ ...copy, as: copyName(name, uuid, facts.disks, copy) }));
  return {
    kind: 'plan',
    effects: [
      ...volumes.map(
        (copy) =>
          `Copy ${copy.name} whole to ${copy.as} in pool ${pool}, ${formatBytes(BigInt(copy.capacityBytes))} at most`,
      ),
      `Create ${volumeNames(name, uuid).seed} there, which tells the guest its new name`,
      `Define ${name} with ${facts.vcpus} vCPU and ${formatMiB(facts.memoryMiB)}, owner ${args.owner ?? 'unknown'}, ${lease}; it stays off`,
      `Inside, the copy is ${vm}: a guest without cloud-init keeps its host keys, machine-id and addresses`,
    ],
    changes: [
      ...volumes.map((copy) => ({
        path: `volume/${pool}/${copy.as}`,
        before: null,
        after: { capacityBytes: copy.capacityBytes },
      })),
      { path: `domain/${name}/state`, before: null, after: 'shutoff' },
      { path: `domain/${name}/owner`, before: null, after: args.owner ?? '' },
      { path: `domain/${name}/tags`, before: null, after: args.tags },
    ],
    lost: [],
    cost: {
      ...NO_COST,
      vcpus: facts.vcpus,
      memoryMiB: facts.memoryMiB,
      diskGiB: Number((bytes + BYTES_PER_GIB - 1n) / BYTES_PER_GIB),
    },
    undo: { action: 'vm.delete', args: { vm: name, disks: true, force: true }, holds: `while ${name} exists` },
  };
}

function refuseByFacts({ vm, name }: CloneArgs, facts: Known, pool: string): Refusal | null {
  if (facts.nameTaken) return refuse(`the name ${name} is taken`, null);
  if (facts.state !== 'shutoff')
    return refuse(`${vm} is not off, and disks that are written to make no copy that holds together`, `vm stop ${vm}`);
  if (facts.managedSave)
    return refuse(`${vm} has saved memory, without which its disks are not whole`, `vm start ${vm}`);
  if (facts.foreign.length > 0)
    return refuse(`${facts.foreign.join(', ')} of ${vm} is in no pool, so it cannot be copied`, null);
  if (facts.disks.length === 0) return refuse(`${vm} has no disk to copy`, null);
  if (facts.pool === 'missing')
    return refuse(`this host has no pool ${pool}`, 'an operator sets the pool in the config');
  if (facts.pool === 'inactive')
    return refuse(`pool ${pool} is not active`, `an operator runs virsh pool-start ${pool}`);
  if (facts.poolLeftBytes === null) return null;
  const left = formatBytes(BigInt(facts.poolLeftBytes));
  return refuse(`pool ${pool} has ${left} left, less than the copies can grow to`, 'delete disks that nobody needs');
}
