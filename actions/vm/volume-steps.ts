/** Steps that make and remove volumes; asked about after a crash by the volume's name, size and backing. */
import type { EffectRecord, EffectStep, Evidence } from '../action.ts';
import type { Host, HostReader, NewVolume } from '../host.ts';

/** The VM that a volume belongs to, for the record. */
export interface VolumeOwner {
  vm: string;
  uuid: string;
}

export function makeVolume(
  host: Host,
  owner: VolumeOwner,
  title: string,
  volume: NewVolume,
  backingPath: string | null,
): EffectStep {
  return {
    title,
    record: resource(owner, 'create-volume', 'attach', volume),
    run: () => host.createVolume(volume),
    happened: () => isThere(host, volume, backingPath),
  };
}

/** While the domain is not defined yet nobody reads the volume, so that writing it again whole does no harm. */
export function fillVolume(
  host: Host,
  owner: VolumeOwner,
  title: string,
  volume: { pool: string; name: string },
  content: Uint8Array,
): EffectStep {
  return {
    title,
    record: resource(owner, 'upload-volume', 'update', volume),
    run: () => host.uploadVolume(volume.pool, volume.name, content),
    happened: async () => ({ kind: 'did-not', evidence: 'an upload is done again whole' }),
  };
}

/** A copy that is there may be whole or not: only the call that made it knew. */
export function copyVolume(
  host: Host,
  owner: VolumeOwner,
  title: string,
  from: { pool: string; name: string },
  to: { pool: string; name: string },
): EffectStep {
  return {
    title,
    record: resource(owner, 'copy-volume', 'attach', to),
    run: () => host.copyVolume(from, to),
    happened: async () => {
      const found = await host.volume(to.pool, to.name);
      if (found === null) return { kind: 'did-not', evidence: `there is no ${to.name} in pool ${to.pool}` };
      return { kind: 'cannot-know', evidence: `${to.name} is in pool ${to.pool}, whole or in part` };
    },
  };
}

/** `check` may throw just before the volume goes. */
export function removeVolume(
  host: Host,
  owner: VolumeOwner,
  title: string,
  volume: { pool: string; name: string },
  check: () => Promise<void> = async () => {},
): EffectStep {
  return {
    title,
    record: resource(owner, 'delete-volume', 'detach', volume),
    run: async () => {
      await check();
      await host.deleteVolume(volume.pool, volume.name);
    },
    happened: async () => {
      const found = await host.volume(volume.pool, volume.name);
      const where = `in pool ${volume.pool}`;
      return found === null
        ? { kind: 'happened', evidence: `there is no ${volume.name} ${where}` }
        : { kind: 'did-not', evidence: `${volume.name} is still ${where}` };
    },
  };
}

function resource(
  { vm, uuid }: VolumeOwner,
  op: string,
  reason: string,
  volume: { pool: string; name: string },
): EffectRecord {
  return { type: 'VIRT_RESOURCE', op, reason, command: `libvirt ${op} ${volume.pool}/${volume.name}`, vm, uuid };
}

async function isThere(read: HostReader, wanted: NewVolume, backingPath: string | null): Promise<Evidence> {
  const found = await read.volume(wanted.pool, wanted.name);
  if (found === null) return { kind: 'did-not', evidence: `there is no ${wanted.name} in pool ${wanted.pool}` };
  if (found.capacityBytes === wanted.capacityBytes && found.backing === backingPath) {
    return {
      kind: 'happened',
      evidence: `${wanted.name} is in pool ${wanted.pool} with the size and backing asked for`,
    };
  }
  return {
    kind: 'cannot-know',
    evidence: `${wanted.name} is in pool ${wanted.pool}, but has ${found.capacityBytes} bytes and backing ${found.backing ?? 'none'}`,
  };
}
