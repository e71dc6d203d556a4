/**
 * A domain's XML read for what it is made of, and the XML of devices to attach and detach.
 * Source: https://libvirt.org/formatdomain.html
 */
import { z } from 'zod';
import type { Hardware, HardwareDisk, NewDisk, Nic } from '../host-hardware.ts';
import type { DomainProfile } from './domain-xml.ts';
import { parseXml, TagText, xml } from './xml.ts';

const Named = z.looseObject({}).or(z.string());
const KiB = TagText.transform(Number).pipe(z.number().int().nonnegative()); // libvirt always answers in KiB
const Figure = z.coerce.number().nonnegative().catch(0);

/** The parser gives a list only where there is more than one. */
function oneOrMore<T>(item: z.ZodType<T>) {
  return z.preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(item));
}

const Source = z
  .looseObject({
    '@file': z.string().optional(),
    '@dev': z.string().optional(),
    '@network': z.string().optional(),
    '@bridge': z.string().optional(),
  })
  .optional()
  .catch(undefined);

const Address = z.looseObject({ '@type': z.string().optional(), '@bus': z.string().optional() }).optional();

const Disk = z.looseObject({
  '@device': z.enum(['disk', 'cdrom', 'floppy', 'lun']).catch('disk'),
  driver: z.looseObject({ '@type': z.string().catch('') }).catch({ '@type': '' }),
  source: Source,
  target: z.looseObject({ '@dev': z.string(), '@bus': z.string().catch('') }),
  readonly: z.unknown().optional(),
  iotune: z.looseObject({ total_iops_sec: Figure, total_bytes_sec: Figure }).optional().catch(undefined),
  boot: z.unknown().optional(),
  address: Address,
});

const Interface = z.looseObject({
  '@type': z.string(),
  mac: z.looseObject({ '@address': z.string() }),
  source: Source,
  link: z
    .looseObject({ '@state': z.enum(['up', 'down']).catch('up') })
    .optional()
    .catch(undefined),
  boot: z.unknown().optional(),
  address: Address,
});

const Controller = z.looseObject({
  '@type': z.string(),
  '@index': z.string().catch(''),
  '@model': z.string().optional(),
});

const OneVcpu = z.looseObject({ '@enabled': z.string().optional(), '@hotpluggable': z.string().optional() });
const Vcpu = z.union([
  z.coerce.number().transform((count) => ({ max: count, current: count })),
  z
    .looseObject({ '#text': z.coerce.number(), '@current': z.coerce.number().optional() })
    .transform((vcpu) => ({ max: vcpu['#text'], current: vcpu['@current'] ?? vcpu['#text'] })),
]);

const Devices = z.looseObject({
  disk: oneOrMore(Disk),
  interface: oneOrMore(Interface),
  controller: oneOrMore(Controller),
});

const HardwareXml = z.looseObject({
  domain: z.looseObject({
    memory: KiB,
    currentMemory: KiB.optional(),
    vcpu: Vcpu,
    vcpus: z
      .looseObject({ vcpu: oneOrMore(OneVcpu) })
      .optional()
      .catch(undefined),
    os: z.looseObject({ boot: oneOrMore(z.looseObject({ '@dev': z.string() })) }).or(Named),
    devices: z.preprocess((value) => (value === '' ? {} : value), Devices),
  }),
});

/** Throws `OpsError` 'bad-answer'. */
export function parseHardware(document: string): Hardware {
  const { domain } = parseXml(HardwareXml, document, 'the XML of a domain');
  const { devices, memory, vcpu } = domain;
  const plugged = domain.vcpus?.vcpu.filter((one) => one['@enabled'] === 'yes' && one['@hotpluggable'] === 'yes');
  const perDevice = [...devices.disk, ...devices.interface].some(({ boot }) => boot !== undefined);
  const boot = BootOrder.parse(domain.os).boot.map((device) => device['@dev']);
  return {
    vcpus: vcpu.current,
    maxVcpus: vcpu.max,
    pluggedVcpus: plugged?.length ?? 0,
    memoryMiB: Math.floor((domain.currentMemory ?? memory) / 1024),
    maxMemoryMiB: Math.floor(memory / 1024),
    disks: devices.disk.map(toDisk),
    nics: devices.interface.map(toNic),
    boot: perDevice ? null : boot,
    freePorts: countFreePorts(devices.controller, document),
    hasScsi: devices.controller.some((controller) => controller['@type'] === 'scsi'),
  };
}

const BootOrder = z.looseObject({ boot: oneOrMore(z.looseObject({ '@dev': z.string() })) }).catch({ boot: [] });

function toDisk(disk: z.infer<typeof Disk>): HardwareDisk {
  return {
    target: disk.target['@dev'],
    device: disk['@device'],
    bus: disk.target['@bus'],
    source: disk.source?.['@file'] ?? disk.source?.['@dev'] ?? null,
    format: disk.driver['@type'],
    readOnly: disk.readonly !== undefined,
    limits: { iops: disk.iotune?.total_iops_sec ?? 0, bytesPerSecond: disk.iotune?.total_bytes_sec ?? 0 },
  };
}

function toNic(nic: z.infer<typeof Interface>): Nic {
  return {
    mac: nic.mac['@address'],
    kind: nic['@type'],
    network: nic.source?.['@network'] ?? nic.source?.['@bridge'] ?? null,
    link: nic.link?.['@state'] ?? 'up',
  };
}

/** A PCIe machine takes one device in each root port, and no more than it was started with. */
function countFreePorts(controllers: z.infer<typeof Controller>[], document: string): number | null {
  if (!controllers.some((controller) => controller['@model'] === 'pcie-root')) return null;
  const ports = controllers.filter((controller) => controller['@model'] === 'pcie-root-port');
  const used = new Set(
    [...document.matchAll(/<address type='pci'[^>]* bus='(0x[0-9a-f]+)'/g)].map(([, bus]) => Number(bus)),
  );
  return ports.filter((port) => !used.has(Number(port['@index']))).length;
}

export function diskXml({ target, bus, source, format }: NewDisk): string {
  return xml`<disk type="file" device="disk">
  <driver name="qemu" type="${format}" discard="unmap"/><source file="${source}"/><target dev="${target}" bus="${bus}"/>
</disk>`.xml;
}

export function mediumXml({ target, bus, device }: HardwareDisk, source: string | null): string {
  const from = source === null ? { xml: '' } : xml`<source file="${source}"/>`;
  return xml`<disk type="file" device="${device}">
  <driver name="qemu" type="raw"/>${from}<target dev="${target}" bus="${bus}"/><readonly/>
</disk>`.xml;
}

export function newNicXml(nic: { mac: string; network: string | null }, { network }: DomainProfile): string {
  const into = nic.network ?? (network.kind === 'network' ? network.name : null);
  const mac = xml`<mac address="${nic.mac}"/><model type="virtio"/>`;
  if (into === null) return xml`<interface type="user">${mac}</interface>`.xml;
  return xml`<interface type="network">${mac}<source network="${into}"/></interface>`.xml;
}

/** The device's own element, as libvirt writes it; null: not there. Elements of devices do not stand in each other. */
export function diskElement(document: string, target: string): string | null {
  const elements = document.match(/<disk [\s\S]*?<\/disk>/g) ?? [];
  return elements.find((element) => element.includes(`<target dev='${target}'`)) ?? null;
}

export function interfaceElement(document: string, mac: string): string | null {
  const elements = document.match(/<interface [\s\S]*?<\/interface>/g) ?? [];
  return elements.find((element) => element.includes(`<mac address='${mac}'/>`)) ?? null;
}

export function withLink(element: string, link: Nic['link']): string {
  const without = element.replace(/\s*<link state='[a-z]+'\/>/, '');
  return without.replace('</interface>', `<link state='${link}'/></interface>`);
}

/** The whole definition with another boot order; the rest stays byte for byte. */
export function withBootOrder(document: string, order: readonly string[]): string {
  const lines = order.map((device) => `<boot dev='${device}'/>`).join('');
  return document.replace(/<os>([\s\S]*?)<\/os>/, (_whole, inside: string) => {
    return `<os>${inside.replaceAll(/\s*<boot dev='[a-z]+'\/>/g, '')}${lines}</os>`;
  });
}
