/**
 * Who else needs a volume: what must be known before it is deleted or given to a second VM. What cannot be told counts
 * as needed: a disk too many costs space, a disk too few costs a VM.
 */
import { basename, normalize } from 'node:path/posix';
import { z } from 'zod';
import type { DomainDisk, HostReader, Volume } from '../host.ts';

/** Why a volume stays, whatever is asked; null: nothing else needs it. */
export const Need = z.enum(['used', 'backing', 'unclear']).nullable();
export type Need = z.infer<typeof Need>;

/** Looks at every other domain, defined or running, at what their disks stand on, and at all volumes of the pool. */
export async function whoNeeds(
  volume: { pool: string; path: string },
  exceptUuid: string,
  read: HostReader,
): Promise<Need> {
  const [domains, neighbours] = await Promise.all([read.domains(), read.volumes(volume.pool)]);
  if (neighbours.some(({ backing }) => backing !== null && same(backing, volume.path))) return 'backing';
  const disks = domains.filter(({ uuid }) => uuid !== exceptUuid).flatMap((domain) => domain.disks);
  const needs = await Promise.all(disks.map((disk) => needOf(disk, volume.path, read)));
  return WORST_FIRST.find((need) => needs.includes(need)) ?? null;
}

const WORST_FIRST = ['used', 'backing', 'unclear'] as const;

/** Path of a disk's source on the host; null: it has none, or its volume cannot be found. */
export async function pathOf({ source, named }: DomainDisk, read: HostReader): Promise<string | null> {
  if (source !== null || named === undefined) return source;
  return (await read.volume(named.pool, named.name))?.path ?? null;
}

async function needOf(disk: DomainDisk, wanted: string, read: HostReader): Promise<Need> {
  const path = await pathOf(disk, read);
  if (path === null) return disk.named?.name === basename(wanted) ? 'unclear' : null;
  if (same(path, wanted)) return 'used';
  if (disk.stack !== undefined) return disk.stack.some((below) => same(below, wanted)) ? 'backing' : null;
  const volume = await read.volumeByPath(path);
  if (volume !== null) return standsOn(volume, wanted, read);
  // In no pool that the host knows: by another way to the same place, or on something that nobody tells.
  if (basename(path) === basename(wanted)) return 'unclear';
  const canStand = disk.raw !== true && (disk.device === 'disk' || disk.device === 'lun') && !path.startsWith('/dev/');
  return canStand ? 'unclear' : null;
}

/** Longest chain of overlays that is followed; QEMU's own limit is 200, people stay under ten. */
const MAX_CHAIN = 32;

/** Whether `volume` has `wanted` below it; a disk may stand on a volume of another pool. */
async function standsOn(volume: Volume, wanted: string, read: HostReader): Promise<Need> {
  let above: Volume | null = volume;
  for (let depth = 0; depth < MAX_CHAIN && above.backing !== null; depth++) {
    if (same(above.backing, wanted)) return 'backing';
    if (basename(above.backing) === basename(wanted)) return 'unclear';
    above = await read.volumeByPath(above.backing);
    if (above === null) return 'unclear';
  }
  return null;
}

function same(a: string, b: string): boolean {
  return normalize(a) === normalize(b);
}
