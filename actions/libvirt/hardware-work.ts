/**
 * Changing what a domain is made of. Every change goes to the running guest and to the definition, so that both agree.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html, functions virDomainSetVcpusFlags to virDomainSetBlockIoTune.
 */
import { OpsError } from '../errors.ts';
import type { HostReader } from '../host.ts';
import type { Hardware, HardwareWork, When } from '../host-hardware.ts';
import { nullIfGone } from './domain-reads.ts';
import type { DomainProfile } from './domain-xml.ts';
import { type GuestCall, type OnGuest, refOf } from './guest-calls.ts';
import {
  diskElement,
  diskXml,
  interfaceElement,
  mediumXml,
  newNicXml,
  parseHardware,
  withBootOrder,
  withLink,
} from './hardware-xml.ts';
import { Impact, impactOf } from './keeping-work.ts';
import type { Rpc } from './rpc.ts';
import type { DomainRef } from './shapes.ts';

/** virDomainXMLFlags */
const XmlFlag = { secure: 1, inactive: 2 } as const;
/** virDomainVcpuFlags and virDomainMemoryModFlags: besides live and config */
const MAXIMUM = 4;
/** virDomainBlockResizeFlags: the size is in bytes */
const IN_BYTES = 1;

export function hardwareReads(connection: () => Promise<Rpc>): Pick<HostReader, 'hardware'> {
  return {
    async hardware(uuid) {
      const [rpc, dom] = [await connection(), refOf(uuid)];
      const about = { doing: `looking at the devices of domain ${uuid}` };
      const read = async (flags: number) =>
        parseHardware((await rpc.call('domainGetXMLDesc', { dom, flags }, about)).xml);
      return nullIfGone(
        Promise.all([rpc.call('domainIsActive', { dom }, about), rpc.call('domainIsPersistent', { dom }, about)]).then(
          async ([{ active }, { persistent }]) => ({
            now: active === 1 ? await read(0) : null,
            next: persistent === 1 ? await read(XmlFlag.inactive) : null,
          }),
        ),
      );
    },
  };
}

export function hardwareWork(onGuest: OnGuest, profile: DomainProfile): HardwareWork {
  return {
    setVcpus: (uuid, count, when) =>
      onGuest(uuid, `giving domain % ${count} vCPUs`, (call) => setVcpus(call, count, when)),
    setMemory: (uuid, memoryMiB, when) =>
      onGuest(uuid, `giving domain % ${memoryMiB} MiB of memory`, (call) => setMemory(call, memoryMiB, when)),
    attachDisk: (uuid, disk) =>
      onGuest(uuid, `attaching disk ${disk.target} to domain %`, (call) => change(call, 'Attach', diskXml(disk))),
    detachDisk: (uuid, target) =>
      onGuest(uuid, `detaching disk ${target} of domain %`, (call) =>
        eachTime(call, 'Detach', (document) => diskElement(document, target)),
      ),
    growDisk: (uuid, target, capacityBytes) =>
      onGuest(uuid, `growing disk ${target} of domain %`, ({ rpc, dom, about }) =>
        rpc.call('domainBlockResize', { dom, disk: target, size: capacityBytes, flags: IN_BYTES }, about),
      ),
    limitDisk: (uuid, target, { iops, bytesPerSecond }) =>
      onGuest(uuid, `limiting disk ${target} of domain %`, async (call) => {
        const params = new Map([
          ['total_bytes_sec', BigInt(bytesPerSecond)],
          ['total_iops_sec', BigInt(iops)],
        ]);
        const flags = await impactOf(call);
        await call.rpc.call('domainSetBlockIoTune', { dom: call.dom, disk: target, params, flags }, call.about);
      }),
    changeMedium: (uuid, target, source) =>
      onGuest(uuid, `changing the medium in drive ${target} of domain %`, async (call) => {
        const drive = (await readNow(call)).disks.find((disk) => disk.target === target);
        if (drive === undefined) throw missing(call, `drive ${target}`);
        await change(call, 'Update', mediumXml(drive, source));
      }),
    attachNic: (uuid, nic) =>
      onGuest(uuid, `attaching network interface ${nic.mac} to domain %`, (call) =>
        change(call, 'Attach', newNicXml(nic, profile)),
      ),
    detachNic: (uuid, mac) =>
      onGuest(uuid, `detaching network interface ${mac} of domain %`, (call) =>
        eachTime(call, 'Detach', (document) => interfaceElement(document, mac)),
      ),
    setLink: (uuid, mac, link) =>
      onGuest(uuid, `setting the link of ${mac} of domain % ${link}`, (call) =>
        eachTime(call, 'Update', (document) => {
          const element = interfaceElement(document, mac);
          return element === null ? null : withLink(element, link);
        }),
      ),
    setBootOrder: (uuid, order) =>
      onGuest(uuid, 'setting the boot order of domain %', async ({ rpc, dom, about }) => {
        const flags = XmlFlag.inactive | XmlFlag.secure;
        const { xml } = await rpc.call('domainGetXMLDesc', { dom, flags }, about);
        await rpc.call('domainDefineXMLFlags', { xml: withBootOrder(xml, order), flags: 0 }, about);
      }),
  };
}

/** The definition's maximum grows with what is asked for and never shrinks: room to plug costs nothing. */
async function setVcpus({ rpc, dom, about }: GuestCall, count: number, when: When): Promise<void> {
  const set = (flags: number) => rpc.call('domainSetVcpusFlags', { dom, count, flags }, about);
  if (when === 'now') {
    await set(Impact.live);
    return;
  }
  const { xml } = await rpc.call('domainGetXMLDesc', { dom, flags: XmlFlag.inactive }, about);
  if (count > parseHardware(xml).maxVcpus) await set(Impact.config | MAXIMUM);
  await set(Impact.config);
}

async function setMemory({ rpc, dom, about }: GuestCall, memoryMiB: number, when: When): Promise<void> {
  const memoryKiB = BigInt(memoryMiB) * 1024n;
  const set = (flags: number) => rpc.call('domainSetMemoryFlags', { dom, memoryKiB, flags }, about);
  if (when === 'now') {
    await set(Impact.live);
    return;
  }
  await set(Impact.config | MAXIMUM); // a smaller maximum takes what the guest has with it
  await set(Impact.config);
}

async function change(call: GuestCall, how: 'Attach' | 'Update', xml: string): Promise<void> {
  const flags = await impactOf(call);
  await call.rpc.call(`domain${how}DeviceFlags`, { dom: call.dom, xml, flags }, call.about);
}

/**
 * Changes a device in the running machine and then in the definition, each by its own words for it; 'not-found' when
 * neither has it. The guest first: when it refuses, nothing has changed.
 */
async function eachTime(
  call: GuestCall,
  how: 'Detach' | 'Update',
  find: (document: string) => string | null,
): Promise<void> {
  const { rpc, dom, about } = call;
  const impact = await impactOf(call);
  let found = false;
  for (const [flag, xmlFlags] of [
    [Impact.live, XmlFlag.secure],
    [Impact.config, XmlFlag.inactive | XmlFlag.secure],
  ] as const) {
    if ((impact & flag) === 0) continue;
    const { xml: document } = await rpc.call('domainGetXMLDesc', { dom, flags: xmlFlags }, about);
    const xml = find(document);
    if (xml === null) continue;
    await rpc.call(`domain${how}DeviceFlags`, { dom, xml, flags: flag }, about);
    found = true;
  }
  if (!found) throw missing(call, 'such device');
}

async function readNow({ rpc, dom, about }: { rpc: Rpc; dom: DomainRef; about: { doing: string } }): Promise<Hardware> {
  return parseHardware((await rpc.call('domainGetXMLDesc', { dom, flags: 0 }, about)).xml);
}

function missing({ about }: GuestCall, what: string): OpsError {
  return new OpsError('not-found', `${about.doing}: it has no ${what}`);
}
