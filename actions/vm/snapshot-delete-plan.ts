/** Which snapshots libvirt can delete, and what is lost by it: for deleting one and for pruning many. */
import { z } from 'zod';
import type { Change, Plan, Refusal } from '../action.ts';
import type { HostReader } from '../host.ts';
import type { Snapshot } from '../host-snapshots.ts';
import { NO_COST } from './known.ts';
import { refuse } from './machine.ts';
import { EXTERNAL_DELETE_SINCE, EXTERNAL_REVERT_SINCE, formatTime, formatVersion } from './snapshot-facts.ts';

export const Doomed = z.strictObject({
  name: z.string(),
  createdAt: z.number(),
  kind: z.enum(['internal', 'external']),
  parentKind: z.enum(['internal', 'external']).nullable(),
});
export type Doomed = z.infer<typeof Doomed>;

export const DeletionFacts = z
  .strictObject({ uuid: z.string(), doomed: z.array(Doomed), libvirt: z.number() })
  .nullable();
export type DeletionFacts = z.infer<typeof DeletionFacts>;

export async function observeDeletion(
  vm: string,
  read: HostReader,
  choose: (snapshots: Snapshot[]) => Snapshot[],
): Promise<{ facts: DeletionFacts; info: [] }> {
  const domain = await read.domain(vm);
  const snapshots = domain === null ? null : await read.snapshots(domain.uuid);
  if (domain === null || snapshots === null) return { facts: null, info: [] };
  const doomed = choose(snapshots).map(({ name, createdAt, kind, parent }): Doomed => {
    return { name, createdAt, kind, parentKind: snapshots.find((other) => other.name === parent)?.kind ?? null };
  });
  return { facts: { uuid: domain.uuid, doomed, libvirt: await read.libvirtVersion() }, info: [] };
}

export function planDeletion(vm: string, { doomed, libvirt }: NonNullable<DeletionFacts>): Plan | Refusal {
  const obstacle = doomed.map((snapshot) => refuseOne(vm, snapshot, libvirt)).find((one) => one !== null);
  if (obstacle !== undefined) return obstacle;
  return {
    kind: 'plan',
    effects: doomed.map(({ name }) => `Delete snapshot ${name} of ${vm}; ${vm} itself stays as it is`),
    changes: doomed.map(
      ({ name }): Change => ({ path: `domain/${vm}/snapshot ${name}`, before: 'present', after: null }),
    ),
    lost: doomed.map(({ name, createdAt }) => `The way back to ${name}, ${vm} as of ${formatTime(createdAt)}`),
    cost: NO_COST,
    undo: null,
  };
}

function refuseOne(vm: string, { name, kind, parentKind }: Doomed, libvirt: number): Refusal | null {
  if (kind === 'internal') return null;
  const version = formatVersion(libvirt);
  if (libvirt < EXTERNAL_DELETE_SINCE)
    return refuse(`${name} of ${vm} is external, and libvirt ${version} cannot delete those; 9.0 can`, null);
  if (parentKind !== 'internal' || libvirt >= EXTERNAL_REVERT_SINCE) return null;
  return refuse(
    `${name} of ${vm} is external and stands on an internal one, which libvirt ${version} cannot take apart`,
    null,
  );
}
