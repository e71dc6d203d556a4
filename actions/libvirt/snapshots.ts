/**
 * Snapshots over RPC.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain-snapshot.html
 */
import { z } from 'zod';
import { OpsError } from '../errors.ts';
import type { HostReader } from '../host.ts';
import type { Hardware } from '../host-hardware.ts';
import type { NewSnapshot, Snapshot, SnapshotWork } from '../host-snapshots.ts';
import { nullIfGone } from './domain-reads.ts';
import { parseDomainXml } from './domain-xml.ts';
import { type GuestCall, type OnGuest, refOf } from './guest-calls.ts';
import { parseHardware } from './hardware-xml.ts';
import type { Rpc } from './rpc.ts';
import type { SnapshotRef } from './shapes.ts';
import { parseXml, xml } from './xml.ts';

/** Memory goes to disk at the disk's speed: a minute or two for a large guest. */
const SLOW_MS = 15 * 60_000;
/** virDomainSnapshotListFlags: for those that were taken within one second */
const PARENTS_FIRST = 1024;
/** virDomainSnapshotCreateFlags */
const Create = { diskOnly: 16, quiesce: 64, atomic: 128 } as const;

const SnapshotXml = z.looseObject({
  domainsnapshot: z.looseObject({
    name: z.string(),
    description: z.string().catch(''),
    state: z.string().catch(''),
    creationTime: z.coerce.number().catch(0),
    parent: z.looseObject({ name: z.string() }).optional().catch(undefined),
    memory: z.looseObject({ '@snapshot': z.string() }).optional().catch(undefined),
    disks: z
      .looseObject({ disk: z.array(z.looseObject({ '@snapshot': z.string().catch('') })).catch([]) })
      .optional()
      .catch(undefined),
  }),
});

export function snapshotReads(
  connection: () => Promise<Rpc>,
): Pick<HostReader, 'snapshots' | 'keptBySnapshot' | 'libvirtVersion'> {
  return {
    async snapshots(uuid) {
      const rpc = await connection();
      const [dom, about] = [refOf(uuid), { doing: `listing the snapshots of domain ${uuid}` }];
      const listed = await nullIfGone(
        rpc.call('domainListAllSnapshots', { dom, needResults: 1, flags: PARENTS_FIRST }, about),
      );
      if (listed === null) return null;
      const current = await nullIfGone(rpc.call('domainSnapshotCurrent', { dom, flags: 0 }, about));
      const read = await Promise.all(
        listed.snaps.map((snap) => nullIfGone(readSnapshot(rpc, snap, current?.snap.name ?? null))),
      );
      return read.filter((snapshot) => snapshot !== null).sort((a, b) => a.createdAt - b.createdAt);
    },
    async keptBySnapshot(uuid, name) {
      const rpc = await connection();
      const document = await nullIfGone(readDocument(rpc, { name, dom: refOf(uuid) }));
      const domain = document === null ? null : domainIn(document);
      if (domain === null) return null;
      return {
        metadata: parseDomainXml(domain).metadata,
        note: parseXml(Described, domain, 'a snapshot').domain.description,
      };
    },
    libvirtVersion: async () => Number((await (await connection()).call('connectGetLibVersion', {})).version),
  };
}

const Described = z.looseObject({ domain: z.looseObject({ description: z.string().catch('') }) });

export function snapshotWork(onGuest: OnGuest): SnapshotWork {
  const named = (
    uuid: string,
    doing: string,
    name: string,
    work: (call: GuestCall, snap: SnapshotRef) => Promise<unknown>,
  ) => onGuest(uuid, doing, (call) => work(call, { name, dom: call.dom }), SLOW_MS);
  return {
    createSnapshot: (uuid, snapshot) =>
      onGuest(
        uuid,
        `taking snapshot ${snapshot.name} of domain %`,
        ({ rpc, dom, about }) =>
          rpc.call('domainSnapshotCreateXML', { dom, xml: snapshotXml(snapshot), flags: flagsOf(snapshot) }, about),
        SLOW_MS,
      ),
    deleteSnapshot: (uuid, name) =>
      named(uuid, `deleting snapshot ${name} of domain %`, name, ({ rpc, about }, snap) =>
        rpc.call('domainSnapshotDelete', { snap, flags: 0 }, about),
      ),
    revertSnapshot: (uuid, name) =>
      named(uuid, `going back to snapshot ${name} of domain %`, name, ({ rpc, about }, snap) =>
        rpc.call('domainRevertToSnapshot', { snap, flags: 0 }, about),
      ),
  };
}

function snapshotXml({ name, description }: NewSnapshot): string {
  return xml`<domainsnapshot><name>${name}</name><description>${description}</description></domainsnapshot>`.xml;
}

function flagsOf({ kind, quiesce }: NewSnapshot): number {
  if (kind === 'internal') return 0;
  return Create.diskOnly | Create.atomic | (quiesce ? Create.quiesce : 0);
}

async function readDocument(rpc: Rpc, snap: SnapshotRef): Promise<string> {
  return (await rpc.call('domainSnapshotGetXMLDesc', { snap, flags: 0 }, { doing: `reading snapshot ${snap.name}` }))
    .xml;
}

async function readSnapshot(rpc: Rpc, snap: SnapshotRef, current: string | null): Promise<Snapshot> {
  const document = await readDocument(rpc, snap);
  const { domainsnapshot: read } = parseXml(SnapshotXml, document, 'a snapshot');
  const external = read.disks?.disk.some((disk) => disk['@snapshot'] === 'external') ?? false;
  const memory = read.memory?.['@snapshot'] ?? 'no';
  return {
    name: read.name,
    parent: read.parent?.name ?? null,
    isCurrent: read.name === current,
    createdAt: read.creationTime,
    state: read.state,
    kind: external || memory === 'external' ? 'external' : 'internal',
    hasMemory: memory !== 'no',
    description: read.description,
    machine: machineIn(document),
  };
}

/** The domain of that time, running or not; null: libvirt before 0.9.5 kept none. */
function domainIn(document: string): string | null {
  return /<domain [\s\S]*?<\/domain>/.exec(document)?.[0] ?? null;
}

function machineIn(document: string): Hardware | null {
  const domain = domainIn(document);
  if (domain === null) return null;
  try {
    return parseHardware(domain);
  } catch (error) {
    if (error instanceof OpsError) return null; // what cannot be read is not gone back to
    throw error;
  }
}
