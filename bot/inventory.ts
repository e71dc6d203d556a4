/**
 * What Drover knows of the VMs without asking: kept by libvirt's events, read by policy, suggestions and lists.
 * A command never writes here; the event that follows it does. Its age is told whenever the host is away.
 */
import type { Domain, Host } from '../actions/host.ts';
import type { PolicyTarget } from '../policies/decision.ts';

export interface Inventory {
  /** Looks at the whole host once. Throws `OpsError`. */
  load(): Promise<void>;
  names(): string[];
  target(vm: string): PolicyTarget;
  /** What somebody has just seen of a VM, so that a gate judges what is, not what was. null: it is not there. */
  take(vm: string, domain: Domain | null): void;
  domains(): Domain[];
  /** ms since the epoch of the last complete look while the host is away; null while it is there. */
  staleSince(): number | null;
  stop(): void;
}

export function createInventory(host: Host, warn: (problem: unknown) => void): Inventory {
  const byName = new Map<string, Domain>();
  let loadedAt = 0;
  let lost = true;

  async function load(): Promise<void> {
    const domains = await host.domains();
    byName.clear();
    for (const domain of domains) byName.set(domain.name, domain);
    loadedAt = Date.now();
    lost = false;
  }

  function take(vm: string, domain: Domain | null): void {
    if (domain === null) byName.delete(vm);
    else byName.set(vm, domain);
  }

  const refresh = async (vm: string) => take(vm, await host.domain(vm));

  function target(vm: string): PolicyTarget {
    const domain = byName.get(vm);
    if (domain === undefined) {
      return { name: vm, exists: false, owner: '', tags: {}, state: '', protected: false };
    }
    const { owner, tags } = domain.metadata;
    return { name: vm, exists: true, owner, tags, state: domain.state, protected: domain.metadata.protected };
  }

  const watching = host.watch((event) => {
    switch (event.kind) {
      case 'lifecycle':
        refresh(event.event.name).catch(warn);
        return;
      case 'changed':
        refresh(event.name).catch(warn);
        return;
      case 'connected':
        load().catch(warn);
        return;
      case 'lost':
        lost = true;
        return;
    }
  });

  return {
    load,
    take,
    target,
    names: () => [...byName.keys()].sort(),
    domains: () => [...byName.values()].sort((a, b) => a.name.localeCompare(b.name)),
    staleSince: () => (lost ? loadedAt : null),
    stop: () => watching.stop(),
  };
}
