/**
 * Reading domains and their figures. Nothing here waits for a guest: state comes from the daemon's memory.
 * Sources: https://libvirt.org/html/libvirt-libvirt-domain.html#virConnectGetAllDomainStats and
 * #virConnectListAllDomains for the flags.
 */
import { OpsError } from '../errors.ts';
import type { Domain, DomainStats } from '../host.ts';
import { parseDomainXml } from './domain-xml.ts';
import type { Rpc } from './rpc.ts';
import type { DomainRef, StatsRecord, TypedValue } from './shapes.ts';
import { stateWords } from './words.ts';

const StatsGroup = { state: 1, cpuTotal: 2, balloon: 4, vcpu: 8 } as const;
/** Leaves out what a busy guest would have to be asked for, instead of waiting for it. */
const STATS_NOWAIT = 1 << 29;
/** As many as a connection has places; below 50 domains a part costs more than it gains. */
const STATS_PARTS = 4;
const STATS_PART_MIN = 50;
const ListFlag = { transient: 8, managedSave: 256, hasSnapshot: 4096 } as const;

type Params = Map<string, TypedValue>;

/** Null when `ref` is gone. */
export async function readDomain(rpc: Rpc, ref: DomainRef): Promise<Domain | null> {
  const about = { dom: ref, flags: 0 };
  return nullIfGone(
    Promise.all([
      rpc.call('domainGetState', about),
      rpc.call('domainGetXMLDesc', about),
      rpc.call('domainIsPersistent', { dom: ref }),
      rpc.call('domainHasManagedSaveImage', about),
      rpc.call('domainSnapshotNum', about),
    ]).then(([state, { xml }, { persistent }, save, snapshots]) => ({
      ...parseDomainXml(xml),
      ...stateWords(state.state, state.reason),
      persistent: persistent === 1,
      managedSave: save.result === 1,
      snapshots: snapshots.count,
    })),
  );
}

/** All domains: one call for the states, three for what few domains have, one a domain for its XML. */
export async function readDomains(rpc: Rpc): Promise<Domain[]> {
  const [records, transient, saved, withSnapshots] = await Promise.all([
    readAllStats(rpc, StatsGroup.state, STATS_NOWAIT),
    listUuids(rpc, ListFlag.transient),
    listUuids(rpc, ListFlag.managedSave),
    listUuids(rpc, ListFlag.hasSnapshot),
  ]);
  const domains = await Promise.all(
    records.map(({ domain, params }) => {
      const state = readState(params);
      return nullIfGone(
        Promise.all([
          rpc.call('domainGetXMLDesc', { dom: domain, flags: 0 }).then(({ xml }) => parseDomainXml(xml)),
          withSnapshots.has(domain.uuid) ? rpc.call('domainSnapshotNum', { dom: domain, flags: 0 }) : { count: 0 },
        ]).then(([description, { count }]) => ({
          ...description,
          ...state,
          persistent: !transient.has(domain.uuid),
          managedSave: saved.has(domain.uuid),
          snapshots: count,
        })),
      );
    }),
  );
  return domains.filter((domain) => domain !== null);
}

export async function readStats(rpc: Rpc): Promise<DomainStats[]> {
  const groups = StatsGroup.state | StatsGroup.cpuTotal | StatsGroup.balloon | StatsGroup.vcpu;
  const records = await readAllStats(rpc, groups, STATS_NOWAIT);
  return records.map(({ domain, params }) => {
    const { state } = readState(params);
    const runs = state !== 'shutoff' && state !== 'crashed';
    return {
      name: domain.name,
      uuid: domain.uuid,
      state,
      cpuTimeNs: runs ? bigintOf(params, 'cpu.time') : null,
      balloonKiB: bigintOf(params, 'balloon.current'),
      vcpus: numberOf(params, 'vcpu.current'),
    };
  });
}

/**
 * Lists all domains and asks for their statistics in parts, which the daemon works on side by side: with two cores
 * half the time of one call for all. `groups` 0: all groups. Domains that end meanwhile are left out.
 */
export async function readAllStats(rpc: Rpc, groups: number, flags: number): Promise<StatsRecord[]> {
  const { domains } = await rpc.call('connectListAllDomains', { needResults: 1, flags: 0 });
  if (domains.length === 0) return []; // to libvirt, no domains given means all
  const size = Math.max(STATS_PART_MIN, Math.ceil(domains.length / STATS_PARTS));
  const parts = Array.from({ length: Math.ceil(domains.length / size) }, (_, i) =>
    domains.slice(i * size, (i + 1) * size),
  );
  const replies = await Promise.all(
    parts.map((doms) => rpc.call('connectGetAllDomainStats', { doms, stats: groups, flags })),
  );
  return replies.flatMap(({ records }) => records);
}

async function listUuids(rpc: Rpc, flags: number): Promise<Set<string>> {
  const { domains } = await rpc.call('connectListAllDomains', { needResults: 1, flags });
  return new Set(domains.map(({ uuid }) => uuid));
}

function readState(params: Params) {
  return stateWords(numberOf(params, 'state.state') ?? 0, numberOf(params, 'state.reason') ?? 0);
}

function numberOf(params: Params, field: string): number | null {
  const value = params.get(field);
  return typeof value === 'number' ? value : null;
}

function bigintOf(params: Params, field: string): bigint | null {
  const value = params.get(field);
  return typeof value === 'bigint' ? value : null;
}

/** Looking up what does not exist, or what ends while it is read, gives null. */
export async function nullIfGone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof OpsError && error.code === 'not-found') return null;
    throw error;
  }
}
