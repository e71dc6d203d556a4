/** Domain and volume XML: what Drover writes it reads back, and what others write cannot hurt it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NewDomain } from '../../../actions/host.ts';
import { type DomainProfile, newDomainXml, parseDomainXml } from '../../../actions/libvirt/domain-xml.ts';
import { newVolumeXml, parseVolumeXml } from '../../../actions/libvirt/volume-xml.ts';
import { escapeXml } from '../../../actions/libvirt/xml.ts';

const profile: DomainProfile = { virtType: 'qemu', network: { kind: 'user' }, serialDir: '/var/log/drover' };
const web: NewDomain = {
  name: 'web-01',
  uuid: '0f0d9d0a-3b1c-4c55-9a0e-6f3c9b0a1d2e',
  vcpus: 2,
  memoryMiB: 512,
  metadata: { owner: 'team-a', expires: null, tags: {}, protected: false, request: null },
  diskPath: '/pools/default/web-01.qcow2',
  diskFormat: 'qcow2',
  seedPath: null,
};

/** Any text that XML can carry; what is at the ends of it is trimmed by the parser, as by libvirt's users. */
const anyText = fc
  .string({ unit: 'grapheme', maxLength: 63 })
  .filter((text) => text === text.trim() && !/[\p{Cc}\ufffe\uffff]|\p{Surrogate}/u.test(text));
const tagName = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);

/** libvirt answers in KiB. */
const asLibvirt = (xml: string) =>
  xml.replace(/<memory unit="MiB">(\d+)</, (_, mib) => `<memory unit='KiB'>${Number(mib) * 1024}<`);

test('a new domain reads back as it was written, whatever its owner and tags are called', () => {
  const metadata = fc.record(
    {
      owner: anyText,
      expires: fc.constantFrom(null, '2027-01-02T03:04:05Z'),
      tags: fc.dictionary(tagName, anyText, { noNullPrototype: true }),
      protected: fc.boolean(),
      request: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(metadata, anyText, (metadata, diskPath) => {
      const back = parseDomainXml(asLibvirt(newDomainXml({ ...web, metadata, diskPath }, profile)));
      assert.deepEqual(back, {
        name: 'web-01',
        uuid: web.uuid,
        vcpus: 2,
        memoryMiB: 512,
        metadata,
        disks: [{ target: 'vda', device: 'disk', source: diskPath }],
        agent: 'disconnected',
        serialLog: '/var/log/drover/web-01-0f0d9d0a.log',
      });
    }),
  );
});

test('no value can add an element', () => {
  const evil = `"/><devices><hostdev/></devices>'&lt;`;
  const xml = newDomainXml({ ...web, name: evil, diskPath: evil, metadata: { ...web.metadata, owner: evil } }, profile);
  assert.doesNotMatch(xml, /<hostdev/);
  assert.equal(parseDomainXml(asLibvirt(xml)).name, evil);
});

test('characters that XML cannot carry are refused', () => {
  for (const text of ['\u0000', '\u001b[31m', '\ud800', '\uffff'])
    assert.throws(() => escapeXml(text), { code: 'failed' });
});

test('the profile decides type, network, log and CPU', () => {
  const emulated = newDomainXml(web, { ...profile, serialDir: null });
  assert.match(emulated, /<domain type="qemu">/);
  assert.match(emulated, /<interface type="user">/);
  assert.doesNotMatch(emulated, /<log |<cpu /);
  const real = newDomainXml(
    { ...web, seedPath: '/seed.iso' },
    { ...profile, virtType: 'kvm', network: { kind: 'network', name: 'lab&1' } },
  );
  assert.match(real, /<domain type="kvm">/);
  assert.match(real, /<cpu mode="host-model"\/>/);
  assert.match(real, /<source network="lab&amp;1"\/>/);
  assert.match(real, /<target dev="sda" bus="scsi"\/>/);
});

const foreign = (inner: string, devices = '') => `<domain type='kvm' id='3'><name>db</name><uuid>${web.uuid}</uuid>
  <memory unit='KiB'>1048577</memory><vcpu placement='static' current='2'>4</vcpu>${inner}<devices>${devices}</devices></domain>`;

test("a domain of somebody else's is read as far as it goes", () => {
  const devices = `<disk type='block' device='lun'><source dev='/dev/sdb'/><target dev='sda' bus='scsi'/></disk>
    <disk type='file' device='cdrom'><target dev='sdb'/></disk>
    <disk type='network' device='disk'><source protocol='rbd' name='p/i'/><target dev='vda'/></disk>
    <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
    <serial type='pty'><target port='0'/></serial>`;
  assert.deepEqual(parseDomainXml(foreign('', devices)), {
    name: 'db',
    uuid: web.uuid,
    vcpus: 2,
    memoryMiB: 1024,
    metadata: { owner: '', expires: null, tags: {}, protected: false, request: null },
    disks: [
      { target: 'sda', device: 'lun', source: '/dev/sdb' },
      { target: 'sdb', device: 'cdrom', source: null },
      { target: 'vda', device: 'disk', source: null },
    ],
    agent: 'connected',
    serialLog: null,
  });
});

test('metadata that is not in order is nobody’s, never an error', () => {
  const nobodys = { owner: '', expires: null, tags: {}, protected: false, request: null };
  const cases: [string, Partial<typeof nobodys> | object][] = [
    [`<metadata><other:vm xmlns:other='urn:other'/></metadata>`, {}],
    [`<metadata><drover:vm xmlns:drover='urn:somebody:else' owner='x'/></metadata>`, {}],
    [
      `<metadata><drover:vm xmlns:drover='urn:drover:vm:1' owner='x' expires='soon' request='-1'/></metadata>`,
      { owner: 'x' },
    ],
    [
      `<metadata><drover:vm xmlns:drover='urn:drover:vm:1' owner='x'><drover:tag/></drover:vm></metadata>`,
      { owner: 'x' },
    ],
    [`<metadata/>`, {}],
  ];
  for (const [metadata, known] of cases) {
    assert.deepEqual(parseDomainXml(foreign(metadata)).metadata, { ...nobodys, ...known }, metadata);
  }
});

test('what is not the XML of a domain is a bad answer', () => {
  for (const xml of [
    '',
    'no XML',
    '<domain/>',
    '<network><name>x</name></network>',
    foreign('').replace(web.uuid, 'x'),
  ]) {
    assert.throws(() => parseDomainXml(xml), { code: 'bad-answer' }, xml);
  }
  fc.assert(
    fc.property(fc.string(), (xml) => {
      assert.throws(() => parseDomainXml(xml), { code: 'bad-answer' });
    }),
  );
});

test('a volume reads back, with the path of what it stands on', () => {
  const volume = {
    pool: 'default',
    name: 'a&b.qcow2',
    format: 'qcow2',
    capacityBytes: 10n * 1024n ** 3n,
    backing: { name: 'base.qcow2', format: 'qcow2' },
  } as const;
  const xml = newVolumeXml(volume, '/pools/default/ba<se.qcow2');
  const asAnswered = xml.replace('<target>', '<target><path>/pools/default/a&amp;b.qcow2</path>');
  assert.deepEqual(parseVolumeXml('default', asAnswered), {
    pool: 'default',
    name: 'a&b.qcow2',
    path: '/pools/default/a&b.qcow2',
    format: 'qcow2',
    capacityBytes: 10n * 1024n ** 3n,
    allocationBytes: 0n,
    backing: '/pools/default/ba<se.qcow2',
  });
  assert.doesNotMatch(newVolumeXml({ ...volume, backing: null }, null), /backingStore/);
});
