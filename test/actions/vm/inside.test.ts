/** Looking inside a VM: what its guest says is shown, bounded and cleaned, and its silence has a reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../actions/host.ts';
import { createFakeHost } from '../../fakes/host.ts';
import { look, operate } from './operate.ts';

const vm = 'web-01';

function hostWith(domain: Partial<Domain> = {}) {
  const host = createFakeHost();
  host.addDomain({ name: vm, serialLog: '/serial/web-01.log', ...domain });
  return host;
}

const agents: [Partial<Domain>, RegExp][] = [
  [{ agent: 'connected' }, /^the agent of web-01 answers$/],
  [{ agent: 'disconnected' }, /not up: not yet, or it is not installed/],
  [{ agent: 'none' }, /without a channel for an agent/],
  [{ state: 'shutoff' }, /is shutoff, so its agent hears nothing/],
  [{ state: 'paused' }, /is paused, so its agent hears nothing/],
];

for (const [domain, says] of agents) {
  test(`the agent of a VM with ${JSON.stringify(domain)}: ${says.source}`, async () => {
    assert.match((await operate({ host: hostWith(domain) }, 'vm.agent', { vm })).summary, says);
  });
}

test('an agent that is up and hangs is another thing than one that is not up', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'hung-01' });
  const { summary, blocks } = await operate({ host }, 'vm.agent', { vm: 'hung-01' });
  assert.equal(summary, 'the agent of hung-01 is up and does not answer');
  assert.match(JSON.stringify(blocks), /no answer within/);
});

test('an agent that answers tells its system and its file systems', async () => {
  const { blocks } = await operate({ host: hostWith() }, 'vm.agent', { vm });
  assert.match(JSON.stringify(blocks), /bookworm.*"\/","10 GiB","20 %"/);
});

test('addresses come from the agent, without its loopback; without any, each source says why', async () => {
  const told = await operate({ host: hostWith() }, 'vm.addresses', { vm });
  assert.deepEqual(told.blocks, [
    {
      kind: 'table',
      columns: ['interface', 'MAC', 'addresses'],
      rows: [['eth0', '52:54:00:00:00:01', '192.0.2.7/24 2001:db8::7/64']],
    },
  ]);
  const silent = await operate({ host: hostWith({ agent: 'none' }) }, 'vm.addresses', { vm });
  assert.equal(silent.summary, 'nobody knows an address of web-01');
  assert.match(JSON.stringify(silent.blocks), /by its agent: QEMU guest agent is not configured.*leases.*none/);
  const off = await operate({ host: hostWith({ state: 'shutoff' }) }, 'vm.addresses', { vm });
  assert.match(off.summary, /is off/);
});

const serial: [string, Record<string, string>, RegExp, string][] = [
  ['one\ntwo\nthree\n', { lines: '2' }, /the last lines of web-01, the last 2 of 3/, 'two\nthree'],
  [
    'an ERROR here\nfine\nerror again\n',
    { search: 'error' },
    /lines with "error" of web-01$/,
    'an ERROR here\nerror again',
  ],
  ['\u001b[31mred\u001b[0m\u0007 text\r\n', {}, /last lines/, 'red text'],
  ['', {}, /has printed nothing$/, ''],
  ['fine', { search: 'panic' }, /nothing with "panic"/, ''],
];

for (const [text, args, says, shown] of serial) {
  test(`the serial console with ${JSON.stringify(text)} and ${JSON.stringify(args)}`, async () => {
    const host = hostWith();
    host.serialTail = async () => text;
    const { summary, blocks } = await operate({ host }, 'vm.serial', { vm, ...args });
    assert.match(summary, says);
    assert.deepEqual(blocks, shown === '' ? [] : [{ kind: 'code', text: shown }]);
  });
}

test('a VM without a serial log says so', async () => {
  const { summary } = await operate({ host: hostWith({ serialLog: null }) }, 'vm.serial', { vm });
  assert.match(summary, /keeps no log/);
});

test('figures are told for a running VM, and none are made up for one that is off', async () => {
  const disks = [{ target: 'vda', device: 'disk', source: '/pools/default/a.qcow2' }] as const;
  const { summary, blocks } = await operate({ host: hostWith({ disks: [...disks] }) }, 'vm.stats', { vm });
  assert.match(summary, /^web-01 uses \d+ % of one CPU and has 1$/);
  assert.match(
    JSON.stringify(blocks),
    /taken of the host","value":"64 MiB".*"vda","0 KiB\/s","0 KiB\/s","196 KiB of 1 MiB"/,
  );
  const off = await operate({ host: hostWith({ state: 'shutoff' }) }, 'vm.stats', { vm });
  assert.deepEqual(off, { summary: 'web-01 is off and uses no CPU and no memory', blocks: [] });
});

for (const action of ['vm.serial', 'vm.stats', 'vm.addresses', 'vm.agent']) {
  test(`${action} changes nothing, and of a VM that is not there says so`, async () => {
    const host = hostWith();
    await operate({ host }, action, { vm });
    assert.deepEqual(host.effects, []);
    const { plan } = await look(createFakeHost(), action, { vm });
    assert.deepEqual(plan, { kind: 'refused', reason: 'there is no VM web-01', hint: 'vm list' });
  });
}
