/**
 * What `vm.delete` looks at and what it would do: by name what is lost, and what is kept and where. A volume that
 * another VM uses, or that another volume stands on, is never among the lost.
 */
import { z } from 'zod';
import type { Change, Observed, Plan, Refusal } from '../action.ts';
import type { HostReader } from '../host.ts';
import { formatBytes } from '../units.ts';
import { seedEnding } from './create-plan.ts';
import { describeDomain, NO_COST, refuseMissing, stateChange } from './known.ts';
import { Need, pathOf, whoNeeds } from './needs.ts';
import { isOn, refuseByState, StateSchema, settle } from './states.ts';

export interface DeleteArgs {
  vm: string;
  disks: boolean;
  force: boolean;
}

const DiskFacts = z.strictObject({
  path: z.string(),
  /** Null: in no pool that the host knows, so Drover cannot remove it. */
  volume: z.strictObject({ pool: z.string(), name: z.string(), capacityBytes: z.string() }).nullable(),
  need: Need,
});
export type DiskFacts = z.infer<typeof DiskFacts>;

export const DeleteFacts = z
  .strictObject({
    uuid: z.string(),
    state: StateSchema,
    persistent: z.boolean(),
    protected: z.boolean(),
    managedSave: z.boolean(),
    snapshots: z.number(),
    disks: z.array(DiskFacts),
    /** The CD that Drover made for the guest's first boot; it has nothing that is not in the definition. */
    seed: DiskFacts.nullable(),
  })
  .nullable();
export type DeleteFacts = z.infer<typeof DeleteFacts>;
export type KnownDelete = NonNullable<DeleteFacts>;

export interface RemovableVolume {
  pool: string;
  name: string;
  path: string;
}

export async function observeDelete({ vm }: DeleteArgs, read: HostReader): Promise<Observed<DeleteFacts>> {
  const domain = await read.domain(vm);
  if (domain === null) return { facts: null, info: [] };
  const disks: DiskFacts[] = [];
  let seed: DiskFacts | null = null;
  for (const disk of domain.disks) {
    const { device } = disk;
    const source = await pathOf(disk, read);
    if (source === null) continue;
    if (device !== 'cdrom' && device !== 'floppy') disks.push(await observeDisk(source, domain.uuid, read));
    else if (source.endsWith(seedEnding(domain.uuid))) seed = await observeDisk(source, domain.uuid, read);
  }
  const { uuid, persistent, managedSave, snapshots } = domain;
  const facts = { uuid, state: settle(domain.state), persistent, managedSave, snapshots, disks, seed };
  return { facts: { ...facts, protected: domain.metadata.protected }, info: describeDomain(domain) };
}

async function observeDisk(path: string, uuid: string, read: HostReader): Promise<DiskFacts> {
  const found = await read.volumeByPath(path);
  if (found === null) return { path, volume: null, need: null };
  const { pool, name, capacityBytes } = found;
  const volume = { pool, name, capacityBytes: String(capacityBytes) };
  return { path, volume, need: await whoNeeds({ pool, path }, uuid, read) };
}

/** The volumes that go, in this order. */
export function volumesToRemove({ disks }: DeleteArgs, facts: KnownDelete): RemovableVolume[] {
  const asked = [...(disks ? facts.disks : []), ...(facts.seed === null ? [] : [facts.seed])];
  return asked.flatMap(({ path, volume, need }) =>
    volume === null || need !== null ? [] : [{ pool: volume.pool, name: volume.name, path }],
  );
}

export function planDelete(args: DeleteArgs, facts: DeleteFacts): Plan | Refusal {
  if (facts === null) return refuseMissing(args.vm);
  const obstacle = refuseByFacts(args, facts);
  if (obstacle !== null) return obstacle;
  const { vm } = args;
  const wasOn = isOn(facts.state);
  const removed = volumesToRemove(args, facts);
  const gone = new Set(removed.map(({ path }) => path));
  return {
    kind: 'plan',
    effects: [
      ...(wasOn ? [`Pull the plug of ${vm}`] : []),
      ...(facts.persistent ? [`Remove the definition of ${vm}`] : []),
      ...removed.map(({ pool, name }) => `Delete ${name} from pool ${pool}`),
      ...facts.disks.filter(({ path }) => !gone.has(path)).map((disk) => describeKept(disk)),
    ],
    changes: [
      stateChange(vm, facts.state, null),
      ...removed.map(({ pool, name }): Change => ({ path: `volume/${pool}/${name}`, before: 'present', after: null })),
    ],
    lost: [
      `The definition of ${vm}`,
      ...(wasOn ? [`What the guest of ${vm} has not written to disk`] : []),
      ...facts.disks.filter(({ path }) => gone.has(path)).map(describeLost),
    ],
    cost: NO_COST,
    undo: null,
  };
}

function refuseByFacts({ vm, force }: DeleteArgs, facts: KnownDelete): Refusal | null {
  if (facts.protected) return refuse(`${vm} is protected`, `vm unprotect ${vm}`);
  if (facts.snapshots > 0) {
    const count = facts.snapshots === 1 ? 'a snapshot' : `${facts.snapshots} snapshots`;
    return refuse(`${vm} has ${count}, which would go with it`, 'delete its snapshots first');
  }
  if (facts.managedSave) return refuse(`${vm} has saved memory, which would go with it`, `vm start ${vm}`);
  if (force) return null;
  return refuseByState('delete', vm, facts.state);
}

function refuse(reason: string, hint: string): Refusal {
  return { kind: 'refused', reason, hint };
}

function describeKept({ path, volume, need }: DiskFacts): string {
  const what = volume === null ? path : `${volume.name} in pool ${volume.pool} (${path})`;
  if (need === 'used') return `Keep ${what}: another VM uses it`;
  if (need === 'backing') return `Keep ${what}: another volume stands on it`;
  if (need === 'unclear') return `Keep ${what}: it cannot be told whether the disk of another VM stands on it`;
  return volume === null ? `Keep ${what}: it is in no pool` : `Keep ${what}`;
}

function describeLost({ path, volume }: DiskFacts): string {
  const size = volume === null ? '' : `, ${formatBytes(BigInt(volume.capacityBytes))}`;
  return `The disk ${volume?.name ?? path}${size}, with all that is on it`;
}
