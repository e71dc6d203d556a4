/**
 * A domain as libvirt's XML: what Drover reads of any domain, and what it writes for a new one.
 * Source: https://libvirt.org/formatdomain.html
 */
import { z } from 'zod';
import type { Domain, DomainDisk, NewDomain } from '../host.ts';
import { Metadata, metadataXml } from './metadata-xml.ts';
import { parseXml, TagText, xml } from './xml.ts';

/** What a host decides for its new domains. */
export interface DomainProfile {
  /** `kvm` needs a proof that this host can boot a guest with it: its capabilities claim it even where it cannot. */
  virtType: 'qemu' | 'kvm';
  network: { kind: 'user' } | { kind: 'network'; name: string };
  /** Directory on the host for the serial ports' logs; null: no logs. */
  serialDir: string | null;
}

/** What a domain's XML says, which is everything that is not state. */
export type DomainDescription = Pick<
  Domain,
  'name' | 'uuid' | 'vcpus' | 'memoryMiB' | 'metadata' | 'disks' | 'agent' | 'serialLog'
>;

const AGENT_CHANNEL = 'org.qemu.guest_agent.0';

/** Elements that may be missing altogether. An empty one reads as ''. */
function devices<T>(device: z.ZodType<T>) {
  return z.array(device).default([]);
}

const Count = z.coerce.number().int().positive();

const DiskSource = z
  .looseObject({
    '@file': z.string().optional(),
    '@dev': z.string().optional(),
    '@pool': z.string().optional(),
    '@volume': z.string().optional(),
  })
  .optional()
  .catch(undefined);

/** '': the end of a chain that is told whole. */
const BackingStore: z.ZodType<'' | { source?: z.output<typeof DiskSource>; backingStore?: unknown }> = z.union([
  z.literal(''),
  z.looseObject({ source: DiskSource, backingStore: z.unknown().optional() }),
]);

const Disk = z
  .looseObject({
    '@device': z.enum(['disk', 'cdrom', 'floppy', 'lun']).catch('disk'),
    driver: z.looseObject({ '@type': z.string().optional() }).optional().catch(undefined),
    source: DiskSource,
    backingStore: z.unknown().optional(),
    target: z.looseObject({ '@dev': z.string() }),
  })
  .transform((disk): DomainDisk => {
    const { '@file': file, '@dev': dev, '@pool': pool, '@volume': name } = disk.source ?? {};
    const stack = chainOf(disk.backingStore);
    const raw = disk['@device'] === 'disk' && disk.driver?.['@type'] === 'raw';
    return {
      target: disk.target['@dev'],
      device: disk['@device'],
      source: file ?? dev ?? null,
      ...(pool !== undefined && name !== undefined ? { named: { pool, name } } : {}),
      ...(raw ? { raw } : {}),
      ...(stack === null || stack.length === 0 ? {} : { stack }),
    };
  });

/** null: the document does not tell the chain to its end. libvirt does so for running domains only. */
function chainOf(store: unknown): string[] | null {
  const told = BackingStore.safeParse(store);
  if (!told.success) return null;
  if (told.data === '') return [];
  const path = told.data.source?.['@file'] ?? told.data.source?.['@dev'];
  const rest = chainOf(told.data.backingStore);
  return path === undefined || rest === null ? null : [path, ...rest];
}

const Channel = z.looseObject({
  target: z
    .looseObject({ '@name': z.string().optional(), '@state': z.string().optional() })
    .optional()
    .catch(undefined),
});

const Serial = z.looseObject({ log: z.looseObject({ '@file': z.string() }).optional().catch(undefined) });

const Vcpu = z.union([
  Count,
  z
    .looseObject({ '#text': Count, '@current': Count.optional() })
    .transform((vcpu) => vcpu['@current'] ?? vcpu['#text']),
]);

const Devices = z.looseObject({ disk: devices(Disk), channel: devices(Channel), serial: devices(Serial) });

const DomainXml = z.looseObject({
  domain: z.looseObject({
    name: z.string(),
    uuid: z.guid(),
    metadata: Metadata,
    memory: TagText.transform(Number).pipe(z.number().int().nonnegative()), // libvirt always answers in KiB
    vcpu: Vcpu,
    devices: z.preprocess((value) => (value === '' ? {} : value), Devices), // '': libvirt's test driver has none
  }),
});

/** Throws `OpsError` 'bad-answer'. */
export function parseDomainXml(document: string): DomainDescription {
  const { domain } = parseXml(DomainXml, document, 'the XML of a domain');
  const agent = domain.devices.channel.find(({ target }) => target?.['@name'] === AGENT_CHANNEL);
  const connected = agent?.target?.['@state'] === 'connected';
  return {
    name: domain.name,
    uuid: domain.uuid,
    vcpus: domain.vcpu,
    memoryMiB: Math.floor(domain.memory / 1024),
    metadata: domain.metadata,
    disks: domain.devices.disk,
    agent: agent === undefined ? 'none' : connected ? 'connected' : 'disconnected',
    serialLog: domain.devices.serial.find(({ log }) => log !== undefined)?.log?.['@file'] ?? null,
  };
}

const ROOT_PORT = '<controller type="pci" model="pcie-root-port"/>';
/**
 * A running q35 machine takes one device in each port that it was started with. libvirt adds what is needed and one
 * more (measured on 9.0.0), so that a second disk could not be plugged in. These are about six and eight to spare.
 * Source: https://libvirt.org/pci-hotplug.html
 */
const ROOT_PORTS = 14;

export function newDomainXml(domain: NewDomain, profile: DomainProfile): string {
  return xml`<domain type="${profile.virtType}">
  <name>${domain.name}</name>
  <uuid>${domain.uuid}</uuid>
  <metadata>${metadataXml(domain.metadata)}</metadata>
  <memory unit="MiB">${domain.memoryMiB}</memory>
  <vcpu>${domain.vcpus}</vcpu>
  <os><type arch="x86_64" machine="q35">hvm</type><boot dev="hd"/></os>
  <features><acpi/><apic/></features>${cpu(profile)}
  <clock offset="utc"/>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <controller type="pci" model="pcie-root"/>${{ xml: ROOT_PORT.repeat(ROOT_PORTS) }}
    <disk type="file" device="disk">
      <driver name="qemu" type="${domain.diskFormat}" discard="unmap"/>
      <source file="${domain.diskPath}"/>
      <target dev="vda" bus="virtio"/>
    </disk>${seed(domain.seedPath)}
    <serial type="pty">${serialLog(domain, profile)}<target port="0"/></serial>
    <channel type="unix"><target type="virtio" name="${AGENT_CHANNEL}"/></channel>
    ${networkInterface(profile)}
    <rng model="virtio"><backend model="random">/dev/urandom</backend></rng>
    <memballoon model="virtio"><stats period="10"/></memballoon>
  </devices>
</domain>`.xml;
}

/** Emulation has no host CPU to copy. */
function cpu({ virtType }: DomainProfile): { xml: string } {
  return virtType === 'kvm' ? xml`\n  <cpu mode="host-model"/>` : { xml: '' };
}

/** On virtio-scsi: Debian's cloud kernel has no driver for SATA, and every other guest kernel in use has this one. */
function seed(path: string | null): { xml: string } {
  if (path === null) return { xml: '' };
  return xml`
    <controller type="scsi" model="virtio-scsi"/>
    <disk type="file" device="cdrom">
      <driver name="qemu" type="raw"/>
      <source file="${path}"/>
      <target dev="sda" bus="scsi"/>
      <readonly/>
    </disk>`;
}

/** One file a domain, begun anew at each boot, so that it does not grow for ever. */
function serialLog({ name, uuid }: NewDomain, { serialDir }: DomainProfile): { xml: string } {
  if (serialDir === null) return { xml: '' };
  return xml`<log file="${serialDir}/${name}-${uuid.slice(0, 8)}.log" append="off"/>`;
}

function networkInterface({ network }: DomainProfile): { xml: string } {
  const model = xml`<model type="virtio"/>`;
  if (network.kind === 'user') return xml`<interface type="user">${model}</interface>`;
  return xml`<interface type="network"><source network="${network.name}"/>${model}</interface>`;
}
