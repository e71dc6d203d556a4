/**
 * What a host can tell about the inside of a domain. Whatever a guest says is a stranger's text: it is shown, bounded
 * and without control characters, and never acted upon.
 */
export interface GuestAddress {
  /** The guest's own name for it, such as `eth0`. */
  interface: string;
  mac: string;
  /** `192.0.2.7/24`, `2001:db8::7/64` */
  addresses: string[];
}

/** agent: asked inside the guest · lease: given by libvirt's own network · arp: seen by the host. */
export type AddressSource = 'agent' | 'lease' | 'arp';

export interface GuestInfo {
  hostname: string;
  /** `Debian GNU/Linux 12 (bookworm)`; '' when the guest does not say. */
  os: string;
  kernel: string;
  timezone: string;
  users: number | null;
  fileSystems: { mountpoint: string; totalBytes: bigint; usedBytes: bigint }[];
}

/** An agent that does not answer is an answer, too; `reason` is libvirt's sentence. */
export type Asked<T> = { kind: 'answered'; value: T } | { kind: 'silent'; reason: string };

/** Since the start of the domain; null: not known without waiting for it. */
export interface Usage {
  cpuTimeNs: bigint | null;
  /** What the balloon leaves it, and what of it the guest says that it could still use. */
  balloonKiB: bigint | null;
  usableKiB: bigint | null;
  /** What it takes of the host. */
  residentKiB: bigint | null;
  disks: DiskUsage[];
  nics: { device: string; receivedBytes: bigint; sentBytes: bigint }[];
}

export interface DiskUsage {
  target: string;
  readBytes: bigint;
  writtenBytes: bigint;
  capacityBytes: bigint;
  allocationBytes: bigint;
}

export interface GuestReads {
  /** 'wrong-state' of a domain that is off. */
  guestInfo(uuid: string): Promise<Asked<GuestInfo>>;
  addresses(uuid: string, source: AddressSource): Promise<Asked<GuestAddress[]>>;
  /** Without waiting for the guest; null: no such domain. */
  usage(uuid: string): Promise<Usage | null>;
}
