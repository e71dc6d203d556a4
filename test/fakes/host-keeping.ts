/** What the fake host keeps about its domains besides what runs: metadata, note, autostart, and their names. */
import { OpsError } from '../../actions/errors.ts';
import type { Domain, HostEvent, Keeping, VmMetadata } from '../../actions/host.ts';
import type { FakeDomains } from './host-domains.ts';

export interface FakeKeeping {
  read(uuid: string): Keeping | null;
  /** Somebody sets it by hand. */
  change(name: string, change: Partial<Keeping>): void;
  setMetadata(uuid: string, metadata: VmMetadata): void;
  setNote(uuid: string, note: string): void;
  setAutostart(uuid: string, on: boolean): void;
  rename(uuid: string, name: string): void;
}

export function createFakeKeeping(domains: FakeDomains, tell: (event: HostEvent) => void): FakeKeeping {
  const kept = new Map<string, Keeping>();

  const keepingOf = (uuid: string): Keeping => kept.get(uuid) ?? { autostart: false, note: '' };

  function mustFind(uuid: string): Domain {
    const domain = domains.byUuid(uuid);
    if (domain) return domain;
    throw new OpsError('not-found', `domain ${uuid}: Domain not found: no domain with matching uuid '${uuid}'`);
  }

  function change(uuid: string, change: Partial<Keeping>): void {
    const { name } = mustFind(uuid);
    kept.set(uuid, { ...keepingOf(uuid), ...change });
    tell({ kind: 'changed', name, uuid });
  }

  return {
    read: (uuid) => (domains.byUuid(uuid) === null ? null : keepingOf(uuid)),
    change: (name, given) => change(domains.byName(name)?.uuid ?? '', given),
    setMetadata(uuid, metadata) {
      const domain = mustFind(uuid);
      domain.metadata = structuredClone(metadata);
      tell({ kind: 'changed', name: domain.name, uuid });
    },
    setNote: (uuid, note) => change(uuid, { note }),
    setAutostart(uuid, autostart) {
      if (!mustFind(uuid).persistent)
        throw new OpsError('wrong-state', `autostart of ${uuid}: cannot set autostart for transient domain`);
      change(uuid, { autostart });
    },
    rename(uuid, name) {
      const domain = mustFind(uuid);
      const taken = domains.byName(name);
      if (taken) throw new OpsError('exists', `renaming ${domain.name}: domain with name '${name}' already exists`);
      if (domain.state !== 'shutoff')
        throw new OpsError('wrong-state', `renaming ${domain.name}: domain has to be shutoff before renaming`);
      const before = domain.name;
      domain.name = name;
      tell({ kind: 'lifecycle', event: { name: before, uuid, event: 'undefined', detail: 'renamed' } });
      tell({ kind: 'lifecycle', event: { name, uuid, event: 'defined', detail: 'renamed' } });
    },
  };
}
