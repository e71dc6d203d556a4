/**
 * What a domain is made of, as the actions see it that change a machine: now, while it runs, and at its next start.
 * Nouns are libvirt's own. Source: https://libvirt.org/formatdomain.html
 */
export interface HardwareDisk {
  /** `vda` */
  target: string;
  device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  /** `virtio`, `scsi`, `sata` … */
  bus: string;
  /** Path of the source file or device; null for an empty drive. */
  source: string | null;
  /** `qcow2`, `raw` …; '' when libvirt does not say. */
  format: string;
  readOnly: boolean;
  /** Reads and writes together; 0: no limit. */
  limits: DiskLimits;
}

export interface DiskLimits {
  iops: number;
  bytesPerSecond: number;
}

export interface Nic {
  mac: string;
  /** `user`, `network`, `bridge` … */
  kind: string;
  /** Of the network or the bridge; null where there is none. */
  network: string | null;
  link: 'up' | 'down';
}

export const BOOT_DEVICES = ['hd', 'network', 'cdrom'] as const;
export type BootDevice = (typeof BOOT_DEVICES)[number];

export interface Hardware {
  vcpus: number;
  /** More than this needs a start. */
  maxVcpus: number;
  /** vCPUs that were plugged into the running guest, or would be at its start. */
  pluggedVcpus: number;
  /** What the guest has: of a running one, what its balloon leaves it. */
  memoryMiB: number;
  maxMemoryMiB: number;
  disks: HardwareDisk[];
  nics: Nic[];
  /** In order; null: set on the devices themselves. */
  boot: string[] | null;
  /** PCIe ports that nothing is plugged into; null: this machine type has no such limit. */
  freePorts: number | null;
  /** Whether it has a controller for SCSI disks, which take no port each. */
  hasScsi: boolean;
}

/** `now` is null while it is off, `next` is null when it is transient. */
export interface HardwareTimes {
  now: Hardware | null;
  next: Hardware | null;
}

/** `now`: the running guest · `next`: the definition, from the next start on. */
export type When = 'now' | 'next';

export interface NewDisk {
  target: string;
  bus: 'virtio' | 'scsi';
  /** Path on the host. */
  source: string;
  format: 'qcow2' | 'raw';
}

/** Changes hold now, if the domain is on, and at the next start, unless told otherwise. */
export interface HardwareWork {
  /** `now`: up to `maxVcpus`; `next`: whatever it takes. */
  setVcpus(uuid: string, count: number, when: When): Promise<void>;
  /** `now` asks the guest's balloon and returns; `next` sets the memory and its maximum. */
  setMemory(uuid: string, memoryMiB: number, when: When): Promise<void>;
  attachDisk(uuid: string, disk: NewDisk): Promise<void>;
  /** Of a running guest it only asks: the disk is gone when `hardware` no longer has it. */
  detachDisk(uuid: string, target: string): Promise<void>;
  /** The capacity that a running guest sees. */
  growDisk(uuid: string, target: string, capacityBytes: bigint): Promise<void>;
  limitDisk(uuid: string, target: string, limits: DiskLimits): Promise<void>;
  /** Null ejects. */
  changeMedium(uuid: string, target: string, source: string | null): Promise<void>;
  /** Into `network`; null: where this host puts new domains. */
  attachNic(uuid: string, nic: { mac: string; network: string | null }): Promise<void>;
  /** Of a running guest it only asks. */
  detachNic(uuid: string, mac: string): Promise<void>;
  setLink(uuid: string, mac: string, link: Nic['link']): Promise<void>;
  /** For the next start. */
  setBootOrder(uuid: string, order: BootDevice[]): Promise<void>;
}
