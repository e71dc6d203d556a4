/** The reading half of the real `Host`. All of it goes over the watching connection and waits for no guest. */
import type { Domain, HostReader, NodeCapacity } from '../host.ts';
import type { GuestReads } from '../host-guest.ts';
import { nullIfGone, readDomain, readDomains, readStats } from './domain-reads.ts';
import { hardwareReads } from './hardware-work.ts';
import { keepingReads } from './keeping-work.ts';
import type { Rpc } from './rpc.ts';
import { readSerialTail } from './serial-log.ts';
import { snapshotReads } from './snapshots.ts';
import { readPool, readVolume, readVolumeByPath, readVolumes } from './storage.ts';

export function hostReads(connection: () => Promise<Rpc>): Omit<HostReader, 'uri' | keyof GuestReads> {
  let hostname: string | null = null;
  return {
    async domain(name) {
      const rpc = await connection();
      const found = await nullIfGone(rpc.call('domainLookupByName', { name }, { doing: `looking for ${name}` }));
      return found === null ? null : readDomain(rpc, found.dom);
    },
    ...keepingReads(connection),
    ...hardwareReads(connection),
    ...snapshotReads(connection),
    domains: async () => readDomains(await connection()),
    stats: async () => readStats(await connection()),
    volume: async (pool, name) => readVolume(await connection(), pool, name),
    volumeByPath: async (path) => readVolumeByPath(await connection(), path),
    volumes: async (pool) => readVolumes(await connection(), pool),
    pool: async (name) => readPool(await connection(), name),
    async capacity() {
      const rpc = await connection();
      // Asked once: libvirt resolves the name, which takes seconds where the resolver does not know it.
      hostname ??= (await rpc.call('connectGetHostname', {})).hostname;
      return readCapacity(rpc, hostname);
    },
    serialTail: async ({ serialLog }, bytes) => (serialLog === null ? '' : readSerialTail(serialLog, bytes)),
  };
}

export async function readByUuid(rpc: Rpc, uuid: string): Promise<Domain | null> {
  const found = await nullIfGone(rpc.call('domainLookupByUUID', { uuid }, { doing: `looking for domain ${uuid}` }));
  return found === null ? null : readDomain(rpc, found.dom);
}

async function readCapacity(rpc: Rpc, hostname: string): Promise<NodeCapacity> {
  const [info, { freeBytes }] = await Promise.all([rpc.call('nodeGetInfo', {}), rpc.call('nodeGetFreeMemory', {})]);
  return {
    hostname,
    cpus: info.cpus,
    memoryMiB: Number(info.memoryKiB / 1024n),
    freeMemoryMiB: Number(freeBytes / 1024n / 1024n),
  };
}
