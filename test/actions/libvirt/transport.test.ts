/** Where a libvirt URI leads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUri } from '../../../actions/libvirt/transport.ts';

const cases: { uri: string; driver: string; sockets: string[] }[] = [
  {
    uri: 'qemu:///system',
    driver: 'qemu:///system',
    sockets: ['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'],
  },
  {
    uri: 'qemu:///session',
    driver: 'qemu:///session',
    sockets: ['/run/user/7/libvirt/virtqemud-sock', '/run/user/7/libvirt/libvirt-sock'],
  },
  { uri: 'qemu+unix:///session?socket=/tmp/a/sock', driver: 'qemu:///session', sockets: ['/tmp/a/sock'] },
  { uri: 'test+unix:///default?socket=/tmp/a%20b', driver: 'test:///default', sockets: ['/tmp/a b'] },
];

for (const { uri, driver, sockets } of cases) {
  test(`${uri} leads to ${sockets.join(' or ')}`, () => {
    assert.deepEqual(parseUri(uri, '/run/user/7'), { uri, driver, sockets });
  });
}

for (const uri of ['qemu+ssh://host/system', 'qemu+tls://host/system', 'qemu://host/system', '', 'qemu', 'http://x']) {
  test(`"${uri}" is unsupported`, () => {
    assert.throws(() => parseUri(uri), { code: 'unsupported' });
  });
}
