/** What `vm.create` looks at and what it would do. Nothing here changes anything. */
import { z } from 'zod';
import type { Change, Field, JsonObject, Observed, Plan, Refusal } from '../action.ts';
import type { Domain, HostReader, NodeCapacity, Pool, Volume } from '../host.ts';
import { BYTES_PER_GIB, formatBytes, formatMiB, formatSeconds, typeMiB } from '../units.ts';

export interface CreateSettings {
  /** The pool that has the images and takes the disks: an overlay and its image lie in one pool. */
  pool: string;
  /** How long to wait for a sign from a new guest. */
  readyTimeoutSeconds: number;
  /** Memory that running VMs may be promised, as a multiple of the host's; 1: never more than it has. */
  memoryOvercommit: number;
}

export interface CreateArgs {
  name: string;
  image: string;
  vcpus: number;
  memory: number;
  disk: number | null;
  owner: string | null;
  ttl: number | null;
  tags: Record<string, string>;
}

const Bytes = z.string().regex(/^\d{1,20}$/);

/** Shortages are null where there is enough, so that the host's other work does not void an approval. */
export const CreateFacts = z.strictObject({
  nameTaken: z.boolean(),
  pool: z.enum(['active', 'inactive', 'missing']),
  image: z.strictObject({ path: z.string(), format: z.string(), capacityBytes: Bytes, inUse: z.boolean() }).nullable(),
  memoryLeftMiB: z.number().nullable(),
  poolLeftBytes: Bytes.nullable(),
});
export type CreateFacts = z.infer<typeof CreateFacts>;

/** Volume names of a VM: its own name, and the UUID's first part so that a name used again never meets old disks. */
export function volumeNames(vm: string, uuid: string): { disk: string; seed: string } {
  const stem = `${vm}-${uuid.slice(0, 8)}`;
  return { disk: `${stem}.qcow2`, seed: `${stem}-seed.iso` };
}

/** How the name of a VM's seed ends, whatever the VM was called when it was made. */
export function seedEnding(uuid: string): string {
  return `-${uuid.slice(0, 8)}-seed.iso`;
}

export function diskBytes(args: CreateArgs, image: { capacityBytes: string }): bigint {
  return args.disk === null ? BigInt(image.capacityBytes) : BigInt(args.disk) * BYTES_PER_GIB;
}

export async function observeCreate(
  args: CreateArgs,
  settings: CreateSettings,
  read: HostReader,
): Promise<Observed<CreateFacts>> {
  const [pool, capacity, domains] = await Promise.all([read.pool(settings.pool), read.capacity(), read.domains()]);
  const image = pool?.active ? await read.volume(settings.pool, args.image) : null;
  const memoryLeftMiB = countMemoryLeft(capacity, domains, settings.memoryOvercommit);
  const needsBytes = image === null ? 0n : diskBytes(args, { capacityBytes: String(image.capacityBytes) });
  const poolLeftBytes = pool?.availableBytes ?? 0n;
  return {
    facts: {
      nameTaken: domains.some((domain) => domain.name === args.name),
      pool: pool === null ? 'missing' : pool.active ? 'active' : 'inactive',
      image: image === null ? null : describeImage(image, domains),
      memoryLeftMiB: memoryLeftMiB < args.memory ? memoryLeftMiB : null,
      poolLeftBytes: poolLeftBytes < needsBytes ? String(poolLeftBytes) : null,
    },
    info: describeRoom(capacity, memoryLeftMiB, pool),
  };
}

/** By what is promised and not by what is free just now: a guest takes its memory later. */
function countMemoryLeft(capacity: NodeCapacity, domains: Domain[], overcommit: number): number {
  const promised = domains
    .filter((domain) => domain.state !== 'shutoff')
    .reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  return Math.max(0, Math.floor(capacity.memoryMiB * overcommit) - promised);
}

function describeImage(image: Volume, domains: Domain[]): NonNullable<CreateFacts['image']> {
  const inUse = domains.some(({ disks }) => disks.some((disk) => disk.source === image.path));
  return { path: image.path, format: image.format, capacityBytes: String(image.capacityBytes), inUse };
}

function describeRoom(capacity: NodeCapacity, memoryLeftMiB: number, pool: Pool | null): Field[] {
  return [
    { name: 'host', value: `${capacity.hostname}, ${capacity.cpus} CPUs` },
    { name: 'memory not promised yet', value: formatMiB(memoryLeftMiB) },
    ...(pool === null ? [] : [{ name: `free in pool ${pool.name}`, value: formatBytes(pool.availableBytes) }]),
  ];
}

export function planCreate(
  args: CreateArgs,
  facts: CreateFacts,
  settings: CreateSettings,
  uuid: string,
): Plan | Refusal {
  const obstacle = refuseByFacts(args, facts, settings);
  if (obstacle !== null) return obstacle;
  if (facts.image === null) throw new Error('an image that is missing was not refused');
  const bytes = diskBytes(args, facts.image);
  const { disk, seed } = volumeNames(args.name, uuid);
  return {
    kind: 'plan',
    effects: [
      `Create the disk ${disk} of ${formatBytes(bytes)} on top of ${args.image} in pool ${settings.pool}`,
      `Create ${seed} there, which tells the guest its name`,
      `Define ${args.name} with ${args.vcpus} vCPU and ${formatMiB(args.memory)}, owner ${args.owner ?? 'unknown'}, ${args.ttl === null ? 'no lease' : `lease ${formatSeconds(args.ttl)}`}`,
      `Start ${args.name} and wait up to ${formatSeconds(settings.readyTimeoutSeconds)} for a sign from its guest`,
    ],
    changes: listChanges(args, settings.pool, disk, seed, bytes),
    lost: [],
    cost: { vcpus: args.vcpus, memoryMiB: args.memory, diskGiB: Number((bytes + BYTES_PER_GIB - 1n) / BYTES_PER_GIB) },
    undo: {
      action: 'vm.delete',
      args: { vm: args.name, disks: true, force: true },
      holds: `while ${args.name} exists; what was done inside it goes, too`,
    },
  };
}

function listChanges({ name, ...args }: CreateArgs, pool: string, disk: string, seed: string, bytes: bigint): Change[] {
  const domain: JsonObject = {
    state: 'running',
    vcpus: args.vcpus,
    memoryMiB: args.memory,
    owner: args.owner ?? '',
    leaseSeconds: args.ttl,
    tags: args.tags,
  };
  return [
    { path: `volume/${pool}/${disk}`, before: null, after: { capacityBytes: String(bytes), backing: args.image } },
    { path: `volume/${pool}/${seed}`, before: null, after: { format: 'raw' } },
    ...Object.entries(domain).map(([key, after]) => ({ path: `domain/${name}/${key}`, before: null, after })),
  ];
}

function refuseByFacts(args: CreateArgs, facts: CreateFacts, { pool }: CreateSettings): Refusal | null {
  if (facts.nameTaken) return refuse(`the name ${args.name} is taken`, null);
  if (facts.pool === 'missing')
    return refuse(`this host has no pool ${pool}`, 'an operator sets the pool in the config');
  if (facts.pool === 'inactive')
    return refuse(`pool ${pool} is not active`, `an operator runs virsh pool-start ${pool}`);
  if (facts.image === null) return refuse(`pool ${pool} has no image ${args.image}`, null);
  return refuseByImage(args, facts.image) ?? refuseByRoom(args, facts, pool);
}

function refuseByImage(args: CreateArgs, image: NonNullable<CreateFacts['image']>): Refusal | null {
  if (image.inUse) return refuse(`${args.image} is the disk of a VM; a disk on top of one that changes breaks`, null);
  if (image.format !== 'qcow2' && image.format !== 'raw') {
    return refuse(`${args.image} has the format ${image.format}; an image is qcow2 or raw`, null);
  }
  const least = (BigInt(image.capacityBytes) + BYTES_PER_GIB - 1n) / BYTES_PER_GIB;
  if (args.disk === null || BigInt(args.disk) >= least) return null;
  return refuse(
    `${args.image} needs a disk of ${formatBytes(BigInt(image.capacityBytes))}`,
    `--disk ${typeMiB(Number(least) * 1024)}`,
  );
}

function refuseByRoom(args: CreateArgs, facts: CreateFacts, pool: string): Refusal | null {
  if (facts.memoryLeftMiB !== null) {
    const fits = facts.memoryLeftMiB >= 128 ? `--memory ${typeMiB(facts.memoryLeftMiB)}` : 'stop or delete a VM first';
    return refuse(`the host has ${formatMiB(facts.memoryLeftMiB)} of memory left to promise`, fits);
  }
  if (facts.poolLeftBytes === null) return null;
  return refuse(
    `pool ${pool} has ${formatBytes(BigInt(facts.poolLeftBytes))} left, less than the disk of ${args.name} can grow to`,
    'delete disks that nobody needs, or ask for a smaller one',
  );
}

function refuse(reason: string, hint: string | null): Refusal {
  return { kind: 'refused', reason, hint };
}
