/**
 * What is kept about a domain: Drover's metadata, its description, whether it starts with its host, its name.
 * Sources: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainSetMetadata, #virDomainRename.
 */
import { OpsError } from '../errors.ts';
import type { Host, HostReader } from '../host.ts';
import { nullIfGone } from './domain-reads.ts';
import { type GuestCall, type OnGuest, refOf } from './guest-calls.ts';
import { METADATA_KEY, METADATA_NAMESPACE, metadataElement } from './metadata-xml.ts';
import type { Rpc } from './rpc.ts';

type KeepingWork = Pick<Host, 'setMetadata' | 'setNote' | 'setAutostart' | 'renameDomain'>;

/** virDomainMetadataType */
const MetadataType = { description: 0, element: 2 } as const;
/** virDomainModificationImpact */
export const Impact = { live: 1, config: 2 } as const;

/** Where a change must go to hold now and at the next start. */
export async function impactOf({ rpc, dom, about }: GuestCall): Promise<number> {
  const [{ active }, { persistent }] = await Promise.all([
    rpc.call('domainIsActive', { dom }, about),
    rpc.call('domainIsPersistent', { dom }, about),
  ]);
  return (active === 1 ? Impact.live : 0) | (persistent === 1 ? Impact.config : 0);
}

export function keepingReads(connection: () => Promise<Rpc>): Pick<HostReader, 'keeping'> {
  return {
    async keeping(uuid) {
      const rpc = await connection();
      const about = { doing: `looking at what is kept of domain ${uuid}` };
      const dom = refOf(uuid);
      return nullIfGone(
        Promise.all([
          rpc.call('domainGetAutostart', { dom }, about),
          readNote(rpc.call('domainGetMetadata', { dom, type: MetadataType.description, uri: null, flags: 0 }, about)),
        ]).then(([{ autostart }, note]) => ({ autostart: autostart === 1, note })),
      );
    },
  };
}

/** A domain without a description is an error to libvirt; one that is gone is, too, and that one is told. */
async function readNote(reading: Promise<{ metadata: string }>): Promise<string> {
  try {
    return (await reading).metadata;
  } catch (error) {
    if (error instanceof OpsError && error.libvirt?.code === NO_DOMAIN_METADATA) return '';
    throw error;
  }
}

/** VIR_ERR_NO_DOMAIN_METADATA */
const NO_DOMAIN_METADATA = 80;

export function keepingWork(onGuest: OnGuest): KeepingWork {
  return {
    setMetadata: (uuid, metadata) =>
      onGuest(uuid, 'writing the metadata of domain %', async (call) => {
        const element = { type: MetadataType.element, metadata: metadataElement(metadata).xml };
        await set(call, { ...element, key: METADATA_KEY, uri: METADATA_NAMESPACE });
      }),
    setNote: (uuid, note) =>
      onGuest(uuid, 'writing the description of domain %', (call) =>
        set(call, { type: MetadataType.description, metadata: note === '' ? null : note, key: null, uri: null }),
      ),
    setAutostart: (uuid, on) =>
      onGuest(uuid, 'setting whether domain % starts with its host', ({ rpc, dom, about }) =>
        rpc.call('domainSetAutostart', { dom, autostart: on ? 1 : 0 }, about),
      ),
    renameDomain: (uuid, name) =>
      onGuest(uuid, `renaming domain % to ${name}`, ({ rpc, dom, about }) =>
        rpc.call('domainRename', { dom, newName: name, flags: 0 }, about),
      ),
  };
}

/** Replaces one element or text, and nothing beside it. */
async function set(
  call: GuestCall,
  what: { type: number; metadata: string | null; key: string | null; uri: string | null },
): Promise<void> {
  await call.rpc.call('domainSetMetadata', { dom: call.dom, ...what, flags: await impactOf(call) }, call.about);
}
