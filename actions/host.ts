/**
 * The port through which actions see and change one libvirt host. `libvirt/host.ts` is the real thing,
 * `test/fakes/host.ts` the fake; `test/contracts/host.ts` runs on both. Nouns and states are libvirt's own.
 * Every method throws `OpsError`; a look-up of what does not exist gives `null`, never an error.
 */

import type { GuestReads } from './host-guest.ts';
import type { HardwareTimes, HardwareWork } from './host-hardware.ts';
import type { KeptThen, Snapshot, SnapshotWork } from './host-snapshots.ts';

/** virDomainState without `nostate`. Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainState */
export type DomainState = 'running' | 'blocked' | 'paused' | 'shutdown' | 'shutoff' | 'crashed' | 'pmsuspended';

/** What Drover keeps in the domain's own metadata, under `urn:drover:vm:1`. */
export interface VmMetadata {
  /** A person or a group of the config file; '' when unknown. */
  owner: string;
  /** RFC 3339 with zone Z; null: no lease. */
  expires: string | null;
  /** `env` is the environment. Keys: [a-z][a-z0-9-]*, values: printable, at most 63 characters. */
  tags: Record<string, string>;
  protected: boolean;
  /** Number of the request that made the VM; null: made by somebody else. */
  request: number | null;
}

/** What else is kept about a domain, which no list needs. */
export interface Keeping {
  /** Whether it starts with its host. */
  autostart: boolean;
  /** libvirt's own description of the domain, which other tools show, too; '' for none. */
  note: string;
}

export interface DomainDisk {
  /** `vda` */
  target: string;
  device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  /** Path of the source file or device; null for an empty drive, and where the source is named in another way. */
  source: string | null;
  /** The volume that the source is named by, instead of a path. */
  named?: { pool: string; name: string };
  /** Given where the format is known to be raw: such a disk stands on nothing. */
  raw?: true;
  /** Paths of what the disk stands on, nearest first; given only where the whole chain is known. */
  stack?: string[];
}

export interface Domain {
  name: string;
  uuid: string;
  state: DomainState;
  /** virDomainState's reason as a word, such as `booted` or `destroyed`; `unknown` when libvirt says so. */
  reason: string;
  persistent: boolean;
  vcpus: number;
  /** Maximum memory in MiB (rounded down from libvirt's KiB). */
  memoryMiB: number;
  metadata: VmMetadata;
  disks: DomainDisk[];
  /** The guest agent's channel: `none` when the domain has no such channel. */
  agent: 'none' | 'disconnected' | 'connected';
  /** Path on the host of the serial port's log file; null when it has none. */
  serialLog: string | null;
  /** Whether a managed save image exists: the next start would restore it. */
  managedSave: boolean;
  snapshots: number;
}

export interface Volume {
  pool: string;
  name: string;
  /** Path on the host. */
  path: string;
  format: string;
  capacityBytes: bigint;
  allocationBytes: bigint;
  /** Path of the backing file; null for a volume of its own. */
  backing: string | null;
}

export interface Pool {
  name: string;
  active: boolean;
  capacityBytes: bigint;
  availableBytes: bigint;
}

export interface NodeCapacity {
  hostname: string;
  cpus: number;
  memoryMiB: number;
  freeMemoryMiB: number;
}

export interface DomainStats {
  name: string;
  uuid: string;
  state: DomainState;
  /** Nanoseconds of CPU since the start; null when not running. */
  cpuTimeNs: bigint | null;
  balloonKiB: bigint | null;
  vcpus: number | null;
}

export interface NewVolume {
  pool: string;
  name: string;
  format: 'qcow2' | 'raw';
  capacityBytes: bigint;
  /** A volume of the same pool that the new one is a copy-on-write overlay of. */
  backing: { name: string; format: string } | null;
}

/** Everything of a new domain that Drover decides. The XML is made in `libvirt/domain-xml.ts`. */
export interface NewDomain {
  name: string;
  uuid: string;
  vcpus: number;
  memoryMiB: number;
  metadata: VmMetadata;
  /** Path of the boot disk on the host. */
  diskPath: string;
  diskFormat: 'qcow2' | 'raw';
  /** Path of the NoCloud seed (ISO 9660) on the host; null for none. */
  seedPath: string | null;
}

/** Lifecycle words are libvirt's: defined, undefined, started, suspended, resumed, stopped, shutdown, pmsuspended, crashed. */
export interface LifecycleEvent {
  name: string;
  uuid: string;
  event: string;
  /** The detail as a word, such as `booted`, `destroyed`, `failed`. */
  detail: string;
}

export type HostEvent =
  | { kind: 'lifecycle'; event: LifecycleEvent }
  | { kind: 'changed'; name: string; uuid: string } // metadata, reboot or agent event: look again
  | { kind: 'lost'; reason: string }
  | { kind: 'connected' }; // also after every reconnect: everything may have changed meanwhile

/** What `observe` may use: reading only. */
export interface HostReader extends GuestReads {
  /** libvirt URI, such as `qemu:///system`. */
  readonly uri: string;
  domain(name: string): Promise<Domain | null>;
  domains(): Promise<Domain[]>;
  /** Null: no such domain. */
  keeping(uuid: string): Promise<Keeping | null>;
  /** Null: no such domain. */
  hardware(uuid: string): Promise<HardwareTimes | null>;
  /** The oldest first; null: no such domain. */
  snapshots(uuid: string): Promise<Snapshot[] | null>;
  /** Null: no such snapshot, or it knows nothing of it. */
  keptBySnapshot(uuid: string, name: string): Promise<KeptThen<VmMetadata> | null>;
  /** 9,000,000 for 9.0.0. */
  libvirtVersion(): Promise<number>;
  stats(): Promise<DomainStats[]>;
  volume(pool: string, name: string): Promise<Volume | null>;
  /** The volume with this path on the host, in whichever pool; null when no pool knows it. */
  volumeByPath(path: string): Promise<Volume | null>;
  /** All volumes of a pool; 'not-found' when there is no such pool. Whoever deletes one asks here what stands on it. */
  volumes(pool: string): Promise<Volume[]>;
  pool(name: string): Promise<Pool | null>;
  capacity(): Promise<NodeCapacity>;
  /** At most the last `bytes` of the serial log, as text; '' when there is none. Reads `serialLog`, so local hosts only. */
  serialTail(domain: Domain, bytes: number): Promise<string>;
}

export interface Host extends HostReader, HardwareWork, SnapshotWork {
  defineDomain(domain: NewDomain): Promise<void>;
  undefineDomain(uuid: string): Promise<void>;
  start(uuid: string): Promise<void>;
  /** Asks the guest (ACPI or agent); returns when asked, not when off. */
  shutdown(uuid: string): Promise<void>;
  destroy(uuid: string): Promise<void>;
  /** Asks the guest to reboot; returns when asked. */
  reboot(uuid: string): Promise<void>;
  suspend(uuid: string): Promise<void>;
  resume(uuid: string): Promise<void>;
  /** Replaces Drover's own element, now and for the next start; what others keep in the metadata stays. */
  setMetadata(uuid: string, metadata: VmMetadata): Promise<void>;
  /** '' removes it. */
  setNote(uuid: string, note: string): Promise<void>;
  setAutostart(uuid: string, on: boolean): Promise<void>;
  /** Of a domain that is off: 'wrong-state' otherwise, 'exists' when the name is taken. */
  renameDomain(uuid: string, name: string): Promise<void>;
  createVolume(volume: NewVolume): Promise<void>;
  uploadVolume(pool: string, name: string, content: Uint8Array): Promise<void>;
  /** A qcow2 volume of its own with all that `from` shows, what lies below it included. */
  copyVolume(from: { pool: string; name: string }, to: { pool: string; name: string }): Promise<void>;
  /** Larger only, and only while no running domain has it. */
  resizeVolume(pool: string, name: string, capacityBytes: bigint): Promise<void>;
  deleteVolume(pool: string, name: string): Promise<void>;
  /**
   * Waits until `until` accepts the domain (null: it is gone), woken by events and a slow poll.
   * Throws `OpsError` 'timed-out' after `timeoutMs`, 'cancelled' when `signal` aborts. Changes nothing.
   */
  waitFor(
    uuid: string,
    until: (domain: Domain | null) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Domain | null>;
  /** Events until `stop` is called. */
  watch(listener: (event: HostEvent) => void): { stop(): void };
  close(): Promise<void>;
}
