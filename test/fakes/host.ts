/**
 * A `Host` in memory for tests: libvirt's rules, guests with a character (see host-domains.ts), faults by order, and a
 * count of every effect, so that a test can say "exactly once". `test/contracts/host.ts` holds it to the real thing.
 */
import { randomUUID } from 'node:crypto';
import { OpsError } from '../../actions/errors.ts';
import type { Domain, Host, HostEvent, Keeping, NodeCapacity, Pool, Volume } from '../../actions/host.ts';
import type { Hardware } from '../../actions/host-hardware.ts';
import type { Snapshot } from '../../actions/host-snapshots.ts';
import { waitForDomain } from '../../actions/libvirt/wait.ts';
import { createFakeDomains, type GuestTimes } from './host-domains.ts';
import { createFaults, type Effect, type Fault, type HostMethod } from './host-faults.ts';
import { createFakeGuests } from './host-guests.ts';
import { createFakeHardware } from './host-hardware.ts';
import { createFakeKeeping } from './host-keeping.ts';
import { createFakeSnapshots } from './host-snapshots.ts';
import { createFakeVolumes } from './host-volumes.ts';

export interface FakeHostOptions extends Partial<GuestTimes> {
  uri?: string;
  /** Default: one pool, `default`, of 100 GiB. Directories: `/pools/<name>`. */
  pools?: Pool[];
  capacity?: Partial<NodeCapacity>;
  /** Default: 9.0.0. */
  libvirtVersion?: number;
  /** Called at the moment of each effect, before the answer: the place to look at what was on record by then. */
  onEffect?(effect: Effect): void;
}

export interface FakeHost extends Host {
  fault(fault: Fault): void;
  /** Everything that changed the world, in order. */
  readonly effects: readonly Effect[];
  /** How often `method` had its effect, on `name` or on anything. */
  count(method: HostMethod, name?: string): number;
  /** How often `method` was called, whatever became of it. */
  calls(method: HostMethod): number;
  /** A domain that somebody else made; running unless told otherwise. */
  addDomain(domain: Partial<Domain> & { name: string }): Domain;
  addVolume(volume: Partial<Volume> & { name: string }): Volume;
  /** Somebody works on the host by hand; null: the domain is gone. An event follows unless `quiet`. */
  changeBehindBack(name: string, change: Partial<Domain> | null, quiet?: 'quiet'): void;
  /** A snapshot that was taken before; of the machine as it is now unless told otherwise. */
  addSnapshot(domain: string, snapshot: Partial<Snapshot> & { name: string }): void;
  /** Somebody changes the machine by hand, or a test needs one of another kind. */
  changeHardware(name: string, change: Partial<Hardware>): void;
  /** Somebody changes what is kept of a domain by hand. */
  changeKeeping(name: string, change: Partial<Keeping>): void;
  /** What was uploaded to a volume; null for nothing. */
  uploaded(pool: string, name: string): Uint8Array | null;
  /** The daemon goes away: calls are `unreachable` until `reconnect`. */
  disconnect(reason?: string): void;
  reconnect(): void;
}

const GIB = 1024n ** 3n;
const defaultPool: Pool = { name: 'default', active: true, capacityBytes: 100n * GIB, availableBytes: 90n * GIB };
const defaultCapacity: NodeCapacity = { hostname: 'fake-host', cpus: 8, memoryMiB: 32_768, freeMemoryMiB: 24_576 };
const defaultTimes: GuestTimes = { bootMs: 10, shutdownMs: 10, slowMs: 1_000 };

export function createFakeHost(options: FakeHostOptions = {}): FakeHost {
  const listeners = new Set<(event: HostEvent) => void>();
  const tell = (event: HostEvent) => {
    for (const listener of listeners) listener(event);
  };
  const effects: Effect[] = [];
  const faults = createFaults();
  const volumes = createFakeVolumes(structuredClone(options.pools ?? [defaultPool]));
  const domains = createFakeDomains({ ...defaultTimes, ...options }, tell, (domain) => {
    const missing = domain.disks.find(
      ({ source }) => source !== null && volumes.inPool(source) && !volumes.byPath(source),
    );
    if (missing) throw new OpsError('failed', `start ${domain.name}: Cannot access storage file '${missing.source}'`);
  });

  const keeping = createFakeKeeping(domains, tell);
  const hardware = createFakeHardware(domains, volumes, tell);
  const guests = createFakeGuests(domains);
  const snapshots = createFakeSnapshots(domains, hardware, keeping);

  /** Reads give copies: what a caller does with them changes nothing here. */
  function read<T>(method: HostMethod, name: string, work: () => T): Promise<T> {
    return faults.perform(method, name, () => {
      hardware.settle();
      return structuredClone(work());
    });
  }

  function effect(method: HostMethod, name: string, work: () => void): Promise<void> {
    return faults.perform(method, name, () => {
      work();
      const done = { method, name };
      effects.push(done);
      options.onEffect?.(done);
    });
  }

  /** A method of the fake hardware as one of the host. */
  function machine<A extends unknown[]>(method: HostMethod, work: (uuid: string, ...args: A) => void) {
    return (uuid: string, ...args: A) => effect(method, domains.nameOf(uuid), () => work(uuid, ...args));
  }

  const operate = (method: 'start' | 'shutdown' | 'destroy' | 'reboot' | 'suspend' | 'resume') => (uuid: string) =>
    effect(method, domains.nameOf(uuid), () => domains.operate(method, uuid));

  const watch = (listener: (event: HostEvent) => void) => {
    listeners.add(listener);
    return { stop: () => listeners.delete(listener) };
  };

  return {
    uri: options.uri ?? 'fake:///default',
    domain: (name) => read('domain', name, () => domains.byName(name)),
    domains: () => read('domains', '', () => domains.list()),
    keeping: (uuid) => read('keeping', domains.nameOf(uuid), () => keeping.read(uuid)),
    hardware: (uuid) => read('hardware', domains.nameOf(uuid), () => hardware.read(uuid)),
    guestInfo: (uuid) => read('guestInfo', domains.nameOf(uuid), () => guests.guestInfo(uuid)),
    addresses: (uuid, source) => read('addresses', domains.nameOf(uuid), () => guests.addresses(uuid, source)),
    usage: (uuid) => read('usage', domains.nameOf(uuid), () => guests.usage(uuid)),
    snapshots: (uuid) => read('snapshots', domains.nameOf(uuid), () => snapshots.list(uuid)),
    keptBySnapshot: (uuid, name) => read('keptBySnapshot', name, () => snapshots.kept(uuid, name)),
    libvirtVersion: () => read('libvirtVersion', '', () => options.libvirtVersion ?? 9_000_000),
    stats: () =>
      read('stats', '', () =>
        domains.list().map(({ name, uuid, state, vcpus, memoryMiB }) => ({
          name,
          uuid,
          state,
          cpuTimeNs: state === 'shutoff' ? null : 1_000_000n,
          balloonKiB: BigInt(memoryMiB) * 1024n,
          vcpus,
        })),
      ),
    volume: (pool, name) => read('volume', name, () => volumes.find(pool, name)),
    volumeByPath: (path) => read('volumeByPath', path, () => volumes.byPath(path)),
    volumes: (pool) => read('volumes', pool, () => volumes.list(pool)),
    pool: (name) => read('pool', name, () => volumes.pool(name)),
    capacity: () => read('capacity', '', () => ({ ...defaultCapacity, ...options.capacity })),
    serialTail: ({ name, uuid, serialLog }, bytes) =>
      read('serialTail', name, () => (serialLog === null || bytes <= 0 ? '' : domains.serial(uuid).slice(-bytes))),

    defineDomain: (domain) =>
      effect('defineDomain', domain.name, () => domains.define(domain, `/serial/${domain.name}.log`)),
    undefineDomain: (uuid) => effect('undefineDomain', domains.nameOf(uuid), () => domains.undefine(uuid)),
    start: operate('start'),
    shutdown: operate('shutdown'),
    destroy: operate('destroy'),
    reboot: operate('reboot'),
    suspend: operate('suspend'),
    resume: operate('resume'),
    setMetadata: (uuid, metadata) =>
      effect('setMetadata', domains.nameOf(uuid), () => keeping.setMetadata(uuid, metadata)),
    setNote: (uuid, note) => effect('setNote', domains.nameOf(uuid), () => keeping.setNote(uuid, note)),
    setAutostart: (uuid, on) => effect('setAutostart', domains.nameOf(uuid), () => keeping.setAutostart(uuid, on)),
    renameDomain: (uuid, name) => effect('renameDomain', domains.nameOf(uuid), () => keeping.rename(uuid, name)),
    setVcpus: machine('setVcpus', hardware.setVcpus),
    setMemory: machine('setMemory', hardware.setMemory),
    attachDisk: machine('attachDisk', hardware.attachDisk),
    detachDisk: machine('detachDisk', hardware.detachDisk),
    growDisk: machine('growDisk', hardware.growDisk),
    limitDisk: machine('limitDisk', hardware.limitDisk),
    changeMedium: machine('changeMedium', hardware.changeMedium),
    attachNic: machine('attachNic', hardware.attachNic),
    detachNic: machine('detachNic', hardware.detachNic),
    setLink: machine('setLink', hardware.setLink),
    setBootOrder: machine('setBootOrder', hardware.setBootOrder),
    createSnapshot: machine('createSnapshot', snapshots.createSnapshot),
    deleteSnapshot: machine('deleteSnapshot', snapshots.deleteSnapshot),
    revertSnapshot: machine('revertSnapshot', snapshots.revertSnapshot),
    createVolume: (volume) => effect('createVolume', `${volume.pool}/${volume.name}`, () => volumes.create(volume)),
    uploadVolume: (pool, name, content) =>
      effect('uploadVolume', `${pool}/${name}`, () => volumes.upload(pool, name, content)),
    copyVolume: (from, to) => effect('copyVolume', `${to.pool}/${to.name}`, () => volumes.copy(from, to)),
    resizeVolume: (pool, name, capacityBytes) =>
      effect('resizeVolume', `${pool}/${name}`, () => volumes.resize(pool, name, capacityBytes)),
    deleteVolume: (pool, name) => effect('deleteVolume', `${pool}/${name}`, () => volumes.remove(pool, name)),
    waitFor: (uuid, until, timeoutMs, signal) =>
      faults.perform('waitFor', domains.nameOf(uuid), () => {
        const on = { read: () => read('domain', domains.nameOf(uuid), () => domains.byUuid(uuid)), watch };
        return waitForDomain(on, uuid, until, timeoutMs, signal);
      }),
    watch,
    close: async () => {
      faults.connected = false;
      domains.stop();
    },

    fault: faults.order,
    effects,
    count: (method, name) =>
      effects.filter((done) => done.method === method && (name === undefined || done.name === name)).length,
    calls: faults.calls,
    addDomain(domain) {
      const whole = { ...somebodysDomain(), ...domain };
      domains.add(whole);
      return structuredClone(whole);
    },
    addVolume(volume) {
      const whole = { ...somebodysVolume(volume.pool ?? 'default', volume.name), ...volume };
      volumes.add(whole);
      return structuredClone(whole);
    },
    changeBehindBack(name, change, quiet) {
      const uuid = domains.byName(name)?.uuid ?? '';
      domains.change(name, change);
      if (quiet === undefined) tell({ kind: 'changed', name, uuid });
    },
    addSnapshot: snapshots.add,
    changeHardware: hardware.change,
    changeKeeping: keeping.change,
    uploaded: volumes.content,
    disconnect(reason = 'ordered by a test') {
      faults.connected = false;
      tell({ kind: 'lost', reason });
    },
    reconnect() {
      faults.connected = true;
      tell({ kind: 'connected' });
    },
  };
}

function somebodysDomain(): Omit<Domain, 'name'> {
  return {
    uuid: randomUUID(),
    state: 'running',
    reason: 'booted',
    persistent: true,
    vcpus: 1,
    memoryMiB: 1024,
    metadata: { owner: '', expires: null, tags: {}, protected: false, request: null },
    disks: [],
    agent: 'connected',
    serialLog: null,
    managedSave: false,
    snapshots: 0,
  };
}

function somebodysVolume(pool: string, name: string): Volume {
  return {
    pool,
    name,
    path: `/pools/${pool}/${name}`,
    format: 'qcow2',
    capacityBytes: 10n * GIB,
    allocationBytes: GIB,
    backing: null,
  };
}
