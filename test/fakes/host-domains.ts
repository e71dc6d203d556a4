/**
 * The fake host's domains: libvirt's legal transitions, the events they bring, and guests with a character.
 * By name: `deaf-*` ignores ACPI, `slow-*` takes `slowMs` to start and to go down, `mute-*` never gets its agent up.
 */
import { OpsError } from '../../actions/errors.ts';
import type { Domain, DomainState, HostEvent, NewDomain } from '../../actions/host.ts';

export interface GuestTimes {
  /** From the start until the agent answers. */
  bootMs: number;
  /** From the request until it is off. */
  shutdownMs: number;
  /** What `slow-*` adds to both. */
  slowMs: number;
}

type Operation = 'start' | 'shutdown' | 'destroy' | 'reboot' | 'suspend' | 'resume';

const active: readonly DomainState[] = ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'];
const awake: readonly DomainState[] = ['running', 'blocked', 'paused', 'shutdown'];

/**
 * From which states the QEMU driver accepts what; the rest is VIR_ERR_OPERATION_INVALID.
 * Source: https://gitlab.com/libvirt/libvirt/-/blob/v9.0.0/src/qemu/qemu_driver.c, the functions named.
 */
const legalStates = {
  start: ['shutoff', 'crashed'], // qemuDomainCreateWithFlags
  shutdown: active, // qemuDomainShutdownFlags
  destroy: active, // qemuDomainDestroyFlags
  reboot: active, // qemuDomainReboot
  suspend: awake, // qemuDomainSuspend: of a paused domain it is no error
  resume: ['paused'], // qemuDomainResume: of a running domain it is one
} satisfies Record<Operation, readonly DomainState[]>;

export interface FakeDomains {
  list(): Domain[];
  byName(name: string): Domain | null;
  byUuid(uuid: string): Domain | null;
  nameOf(uuid: string): string;
  serial(uuid: string): string;
  /** A domain that is there already; no event. */
  add(domain: Domain): void;
  change(name: string, change: Partial<Domain> | null): void;
  define(domain: NewDomain, serialLog: string): void;
  undefine(uuid: string): void;
  operate(operation: Operation, uuid: string): void;
  stop(): void;
}

export function createFakeDomains(
  times: GuestTimes,
  tell: (event: HostEvent) => void,
  canStart: (domain: Domain) => void,
): FakeDomains {
  const domains = new Map<string, Domain>();
  const serials = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  /** How often each domain was started: what a guest was up to ends with its boot. */
  const boots = new Map<string, number>();

  function lifecycle({ name, uuid }: Domain, event: string, detail: string): void {
    tell({ kind: 'lifecycle', event: { name, uuid, event, detail } });
  }

  function later(domain: Domain, ms: number, work: () => void): void {
    const boot = boots.get(domain.uuid);
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        if (domains.get(domain.uuid) === domain && boots.get(domain.uuid) === boot) work();
      },
      domain.name.startsWith('slow-') ? ms + times.slowMs : ms,
    );
    timers.add(timer);
  }

  function mustFind(uuid: string): Domain {
    const domain = domains.get(uuid);
    if (domain) return domain;
    throw new OpsError('not-found', `domain ${uuid}: Domain not found: no domain with matching uuid '${uuid}'`);
  }

  function set(domain: Domain, state: DomainState, reason: string): void {
    domain.state = state;
    domain.reason = reason;
    if (state === 'shutoff' && domain.agent !== 'none') domain.agent = 'disconnected';
    if (state === 'shutoff' && !domain.persistent) domains.delete(domain.uuid);
  }

  const operations = {
    start: (domain) => {
      canStart(domain);
      boots.set(domain.uuid, (boots.get(domain.uuid) ?? 0) + 1);
      const detail = domain.managedSave ? 'restored' : 'booted';
      domain.managedSave = false;
      set(domain, 'running', detail);
      serials.set(domain.uuid, 'booting\n');
      lifecycle(domain, 'started', detail);
      later(domain, times.bootMs, () => bootUp(domain));
    },
    shutdown: (domain) => {
      if (domain.name.startsWith('deaf-')) return;
      later(domain, times.shutdownMs, () => powerOff(domain));
    },
    destroy: (domain) => {
      set(domain, 'shutoff', 'destroyed');
      lifecycle(domain, 'stopped', 'destroyed');
    },
    reboot: (domain) => {
      if (domain.name.startsWith('deaf-')) return;
      serials.set(domain.uuid, 'booting\n');
      tell({ kind: 'changed', name: domain.name, uuid: domain.uuid });
    },
    suspend: (domain) => {
      if (domain.state === 'paused') return;
      set(domain, 'paused', 'user');
      lifecycle(domain, 'suspended', 'paused');
    },
    resume: (domain) => {
      set(domain, 'running', 'unpaused');
      lifecycle(domain, 'resumed', 'unpaused');
    },
  } satisfies Record<Operation, (domain: Domain) => void>;

  function bootUp(domain: Domain): void {
    if (domain.state !== 'running' || domain.name.startsWith('mute-')) return;
    serials.set(domain.uuid, `booting\n${domain.name} login: `);
    if (domain.agent === 'none') return;
    domain.agent = 'connected';
    tell({ kind: 'changed', name: domain.name, uuid: domain.uuid });
  }

  /** A paused guest hears of the request when it runs again. */
  function powerOff(domain: Domain): void {
    if (domain.state !== 'running') return;
    lifecycle(domain, 'shutdown', 'guest');
    set(domain, 'shutoff', 'shutdown');
    lifecycle(domain, 'stopped', 'shutdown');
  }

  return {
    list: () => [...domains.values()],
    byName: (name) => [...domains.values()].find((domain) => domain.name === name) ?? null,
    byUuid: (uuid) => domains.get(uuid) ?? null,
    nameOf: (uuid) => domains.get(uuid)?.name ?? uuid,
    serial: (uuid) => serials.get(uuid) ?? '',
    add: (domain) => {
      domains.set(domain.uuid, domain);
    },
    change(name, change) {
      const domain = [...domains.values()].find((candidate) => candidate.name === name);
      if (!domain) throw new Error(`the fake host has no domain ${name}`);
      if (change === null) domains.delete(domain.uuid);
      else Object.assign(domain, change);
    },
    define(definition, serialLog) {
      const { name, uuid } = definition;
      const taken = domains.get(uuid) ?? [...domains.values()].find((domain) => domain.name === name);
      if (taken)
        throw new OpsError('exists', `defining ${name}: domain '${taken.name}' already exists with uuid ${taken.uuid}`);
      const domain = newDomain(definition, serialLog);
      domains.set(uuid, domain);
      lifecycle(domain, 'defined', 'added');
    },
    undefine(uuid) {
      const domain = mustFind(uuid);
      if (!domain.persistent) throw wrongState('undefine', domain, 'cannot undefine transient domain');
      domain.persistent = false;
      if (domain.state === 'shutoff') domains.delete(uuid);
      lifecycle(domain, 'undefined', 'removed');
    },
    operate(operation, uuid) {
      const domain = mustFind(uuid);
      const legal: readonly DomainState[] = legalStates[operation];
      if (!legal.includes(domain.state)) {
        throw wrongState(
          operation,
          domain,
          operation === 'start' ? 'domain is already running' : 'domain is not running',
        );
      }
      operations[operation](domain);
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function wrongState(doing: string, { name }: Domain, why: string): OpsError {
  return new OpsError('wrong-state', `${doing} ${name}: Requested operation is not valid: ${why}`, {
    code: 55,
    domain: 10,
    level: 2,
  });
}

function newDomain(definition: NewDomain, serialLog: string): Domain {
  const { name, uuid, vcpus, memoryMiB, metadata, diskPath, seedPath } = definition;
  const seed = { target: 'sda', device: 'cdrom', source: seedPath } as const;
  return {
    name,
    uuid,
    vcpus,
    memoryMiB,
    metadata: structuredClone(metadata),
    disks: [{ target: 'vda', device: 'disk', source: diskPath }, ...(seedPath === null ? [] : [seed])],
    state: 'shutoff',
    reason: 'unknown',
    persistent: true,
    agent: 'disconnected',
    serialLog,
    managedSave: false,
    snapshots: 0,
  };
}
