/** What the actions on snapshots share: names, how one is said, steps, and what libvirt's versions can do. */
import { z } from 'zod';
import type { EffectStep, Evidence } from '../action.ts';
import type { HostReader } from '../host.ts';
import type { Snapshot } from '../host-snapshots.ts';

/** Becomes part of file names: nothing that a path or a shell would read. */
export const SnapshotName = z
  .string()
  .max(63)
  .refine(
    (text) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text),
    'a snapshot name has 1 to 63 of a-z, 0-9, ".", "_" and "-", and starts with a letter or a digit',
  );

/** Going back to external snapshots, and deleting them whatever lies below. Source: https://libvirt.org/news.html, 9.9.0 */
export const EXTERNAL_REVERT_SINCE = 9_009_000;
/** Deleting external snapshots at all. Source: the same, 9.0.0 */
export const EXTERNAL_DELETE_SINCE = 9_000_000;

/** `9.0.0` of 9,000,000. */
export function formatVersion(version: number): string {
  return `${Math.floor(version / 1_000_000)}.${Math.floor(version / 1000) % 1000}.${version % 1000}`;
}

export function formatTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function describeKind({ kind, hasMemory }: Pick<Snapshot, 'kind' | 'hasMemory'>): string {
  return `${kind}, ${hasMemory ? 'with memory' : 'disks only'}`;
}

interface Worked {
  title: string;
  op: 'create-snapshot' | 'delete-snapshot' | 'revert-snapshot';
  vm: string;
  uuid: string;
  name: string;
}

export function snapshotStep(
  { title, op, vm, uuid, name }: Worked,
  run: () => Promise<void>,
  happened: () => Promise<Evidence>,
): EffectStep {
  const type = op === 'revert-snapshot' ? 'VIRT_CONTROL' : 'VIRT_RESOURCE';
  return {
    title,
    record: { type, op, reason: 'snapshot', command: `libvirt ${op} ${vm} ${name}`, vm, uuid },
    run,
    happened,
  };
}

/** Evidence by whether the snapshot is there. */
export async function snapshotIs(
  read: HostReader,
  uuid: string,
  name: string,
  wanted: 'there' | 'gone',
): Promise<Evidence> {
  const snapshots = await read.snapshots(uuid);
  const isThere = snapshots?.some((snapshot) => snapshot.name === name) ?? false;
  const evidence = isThere ? `there is a snapshot ${name}` : `there is no snapshot ${name}`;
  return { kind: isThere === (wanted === 'there') ? 'happened' : 'did-not', evidence };
}
