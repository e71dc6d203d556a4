/**
 * Storage pools and volumes over RPC.
 * Source: https://libvirt.org/html/libvirt-libvirt-storage.html
 */
import { OpsError } from '../errors.ts';
import type { Host, NewVolume, Pool, Volume } from '../host.ts';
import { nullIfGone } from './domain-reads.ts';
import type { Rpc } from './rpc.ts';
import type { VolumeRef } from './shapes.ts';
import { newVolumeXml, parseVolumeXml } from './volume-xml.ts';

/** virStoragePoolState: running and degraded ones can be used. */
const usablePoolStates: readonly number[] = [2, 3];

/** A TiB at 100 MiB a second takes three hours. */
const COPY_MS = 4 * 3_600_000;

export async function readPool(rpc: Rpc, name: string): Promise<Pool | null> {
  return nullIfGone(
    rpc.call('storagePoolLookupByName', { name }).then(async ({ pool }) => {
      const info = await rpc.call('storagePoolGetInfo', { pool });
      return {
        name: pool.name,
        active: usablePoolStates.includes(info.state),
        capacityBytes: info.capacityBytes,
        availableBytes: info.availableBytes,
      };
    }),
  );
}

export async function readVolume(rpc: Rpc, pool: string, name: string): Promise<Volume | null> {
  return nullIfGone(
    lookUpVolume(rpc, pool, name, `looking for ${name} in pool ${pool}`).then((vol) => describe(rpc, vol)),
  );
}

export async function readVolumeByPath(rpc: Rpc, path: string): Promise<Volume | null> {
  return nullIfGone(rpc.call('storageVolLookupByPath', { path }).then(({ vol }) => describe(rpc, vol)));
}

/** Throws `OpsError` 'not-found' when there is no such pool. */
export async function readVolumes(rpc: Rpc, poolName: string): Promise<Volume[]> {
  const doing = `listing the volumes of pool ${poolName}`;
  const { pool } = await rpc.call('storagePoolLookupByName', { name: poolName }, { doing });
  const { vols } = await rpc.call('storagePoolListAllVolumes', { pool, needResults: 1, flags: 0 }, { doing });
  const volumes = await Promise.all(vols.map((vol) => nullIfGone(describe(rpc, vol))));
  return volumes.filter((volume) => volume !== null);
}

/** What changes storage. An upload gets a connection of its own: a stream that stalls blocks the one it is on. */
export function storageWork(
  connection: () => Promise<Rpc>,
  openAnother: () => Promise<Rpc>,
): Pick<Host, 'createVolume' | 'copyVolume' | 'uploadVolume' | 'resizeVolume' | 'deleteVolume'> {
  return {
    createVolume: async (volume) => createVolume(await connection(), volume),
    async deleteVolume(pool, name) {
      const doing = `deleting volume ${name} of pool ${pool}`;
      const rpc = await connection();
      const vol = await lookUpVolume(rpc, pool, name, doing);
      await rpc.call('storageVolDelete', { vol, flags: 0 }, { doing });
    },
    async copyVolume(from, to) {
      const doing = `copying volume ${from.name} to ${to.name} of pool ${to.pool}`;
      const rpc = await connection();
      const clonevol = await lookUpVolume(rpc, from.pool, from.name, doing);
      const source = parseVolumeXml(
        from.pool,
        (await rpc.call('storageVolGetXMLDesc', { vol: clonevol, flags: 0 })).xml,
      );
      const { pool } = await rpc.call('storagePoolLookupByName', { name: to.pool }, { doing });
      const wanted = { ...to, format: 'qcow2', capacityBytes: source.capacityBytes, backing: null } as const;
      const args = { pool, xml: newVolumeXml(wanted, null), clonevol, flags: 0 };
      await rpc.call('storageVolCreateXMLFrom', args, { doing, timeoutMs: COPY_MS });
    },
    async resizeVolume(pool, name, capacityBytes) {
      const doing = `growing volume ${name} of pool ${pool}`;
      const rpc = await connection();
      const vol = await lookUpVolume(rpc, pool, name, doing);
      await rpc.call('storageVolResize', { vol, capacityBytes, flags: 0 }, { doing });
    },
    async uploadVolume(pool, name, content) {
      const doing = `uploading ${content.length} bytes to volume ${name} of pool ${pool}`;
      const rpc = await openAnother();
      try {
        const vol = await lookUpVolume(rpc, pool, name, doing);
        await rpc.upload({ vol, offset: 0n, length: BigInt(content.length), flags: 0 }, content, { doing });
      } finally {
        rpc.close();
      }
    },
  };
}

/** Throws `OpsError` 'not-found' when there is no such pool or backing volume, 'exists' when the name is taken. */
async function createVolume(rpc: Rpc, volume: NewVolume): Promise<void> {
  const doing = `creating volume ${volume.name} in pool ${volume.pool}`;
  const { pool } = await rpc.call('storagePoolLookupByName', { name: volume.pool }, { doing });
  const backing = volume.backing === null ? null : await readVolume(rpc, volume.pool, volume.backing.name);
  if (volume.backing !== null && backing === null) {
    throw new OpsError('not-found', `${doing}: its backing volume ${volume.backing.name} is not in that pool`);
  }
  const xml = newVolumeXml(volume, backing?.path ?? null);
  await rpc.call('storageVolCreateXML', { pool, xml, flags: 0 }, { doing });
}

async function lookUpVolume(rpc: Rpc, poolName: string, name: string, doing: string): Promise<VolumeRef> {
  const { pool } = await rpc.call('storagePoolLookupByName', { name: poolName }, { doing });
  const { vol } = await rpc.call('storageVolLookupByName', { pool, name }, { doing });
  return vol;
}

async function describe(rpc: Rpc, vol: VolumeRef): Promise<Volume> {
  const { xml } = await rpc.call('storageVolGetXMLDesc', { vol, flags: 0 });
  return parseVolumeXml(vol.pool, xml);
}
