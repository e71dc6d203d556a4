/**
 * Snapshots of a domain, as libvirt keeps them. Internal ones lie in the disk's own file, external ones leave it as it
 * was and go on in another. Source: https://libvirt.org/formatsnapshot.html
 */
import type { Hardware } from './host-hardware.ts';

export type SnapshotKind = 'internal' | 'external';

export interface Snapshot {
  name: string;
  parent: string | null;
  /** The one that the domain stands on: what is written since belongs to no snapshot. */
  isCurrent: boolean;
  /** Seconds since the epoch. */
  createdAt: number;
  /** Of the domain at that time: `running`, `paused`, `shutoff`, `disk-snapshot` … */
  state: string;
  kind: SnapshotKind;
  hasMemory: boolean;
  description: string;
  /** The machine of that time; null: libvirt did not keep it. */
  machine: Hardware | null;
}

/** What was kept about the domain when the snapshot was taken. Going back to it brings that back, too. */
export interface KeptThen<M> {
  metadata: M;
  note: string;
}

export interface NewSnapshot {
  name: string;
  description: string;
  /** Internal: with the memory of a running guest. External: disks only. */
  kind: SnapshotKind;
  /** Has the guest's agent write out and hold still its file systems; external ones only. */
  quiesce: boolean;
}

export interface SnapshotWork {
  createSnapshot(uuid: string, snapshot: NewSnapshot): Promise<void>;
  /** What it has that its children need is merged into them. */
  deleteSnapshot(uuid: string, name: string): Promise<void>;
  /** The domain's machine, state and metadata become what they were then. */
  revertSnapshot(uuid: string, name: string): Promise<void>;
}
