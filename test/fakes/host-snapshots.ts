/**
 * The fake host's snapshots, with libvirt 9.0's traps: one with plugged vCPUs is not gone back to and leaves the domain
 * off, external ones are not gone back to at all, and an external one on an internal one is not deleted.
 */
import { OpsError } from '../../actions/errors.ts';
import type { Domain, VmMetadata } from '../../actions/host.ts';
import type { KeptThen, Snapshot, SnapshotWork } from '../../actions/host-snapshots.ts';
import type { FakeDomains } from './host-domains.ts';
import type { FakeHardware } from './host-hardware.ts';
import type { FakeKeeping } from './host-keeping.ts';

type Now<T> = { [K in keyof T]: T[K] extends (...args: infer A) => unknown ? (...args: A) => void : never };

export interface FakeSnapshots extends Now<SnapshotWork> {
  list(uuid: string): Snapshot[] | null;
  kept(uuid: string, name: string): KeptThen<VmMetadata> | null;
  /** One that was taken before the test began. */
  add(name: string, snapshot: Partial<Snapshot> & { name: string }): void;
}

interface Stored {
  snapshot: Snapshot;
  kept: KeptThen<VmMetadata>;
}

export function createFakeSnapshots(domains: FakeDomains, hardware: FakeHardware, keeping: FakeKeeping): FakeSnapshots {
  const store = new Map<string, Stored[]>();
  let clock = 1_700_000_000;

  const of = (uuid: string) => store.get(uuid) ?? [];

  function mustFindDomain(uuid: string): Domain {
    const domain = domains.byUuid(uuid);
    if (domain) return domain;
    throw new OpsError('not-found', `domain ${uuid}: Domain not found: no domain with matching uuid '${uuid}'`);
  }

  function mustFind(uuid: string, name: string): Stored {
    mustFindDomain(uuid);
    const found = of(uuid).find(({ snapshot }) => snapshot.name === name);
    if (found) return found;
    throw new OpsError('not-found', `snapshot ${name}: no domain snapshot with matching name '${name}'`);
  }

  function put(domain: Domain, snapshot: Snapshot): void {
    for (const other of of(domain.uuid)) other.snapshot.isCurrent = false;
    const kept = { metadata: structuredClone(domain.metadata), note: keeping.read(domain.uuid)?.note ?? '' };
    store.set(domain.uuid, [...of(domain.uuid), { snapshot, kept }]);
    domain.snapshots = of(domain.uuid).length;
  }

  function take(domain: Domain, given: Partial<Snapshot> & { name: string }): Snapshot {
    const times = hardware.read(domain.uuid);
    const isOn = domain.state !== 'shutoff';
    return {
      parent: of(domain.uuid).find(({ snapshot }) => snapshot.isCurrent)?.snapshot.name ?? null,
      isCurrent: true,
      createdAt: clock++,
      state: domain.state,
      kind: 'internal',
      hasMemory: isOn && given.kind !== 'external',
      description: '',
      machine: structuredClone(times?.now ?? times?.next ?? null),
      ...given,
    };
  }

  return {
    list: (uuid) => (domains.byUuid(uuid) === null ? null : of(uuid).map(({ snapshot }) => snapshot)),
    kept: (uuid, name) => of(uuid).find(({ snapshot }) => snapshot.name === name)?.kept ?? null,
    add(name, snapshot) {
      const domain = domains.byName(name);
      if (!domain) throw new Error(`the fake host has no domain ${name}`);
      put(domain, take(domain, snapshot));
    },
    createSnapshot(uuid, { name, description, kind }) {
      const domain = mustFindDomain(uuid);
      if (of(uuid).some(({ snapshot }) => snapshot.name === name))
        throw new OpsError('failed', `operation failed: domain moment ${name} already exists`);
      put(
        domain,
        take(domain, { name, description, kind, ...(kind === 'external' ? { state: 'disk-snapshot' } : {}) }),
      );
    },
    deleteSnapshot(uuid, name) {
      const { snapshot } = mustFind(uuid, name);
      const parent = of(uuid).find((other) => other.snapshot.name === snapshot.parent)?.snapshot;
      if (snapshot.kind === 'external' && parent?.kind === 'internal')
        throw new OpsError(
          'unsupported',
          'deleting external snapshot that has internal snapshot as parent not supported',
        );
      const rest = of(uuid).filter((other) => other.snapshot !== snapshot);
      for (const other of rest) {
        if (other.snapshot.parent === name) other.snapshot.parent = snapshot.parent;
        if (snapshot.isCurrent && other.snapshot.name === snapshot.parent) other.snapshot.isCurrent = true;
      }
      store.set(uuid, rest);
      mustFindDomain(uuid).snapshots = rest.length;
    },
    revertSnapshot(uuid, name) {
      const { snapshot, kept } = mustFind(uuid, name);
      const domain = mustFindDomain(uuid);
      if (snapshot.kind === 'external')
        throw new OpsError('unsupported', 'revert to external snapshot not supported yet');
      if (snapshot.hasMemory && (snapshot.machine?.pluggedVcpus ?? 0) > 0) {
        Object.assign(domain, { state: 'shutoff', reason: 'failed' });
        throw new OpsError('failed', `internal error: Unknown savevm section or instance 'cpu_common' 1`);
      }
      const state = snapshot.hasMemory ? 'running' : 'shutoff';
      Object.assign(domain, { state, reason: 'from-snapshot', metadata: structuredClone(kept.metadata) });
      keeping.change(domain.name, { note: kept.note });
      if (snapshot.machine !== null) hardware.change(domain.name, snapshot.machine);
      for (const other of of(uuid)) other.snapshot.isCurrent = other.snapshot === snapshot;
    },
  };
}
