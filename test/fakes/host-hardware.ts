/**
 * What the fake host's domains are made of. While a domain runs, its machine and its definition are two things, and at
 * its end the definition is what stays. `mute-*` guests have no balloon, `deaf-*` ones do not let go of a device.
 */
import { OpsError } from '../../actions/errors.ts';
import type { Domain, HostEvent } from '../../actions/host.ts';
import type { Hardware, HardwareDisk, HardwareTimes, HardwareWork, When } from '../../actions/host-hardware.ts';
import type { FakeDomains } from './host-domains.ts';
import type { FakeVolumes } from './host-volumes.ts';

/** The same methods, without waiting. */
type Now<T> = { [K in keyof T]: T[K] extends (...args: infer A) => unknown ? (...args: A) => void : never };

export interface FakeHardware extends Now<HardwareWork> {
  read(uuid: string): HardwareTimes | null;
  /** Brings domains and their hardware together after whatever happened. */
  settle(): void;
  /** Somebody changes it by hand, or a test needs a machine of another kind. */
  change(name: string, change: Partial<Hardware>): void;
}

export function createFakeHardware(
  domains: FakeDomains,
  volumes: FakeVolumes,
  tell: (event: HostEvent) => void,
): FakeHardware {
  const store = new Map<string, { now: Hardware | null; next: Hardware }>();

  function timesOf(domain: Domain): { now: Hardware | null; next: Hardware } {
    const known = store.get(domain.uuid) ?? { now: null, next: firstHardware(domain) };
    store.set(domain.uuid, known);
    if (domain.state === 'shutoff' && known.now !== null) {
      known.now = null;
      show(domain, known.next);
    }
    if (domain.state !== 'shutoff' && known.now === null) known.now = structuredClone(known.next);
    adopt(known.now ?? known.next, domain);
    return known;
  }

  function work(uuid: string, doing: string, change: (hardware: Hardware, when: When) => void, when?: When): void {
    const domain = domains.byUuid(uuid);
    if (!domain) throw new OpsError('not-found', `${doing}: Domain not found: no domain with matching uuid '${uuid}'`);
    const times = timesOf(domain);
    if (when === 'now' && times.now === null)
      throw new OpsError('wrong-state', `${doing}: Requested operation is not valid: domain is not running`);
    if (when !== 'next' && times.now !== null) change(times.now, 'now');
    if (when !== 'now' && domain.persistent) change(times.next, 'next');
    show(domain, times.now ?? times.next);
    tell({ kind: 'changed', name: domain.name, uuid });
  }

  function holds(uuid: string, when: When): boolean {
    return when === 'now' && domains.nameOf(uuid).startsWith('deaf-');
  }

  return {
    read(uuid) {
      const domain = domains.byUuid(uuid);
      if (domain === null) return null;
      const { now, next } = timesOf(domain);
      return { now, next: domain.persistent ? next : null };
    },
    settle() {
      for (const domain of domains.list()) if (store.has(domain.uuid)) timesOf(domain);
    },
    change(name, change) {
      const domain = domains.byName(name);
      if (!domain) throw new Error(`the fake host has no domain ${name}`);
      const { now, next } = timesOf(domain);
      for (const hardware of [now, next]) if (hardware !== null) Object.assign(hardware, structuredClone(change));
      show(domain, now ?? next);
    },
    setVcpus(uuid, count, when) {
      work(
        uuid,
        `giving ${count} vCPUs`,
        (hardware) => {
          if (when === 'now' && count > hardware.maxVcpus)
            throw new OpsError('failed', `invalid argument: requested vcpus is greater than max: ${count}`);
          if (when === 'now') hardware.pluggedVcpus += count - hardware.vcpus;
          hardware.vcpus = count;
          hardware.maxVcpus = Math.max(hardware.maxVcpus, count);
        },
        when,
      );
    },
    setMemory(uuid, memoryMiB, when) {
      work(
        uuid,
        `giving ${memoryMiB} MiB`,
        (hardware) => {
          if (when === 'next') hardware.maxMemoryMiB = memoryMiB;
          else if (memoryMiB > hardware.maxMemoryMiB)
            throw new OpsError('failed', 'invalid argument: cannot set memory higher than max memory');
          else if (domains.nameOf(uuid).startsWith('mute-')) return;
          hardware.memoryMiB = memoryMiB;
        },
        when,
      );
    },
    attachDisk(uuid, { target, bus, source, format }) {
      if (!volumes.byPath(source) && volumes.inPool(source))
        throw new OpsError('failed', `attaching ${target}: Cannot access storage file '${source}'`);
      work(uuid, `attaching ${target}`, (hardware, when) => {
        if (hardware.disks.some((disk) => disk.target === target))
          throw new OpsError('failed', `operation failed: target ${target} already exists`);
        if (when === 'now' && bus === 'virtio') takePort(hardware);
        const limits = { iops: 0, bytesPerSecond: 0 };
        hardware.disks.push({ target, device: 'disk', bus, source, format, readOnly: false, limits });
      });
    },
    detachDisk(uuid, target) {
      work(uuid, `detaching ${target}`, (hardware, when) => {
        const disk = mustFindDisk(hardware, target);
        if (holds(uuid, when)) return;
        hardware.disks = hardware.disks.filter((other) => other !== disk);
        if (when === 'now' && disk.bus === 'virtio') freePort(hardware);
      });
    },
    growDisk(uuid, target, capacityBytes) {
      work(
        uuid,
        `growing ${target}`,
        (hardware) => {
          const { source } = mustFindDisk(hardware, target);
          const volume = source === null ? null : volumes.byPath(source);
          if (volume !== null) volume.capacityBytes = capacityBytes;
        },
        'now',
      );
    },
    limitDisk(uuid, target, limits) {
      work(uuid, `limiting ${target}`, (hardware) => {
        mustFindDisk(hardware, target).limits = { ...limits };
      });
    },
    changeMedium(uuid, target, source) {
      work(uuid, `changing the medium in ${target}`, (hardware) => {
        mustFindDisk(hardware, target).source = source;
      });
    },
    attachNic(uuid, { mac, network }) {
      work(uuid, `attaching ${mac}`, (hardware, when) => {
        if (hardware.nics.some((nic) => nic.mac === mac))
          throw new OpsError('failed', `operation failed: network device with mac ${mac} already exists`);
        if (when === 'now') takePort(hardware);
        hardware.nics.push({ mac, kind: network === null ? 'user' : 'network', network, link: 'up' });
      });
    },
    detachNic(uuid, mac) {
      work(uuid, `detaching ${mac}`, (hardware, when) => {
        const nic = mustFindNic(hardware, mac);
        if (holds(uuid, when)) return;
        hardware.nics = hardware.nics.filter((other) => other !== nic);
        if (when === 'now') freePort(hardware);
      });
    },
    setLink(uuid, mac, link) {
      work(uuid, `setting the link of ${mac}`, (hardware) => {
        mustFindNic(hardware, mac).link = link;
      });
    },
    setBootOrder(uuid, order) {
      work(
        uuid,
        'setting the boot order',
        (hardware) => {
          hardware.boot = [...order];
        },
        'next',
      );
    },
  };
}

function mustFindDisk({ disks }: Hardware, target: string): HardwareDisk {
  const disk = disks.find((candidate) => candidate.target === target);
  if (disk) return disk;
  throw new OpsError('not-found', `it has no disk ${target}`);
}

function mustFindNic({ nics }: Hardware, mac: string) {
  const nic = nics.find((candidate) => candidate.mac === mac);
  if (nic) return nic;
  throw new OpsError('not-found', `it has no such device: ${mac}`);
}

function takePort(hardware: Hardware): void {
  if (hardware.freePorts === 0) throw new OpsError('failed', 'internal error: No more available PCI slots');
  if (hardware.freePorts !== null) hardware.freePorts--;
}

function freePort(hardware: Hardware): void {
  if (hardware.freePorts !== null) hardware.freePorts++;
}

function firstHardware(domain: Domain): Hardware {
  const mac = `52:54:00:${domain.uuid.slice(0, 2)}:${domain.uuid.slice(2, 4)}:${domain.uuid.slice(4, 6)}`;
  return {
    vcpus: domain.vcpus,
    maxVcpus: domain.vcpus,
    pluggedVcpus: 0,
    memoryMiB: domain.memoryMiB,
    maxMemoryMiB: domain.memoryMiB,
    disks: domain.disks.map(toHardwareDisk),
    nics: [{ mac, kind: 'user', network: null, link: 'up' }],
    boot: ['hd'],
    freePorts: 8,
    hasScsi: domain.disks.some(({ target }) => target.startsWith('sd')),
  };
}

function toHardwareDisk({ target, device, source }: Domain['disks'][number]): HardwareDisk {
  const readOnly = device === 'cdrom';
  const bus = target.startsWith('sd') ? 'scsi' : 'virtio';
  const limits = { iops: 0, bytesPerSecond: 0 };
  return { target, device, bus, source, format: readOnly ? 'raw' : 'qcow2', readOnly, limits };
}

/** What a test set on the domain itself holds. */
function adopt(hardware: Hardware, domain: Domain): void {
  hardware.vcpus = domain.vcpus;
  hardware.maxVcpus = Math.max(hardware.maxVcpus, domain.vcpus);
  hardware.maxMemoryMiB = domain.memoryMiB;
  hardware.memoryMiB = Math.min(hardware.memoryMiB, domain.memoryMiB);
  hardware.disks = domain.disks.map((disk) => {
    const known = hardware.disks.find(({ target }) => target === disk.target);
    return known === undefined ? toHardwareDisk(disk) : { ...known, source: disk.source };
  });
}

function show(domain: Domain, { vcpus, maxMemoryMiB, disks }: Hardware): void {
  domain.vcpus = vcpus;
  domain.memoryMiB = maxMemoryMiB;
  domain.disks = disks.map(({ target, device, source }) => ({ target, device, source }));
}
