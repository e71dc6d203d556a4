/** The fake host's storage: pools, volumes, and what was uploaded to them. */
import { OpsError } from '../../actions/errors.ts';
import type { NewVolume, Pool, Volume } from '../../actions/host.ts';

export interface FakeVolumes {
  pool(name: string): Pool | null;
  list(pool: string): Volume[];
  find(pool: string, name: string): Volume | null;
  byPath(path: string): Volume | null;
  /** Whether `path` lies in a pool, so that a volume ought to be there. */
  inPool(path: string): boolean;
  /** A volume that is there already. */
  add(volume: Volume): void;
  create(volume: NewVolume): void;
  upload(pool: string, name: string, content: Uint8Array): void;
  copy(from: { pool: string; name: string }, to: { pool: string; name: string }): void;
  resize(pool: string, name: string, capacityBytes: bigint): void;
  remove(pool: string, name: string): void;
  /** What was uploaded; null for nothing. */
  content(pool: string, name: string): Uint8Array | null;
}

const dirOf = (pool: string) => `/pools/${pool}`;

export function createFakeVolumes(pools: Pool[]): FakeVolumes {
  const volumes = new Map<string, Volume>();
  const contents = new Map<string, Uint8Array>();
  const key = (pool: string, name: string) => `${pool}/${name}`;

  function mustPool(name: string, doing: string): Pool {
    const pool = pools.find((candidate) => candidate.name === name);
    if (!pool)
      throw new OpsError('not-found', `${doing}: Storage pool not found: no storage pool with matching name '${name}'`);
    return pool;
  }

  function mustFind(pool: string, name: string, doing: string): Volume {
    mustPool(pool, doing);
    const volume = volumes.get(key(pool, name));
    if (!volume) throw new OpsError('not-found', `${doing}: no storage vol with matching name '${name}'`);
    return volume;
  }

  return {
    pool: (name) => pools.find((pool) => pool.name === name) ?? null,
    list: (pool) => {
      mustPool(pool, `listing the volumes of pool ${pool}`);
      return [...volumes.values()].filter((volume) => volume.pool === pool);
    },
    find: (pool, name) => volumes.get(key(pool, name)) ?? null,
    byPath: (path) => [...volumes.values()].find((volume) => volume.path === path) ?? null,
    inPool: (path) => pools.some(({ name }) => path.startsWith(`${dirOf(name)}/`)),
    add: (volume) => {
      volumes.set(key(volume.pool, volume.name), volume);
    },
    create({ pool, name, format, capacityBytes, backing }) {
      const doing = `creating volume ${name} in pool ${pool}`;
      if (!mustPool(pool, doing).active)
        throw new OpsError('wrong-state', `${doing}: storage pool '${pool}' is not active`);
      const below = backing === null ? null : mustFind(pool, backing.name, doing);
      if (volumes.has(key(pool, name)))
        throw new OpsError('exists', `${doing}: storage volume '${name}' exists already`);
      const path = `${dirOf(pool)}/${name}`;
      const allocationBytes = format === 'raw' ? 0n : 200_704n; // an empty qcow2 of any capacity
      volumes.set(key(pool, name), {
        pool,
        name,
        path,
        format,
        capacityBytes,
        allocationBytes,
        backing: below?.path ?? null,
      });
    },
    upload(pool, name, content) {
      const volume = mustFind(pool, name, `uploading to volume ${name}`);
      contents.set(key(pool, name), Uint8Array.from(content));
      volume.allocationBytes = BigInt(content.length);
    },
    copy(from, to) {
      const source = mustFind(from.pool, from.name, `copying volume ${from.name}`);
      mustPool(to.pool, `copying volume ${from.name}`);
      if (volumes.has(key(to.pool, to.name)))
        throw new OpsError('exists', `copying volume ${from.name}: storage volume '${to.name}' exists already`);
      const path = `${dirOf(to.pool)}/${to.name}`;
      volumes.set(key(to.pool, to.name), { ...source, ...to, path, format: 'qcow2', backing: null });
    },
    resize(pool, name, capacityBytes) {
      const volume = mustFind(pool, name, `growing volume ${name}`);
      if (capacityBytes < volume.capacityBytes)
        throw new OpsError(
          'failed',
          `growing volume ${name}: invalid argument: can't shrink capacity below current capacity`,
        );
      volume.capacityBytes = capacityBytes;
    },
    remove(pool, name) {
      mustFind(pool, name, `deleting volume ${name}`);
      volumes.delete(key(pool, name));
      contents.delete(key(pool, name));
    },
    content: (pool, name) => contents.get(key(pool, name)) ?? null,
  };
}
