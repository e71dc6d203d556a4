/**
 * Looking inside a domain. What asks the guest's agent goes over the working connection and has a short time: an agent
 * that hangs must not keep those from being asked that do not.
 * Sources: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainGetGuestInfo, #virDomainInterfaceAddresses and
 * #virConnectGetAllDomainStats for the field names.
 */
import { OpsError } from '../errors.ts';
import type { AddressSource, Asked, DiskUsage, GuestAddress, GuestInfo, GuestReads, Usage } from '../host-guest.ts';
import { nullIfGone } from './domain-reads.ts';
import { refOf } from './guest-calls.ts';
import type { ResultOf } from './procedures.ts';
import type { Rpc } from './rpc.ts';
import type { TypedValue } from './shapes.ts';

const AGENT_MS = 10_000;
/** VIR_ERR_AGENT_UNRESPONSIVE, VIR_ERR_AGENT_UNSYNCED, and what an agent is told that knows no such command. */
const silentCodes: readonly number[] = [86, 97];
/** VIR_ERR_ARGUMENT_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED, VIR_ERR_CONFIG_UNSUPPORTED: no agent is configured */
const noAgentCodes: readonly number[] = [74, 84, 67];
/** virDomainInterfaceAddressesSource */
const sources: Record<AddressSource, number> = { lease: 0, agent: 1, arp: 2 };
/** virDomainStatsTypes: CPU 2, balloon 4, interface 16, block 32 */
const USAGE_GROUPS = 2 | 4 | 16 | 32;
const NOWAIT = 1 << 29;

type Params = Map<string, TypedValue>;

export function guestReads(watching: () => Promise<Rpc>, working: () => Promise<Rpc>): GuestReads {
  return {
    guestInfo: async (uuid) => {
      const rpc = await working();
      const about = { doing: `asking the guest agent of domain ${uuid}`, timeoutMs: AGENT_MS };
      // 0: whatever this agent knows. Naming a kind makes libvirt fail where the agent does not have it.
      return ask(rpc.call('domainGetGuestInfo', { dom: refOf(uuid), types: 0, flags: 0 }, about), toGuestInfo);
    },
    addresses: async (uuid, source) => {
      const rpc = await (source === 'agent' ? working() : watching());
      const about = { doing: `asking for the addresses of domain ${uuid}`, timeoutMs: AGENT_MS };
      const args = { dom: refOf(uuid), source: sources[source], flags: 0 };
      return ask(rpc.call('domainInterfaceAddresses', args, about), ({ interfaces }) => interfaces.map(toAddress));
    },
    async usage(uuid) {
      const rpc = await watching();
      const args = { doms: [refOf(uuid)], stats: USAGE_GROUPS, flags: NOWAIT };
      const read = await nullIfGone(rpc.call('connectGetAllDomainStats', args));
      const [record] = read?.records ?? [];
      return record === undefined ? null : toUsage(record.params);
    },
  };
}

async function ask<R, T>(asking: Promise<R>, toValue: (reply: R) => T): Promise<Asked<T>> {
  try {
    return { kind: 'answered', value: toValue(await asking) };
  } catch (error) {
    if (error instanceof OpsError && isSilent(error)) return { kind: 'silent', reason: error.message };
    throw error;
  }
}

function isSilent({ code, libvirt }: OpsError): boolean {
  if (code === 'timed-out') return true;
  return libvirt !== null && (silentCodes.includes(libvirt.code) || noAgentCodes.includes(libvirt.code));
}

const MOST_TEXT = 120;

/** A guest's text: one line, bounded. */
function textOf(params: Params, field: string): string {
  const value = params.get(field);
  return typeof value === 'string' ? clean(value) : '';
}

function clean(text: string): string {
  return text.replace(/\p{C}/gu, '').slice(0, MOST_TEXT);
}

function countOf(params: Params, field: string): number {
  const value = params.get(field);
  return typeof value === 'number' ? value : 0;
}

function bytesOf(params: Params, field: string): bigint {
  return bigintOf(params, field) ?? 0n;
}

function bigintOf(params: Params, field: string): bigint | null {
  const value = params.get(field);
  return typeof value === 'bigint' ? value : null;
}

/** `fs.0.…` to `fs.<count-1>.…`; a guest may claim any count. */
function each<T>(params: Params, group: string, read: (prefix: string) => T): T[] {
  const count = Math.min(countOf(params, `${group}.count`), 64);
  return Array.from({ length: count }, (_, index) => read(`${group}.${index}`));
}

function toGuestInfo({ params }: ResultOf<'domainGetGuestInfo'>): GuestInfo {
  return {
    hostname: textOf(params, 'hostname'),
    os: textOf(params, 'os.pretty-name') || textOf(params, 'os.name'),
    kernel: textOf(params, 'os.kernel-release'),
    timezone: textOf(params, 'timezone.name'),
    users: params.has('user.count') ? countOf(params, 'user.count') : null,
    fileSystems: each(params, 'fs', (prefix) => ({
      mountpoint: textOf(params, `${prefix}.mountpoint`),
      totalBytes: bytesOf(params, `${prefix}.total-bytes`),
      usedBytes: bytesOf(params, `${prefix}.used-bytes`),
    })),
  };
}

function toAddress(found: ResultOf<'domainInterfaceAddresses'>['interfaces'][number]): GuestAddress {
  return {
    interface: clean(found.name),
    mac: clean(found.mac ?? ''),
    addresses: found.addresses.map(({ address, prefix }) => `${clean(address)}/${prefix}`),
  };
}

function toUsage(params: Params): Usage {
  return {
    cpuTimeNs: bigintOf(params, 'cpu.time'),
    balloonKiB: bigintOf(params, 'balloon.current'),
    usableKiB: bigintOf(params, 'balloon.usable') ?? bigintOf(params, 'balloon.unused'),
    residentKiB: bigintOf(params, 'balloon.rss'),
    disks: each(
      params,
      'block',
      (prefix): DiskUsage => ({
        target: textOf(params, `${prefix}.name`),
        readBytes: bytesOf(params, `${prefix}.rd.bytes`),
        writtenBytes: bytesOf(params, `${prefix}.wr.bytes`),
        capacityBytes: bytesOf(params, `${prefix}.capacity`),
        allocationBytes: bytesOf(params, `${prefix}.allocation`),
      }),
    ),
    nics: each(params, 'net', (prefix) => ({
      device: textOf(params, `${prefix}.name`),
      receivedBytes: bytesOf(params, `${prefix}.rx.bytes`),
      sentBytes: bytesOf(params, `${prefix}.tx.bytes`),
    })),
  };
}
