/** Shows one VM as it is now, read from its host when asked. */
import { z } from 'zod';
import type { Block, Field } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import type { Domain, DomainDisk, HostReader, Keeping } from '../host.ts';
import type { Hardware } from '../host-hardware.ts';
import { formatBytes } from '../units.ts';
import { describeDomain, known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import { describeLease } from './lease.ts';
import { tableOf } from './look.ts';

const ShowFacts = z.strictObject({ uuid: z.string() }).nullable();

const agentWords: Record<Domain['agent'], string> = {
  none: 'no channel for one',
  disconnected: 'does not answer',
  connected: 'answers',
};

export const vmShow = defineAction({
  name: 'vm.show',
  summary: 'Show one VM',
  risk: 'read',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm show web-01'],
  facts: ShowFacts,
  targets: oneTarget,
  observe: async ({ vm }, read) => {
    const domain = await read.domain(vm);
    return { facts: domain === null ? null : { uuid: domain.uuid }, info: [] };
  },
  plan: ({ vm }, facts) => {
    if (facts === null) return refuseMissing(vm);
    return { kind: 'plan', effects: [`Show ${vm}`], changes: [], lost: [], cost: NO_COST, undo: null };
  },
  execute: async ({ vm }, ctx) => {
    known(ctx.facts);
    const domain = await ctx.host.domain(vm);
    if (domain === null)
      throw new OpsError('not-found', `looking at ${vm}: it is gone; \`vm list\` shows what there is`);
    const disks = await Promise.all(domain.disks.map((disk) => describeDisk(ctx.host, disk)));
    const [kept, times] = await Promise.all([ctx.host.keeping(domain.uuid), ctx.host.hardware(domain.uuid)]);
    const fields = [...describe(domain, ctx.startedAt), ...describeKept(kept)];
    const blocks: Block[] = [{ kind: 'fields', fields }];
    if (disks.length > 0) blocks.push({ kind: 'table', columns: ['disk', 'kind', 'size', 'file'], rows: disks });
    blocks.push(...describeNics(times?.now ?? times?.next ?? null));
    return { summary: `${vm} is ${domain.state}`, blocks };
  },
});

function describe(domain: Domain, now: number): Field[] {
  const { metadata } = domain;
  const tags = Object.entries(metadata.tags).map(([key, value]) => `${key}=${value}`);
  return [
    ...describeDomain(domain),
    { name: 'UUID', value: domain.uuid },
    { name: 'why in this state', value: domain.reason },
    { name: 'guest agent', value: agentWords[domain.agent] },
    { name: 'tags', value: tags.length === 0 ? 'none' : tags.join(' ') },
    { name: 'lease', value: describeLease(metadata.expires, now) },
    { name: 'protected', value: metadata.protected ? 'yes' : 'no' },
    { name: 'snapshots', value: String(domain.snapshots) },
    { name: 'saved memory', value: domain.managedSave ? 'yes; the next start restores it' : 'no' },
    { name: 'made by request', value: metadata.request === null ? 'none of Drover' : String(metadata.request) },
    ...(domain.persistent ? [] : [{ name: 'transient', value: 'yes; it is gone when it is off' }]),
  ];
}

function describeKept(kept: Keeping | null): Field[] {
  if (kept === null) return [];
  const autostart = { name: 'starts with its host', value: kept.autostart ? 'yes' : 'no' };
  return kept.note === '' ? [autostart] : [autostart, { name: 'note', value: kept.note.slice(0, MOST_NOTE) }];
}

/** Other tools write longer ones. */
const MOST_NOTE = 300;

function describeNics(hardware: Hardware | null): Block[] {
  const rows = hardware?.nics.map(({ mac, kind, network, link }) => [mac, network ?? kind, link]) ?? [];
  return tableOf(['interface', 'network', 'link'], rows);
}

async function describeDisk(read: HostReader, disk: DomainDisk): Promise<string[]> {
  if (disk.source === null) return [disk.target, disk.device, '', 'empty'];
  const volume = await read.volumeByPath(disk.source);
  const size = volume === null ? 'unknown' : formatBytes(volume.capacityBytes);
  return [disk.target, disk.device, size, disk.source];
}
