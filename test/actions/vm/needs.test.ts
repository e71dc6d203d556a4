/** Who else needs a volume: whatever cannot be told keeps it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainDisk } from '../../../actions/host.ts';
import { parseDomainXml } from '../../../actions/libvirt/domain-xml.ts';
import { whoNeeds } from '../../../actions/vm/needs.ts';
import { createFakeHost } from '../../fakes/host.ts';

const VOLUME = { pool: 'default', path: '/pools/default/web-01.qcow2' };
const disk = (more: Partial<DomainDisk>): DomainDisk => ({ target: 'vda', device: 'disk', source: null, ...more });

const cases: [string, DomainDisk, string | null][] = [
  ['the same path', disk({ source: VOLUME.path }), 'used'],
  ['the same path, written in another way', disk({ source: '/pools/default/../default/web-01.qcow2' }), 'used'],
  ['the volume by its name', disk({ named: { pool: 'default', name: 'web-01.qcow2' } }), 'used'],
  [
    'a volume of that name in a pool that is not there',
    disk({ named: { pool: 'gone', name: 'web-01.qcow2' } }),
    'unclear',
  ],
  ['a chain that stands on it', disk({ source: '/srv/top.qcow2', stack: ['/srv/mid.qcow2', VOLUME.path] }), 'backing'],
  [
    'a chain that is known whole and stands on another',
    disk({ source: '/srv/top.qcow2', stack: ['/srv/base.qcow2'] }),
    null,
  ],
  ['an overlay outside every pool', disk({ source: '/srv/other.qcow2' }), 'unclear'],
  ['a raw file outside every pool', disk({ source: '/srv/other.raw', raw: true }), null],
  [
    'a raw file of that name in a directory that may be a link',
    disk({ source: '/srv/web-01.qcow2', raw: true }),
    'unclear',
  ],
  ['a block device', disk({ source: '/dev/vg0/other' }), null],
  ['an overlay in the pool', disk({ source: '/pools/default/over.qcow2' }), 'backing'],
  ['an overlay in the pool that the host has not seen yet', disk({ source: '/pools/default/unseen.qcow2' }), 'unclear'],
  ['an empty drive', disk({ device: 'cdrom' }), null],
];

for (const [what, other, need] of cases) {
  test(`when another VM has ${what}, the volume is ${need === null ? 'free' : `kept as ${need}`}`, async () => {
    const host = createFakeHost();
    host.addVolume({ name: 'web-01.qcow2' });
    if (other.source === '/pools/default/over.qcow2') host.addVolume({ name: 'over.qcow2', backing: VOLUME.path });
    host.addDomain({ name: 'other', disks: [other] });
    assert.equal(await whoNeeds(VOLUME, 'nobody', host), need);
  });
}

test('libvirt names volumes, formats and whole chains in ways that are read', () => {
  const { disks } = parseDomainXml(`<domain type="kvm"><name>x</name>
    <uuid>6f8f8d0e-2b7e-4c39-9d3e-0a4b0f9f1a01</uuid><memory unit="KiB">1024</memory><vcpu>1</vcpu><devices>
    <disk type="volume" device="disk"><driver name="qemu" type="qcow2"/><source pool="default" volume="a.qcow2"/><target dev="vda"/></disk>
    <disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="/b.raw"/><target dev="vdb"/></disk>
    <disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="/c.qcow2"/>
      <backingStore type="file"><format type="qcow2"/><source file="/d.qcow2"/><backingStore/></backingStore><target dev="vdc"/></disk>
    <disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="/e.qcow2"/>
      <backingStore type="file"><format type="qcow2"/><source file="/f.qcow2"/></backingStore><target dev="vdd"/></disk>
    </devices></domain>`);
  assert.deepEqual(disks, [
    { target: 'vda', device: 'disk', source: null, named: { pool: 'default', name: 'a.qcow2' } },
    { target: 'vdb', device: 'disk', source: '/b.raw', raw: true },
    { target: 'vdc', device: 'disk', source: '/c.qcow2', stack: ['/d.qcow2'] },
    { target: 'vdd', device: 'disk', source: '/e.qcow2' },
  ]);
});
