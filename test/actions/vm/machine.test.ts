/** Disks, network interfaces, CDs and boot orders: each does what its plan says, and its undo leads back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../actions/action.ts';
import type { Domain, Pool } from '../../../actions/host.ts';
import type { Hardware, Nic } from '../../../actions/host-hardware.ts';
import { createFakeHost, type FakeHost } from '../../fakes/host.ts';
import { Crash, look, newJournal, operate, plan, run, UUID } from './operate.ts';

const vm = 'web-01';
const GIB = 1024n ** 3n;
const pathOf = (name: string) => `/pools/default/${name}`;
const nic: Nic = { mac: '52:54:00:aa:bb:cc', kind: 'user', network: null, link: 'up' };
const other: Nic = { mac: '52:54:00:aa:bb:dd', kind: 'network', network: 'back', link: 'up' };

/** Two disks and a CD, running. */
function hostWith(domain: Partial<Domain> = {}, hardware: Partial<Hardware> = {}, pool: Partial<Pool> = {}): FakeHost {
  const host = createFakeHost({
    pools: [{ name: 'default', active: true, capacityBytes: 100n * GIB, availableBytes: 90n * GIB, ...pool }],
  });
  for (const name of ['boot.qcow2', 'data.qcow2', 'spare.qcow2']) host.addVolume({ name });
  for (const name of ['seed.iso', 'other.iso']) host.addVolume({ name, format: 'raw' });
  const name = domain.name ?? vm;
  host.addDomain({
    name,
    disks: [
      { target: 'vda', device: 'disk', source: pathOf('boot.qcow2') },
      { target: 'vdb', device: 'disk', source: pathOf('data.qcow2') },
      { target: 'sda', device: 'cdrom', source: pathOf('seed.iso') },
    ],
    ...domain,
  });
  host.changeHardware(name, { nics: [nic], ...hardware });
  return host;
}

async function machineOf(host: FakeHost, name = vm) {
  const { uuid } = (await host.domain(name)) ?? assert.fail();
  const times = await host.hardware(uuid);
  const volumes = (await host.volumes('default')).map((volume) => [volume.name, volume.capacityBytes]);
  return { times, volumes };
}

const trips: [string, JsonObject, Partial<Hardware>][] = [
  ['vm.disk-add', { volume: 'spare.qcow2' }, {}],
  ['vm.disk-detach', { disk: 'vdb' }, {}],
  ['vm.disk-limit', { iops: '500', rate: '50MiB' }, {}],
  ['vm.nic-add', {}, {}],
  ['vm.nic-add', { network: 'back', mac: '52:54:00:00:00:01' }, {}],
  ['vm.nic-remove', { mac: other.mac }, { nics: [nic, other] }],
  ['vm.nic-link', { down: true }, {}],
  ['vm.cdrom', { eject: true }, {}],
  ['vm.cdrom', { insert: 'other.iso' }, {}],
  ['vm.boot-order', { order: 'network,disk' }, {}],
];

for (const state of ['running', 'shutoff'] as const) {
  for (const [action, args, hardware] of trips) {
    const given = { vm, ...args };
    test(`${action} ${JSON.stringify(args)} of a VM that is ${state} changes it, and its undo leads back`, async () => {
      const host = hostWith({ state }, hardware);
      const before = await machineOf(host);
      const { undo, effects, lost } = await plan(host, action, given);
      assert.ok(effects.length > 0);
      assert.deepEqual(lost, []);
      await operate({ host }, action, given);
      const after = await machineOf(host);
      assert.notDeepEqual(after, before);
      const inNow = after.times?.now ?? after.times?.next;
      if (action !== 'vm.boot-order') assert.deepEqual(inNow?.disks, after.times?.next?.disks);
      assert.ok(undo !== null);
      await operate({ host }, undo.action, undo.args);
      const back = await machineOf(host);
      const sorted = ({ times, volumes }: typeof back) => ({
        ...times?.next,
        nics: times?.next?.nics.map(({ mac }) => mac).sort(),
        disks: times?.next?.disks.map(({ target, source }) => `${target} ${source}`).sort(),
        volumes,
      });
      assert.deepEqual(sorted(back), sorted(before));
      assert.equal((await host.domain(vm))?.state, state);
    });

    test(`${action} ${JSON.stringify(args)} of a VM that is ${state} is done once over a crash or a lost answer`, async () => {
      for (const when of ['before', 'after'] as const) {
        const host = hostWith({ state }, hardware);
        const journal = newJournal();
        const { facts } = await look(host, action, given);
        await assert.rejects(run({ host, crash: { at: 0, when } }, action, given, facts, journal), Crash);
        await run({ host }, action, given, facts, journal);
        const distinct = new Set(host.effects.map(({ method }) => method));
        const repeats = ['vm.disk-limit', 'vm.nic-link', 'vm.boot-order'].includes(action) && when === 'after';
        assert.equal(host.effects.length, repeats ? 2 : 1);
        assert.equal(distinct.size, 1);
      }
    });
  }
}

for (const [action, args] of trips) {
  test(`${action} ${JSON.stringify(args)} of a VM that is not there says so`, async () => {
    const { plan: found } = await look(createFakeHost(), action, { vm, ...args });
    assert.deepEqual(found, { kind: 'refused', reason: `there is no VM ${vm}`, hint: 'vm list' });
  });
}

const NEW_DISK = `web-01-${UUID.slice(0, 8)}-vdc.qcow2`;

test('a new disk is made and attached under a name of its own; its undo keeps the volume', async () => {
  const host = hostWith();
  const found = await plan(host, 'vm.disk-add', { vm, size: '20GiB' });
  assert.deepEqual(found.effects, [
    `Create ${NEW_DISK} of 20 GiB in pool default`,
    `Attach ${NEW_DISK} to web-01 as vdc, now and at every start`,
  ]);
  assert.equal(found.cost.diskGiB, 20);
  await operate({ host }, 'vm.disk-add', { vm, size: '20GiB' });
  assert.equal((await host.volume('default', NEW_DISK))?.capacityBytes, 20n * GIB);
  assert.ok(found.undo !== null);
  await operate({ host }, found.undo.action, found.undo.args);
  assert.ok((await host.volume('default', NEW_DISK)) !== null);
});

test('a new disk that cannot be attached is removed again', async () => {
  const host = hostWith();
  host.fault({ method: 'attachDisk', error: 'failed' });
  await assert.rejects(operate({ host }, 'vm.disk-add', { vm, size: '20GiB' }), { code: 'failed' });
  assert.equal(await host.volume('default', NEW_DISK), null);
});

test('a new disk whose attaching is unclear is left to be found', async () => {
  const host = hostWith();
  host.fault({ method: 'attachDisk', dropBefore: true });
  await assert.rejects(operate({ host, unasked: true }, 'vm.disk-add', { vm, size: '20GiB' }));
  assert.ok((await host.volume('default', NEW_DISK)) !== null);
});

test('a running machine without a free port takes a disk on its SCSI controller', async () => {
  const host = hostWith({}, { freePorts: 0, hasScsi: true });
  await operate({ host }, 'vm.disk-add', { vm, volume: 'spare.qcow2' });
  const { times } = await machineOf(host);
  assert.equal(times?.now?.disks.at(-1)?.target, 'sdb');
});

test('a volume that somebody took since the plan is not attached', async () => {
  const host = hostWith();
  const args = { vm, volume: 'spare.qcow2' };
  const { facts } = await look(host, 'vm.disk-add', args);
  host.addDomain({ name: 'x', disks: [{ target: 'vda', device: 'disk', source: pathOf('spare.qcow2') }] });
  await assert.rejects(run({ host }, 'vm.disk-add', args, facts, newJournal()), { message: /since the plan/ });
});

for (const [action, args] of [
  ['vm.disk-detach', { disk: 'vdb' }],
  ['vm.nic-remove', {}],
] as const) {
  test(`${action}: a guest that does not let go is waited for, and a cancel leaves all as it is`, async () => {
    const host = hostWith({ name: 'deaf-01' });
    const given = { vm: 'deaf-01', ...args };
    const signal = AbortSignal.timeout(300);
    await assert.rejects(operate({ host, signal }, action, given), { code: 'cancelled' });
    const { times } = await machineOf(host, 'deaf-01');
    assert.deepEqual([times?.now?.disks.length, times?.now?.nics.length], [3, 1]);
  });
}

test('a disk grows, running and off, and says that the guest must grow what is on it', async () => {
  for (const state of ['running', 'shutoff'] as const) {
    const host = hostWith({ state });
    const found = await plan(host, 'vm.disk-grow', { vm, size: '40GiB' });
    assert.match(found.effects.join('\n'), /from 10 GiB to 40 GiB[\s\S]*until the guest grows them/);
    assert.deepEqual([found.cost.diskGiB, found.undo], [30, null]);
    await operate({ host }, 'vm.disk-grow', { vm, size: '40GiB' });
    assert.equal((await host.volume('default', 'boot.qcow2'))?.capacityBytes, 40n * GIB);
    assert.equal(host.count(state === 'running' ? 'growDisk' : 'resizeVolume'), 1);
  }
});

interface No {
  action: string;
  args?: JsonObject;
  domain?: Partial<Domain>;
  hardware?: Partial<Hardware>;
  pool?: Partial<Pool>;
  prepare?(host: FakeHost): void;
  reason: RegExp;
  hint?: string;
}

const usedBy = (name: string) => (host: FakeHost) => {
  host.addDomain({ name: 'x', disks: [{ target: 'vda', device: 'disk', source: pathOf(name) }] });
};

const refusals: No[] = [
  { action: 'vm.disk-add', reason: /has a --size/, hint: 'vm disk-add web-01 --size 20GiB' },
  { action: 'vm.disk-add', args: { size: '1GiB', volume: 'spare.qcow2' }, reason: /has a --size/ },
  { action: 'vm.disk-add', args: { size: '1GiB', target: 'vdb' }, reason: /has a disk vdb already/ },
  { action: 'vm.disk-add', args: { size: '1GiB' }, hardware: { freePorts: 0, hasScsi: false }, reason: /no free port/ },
  { action: 'vm.disk-add', args: { size: '1GiB' }, pool: { active: false }, reason: /not active/ },
  { action: 'vm.disk-add', args: { size: '1GiB', pool: 'fast' }, reason: /no pool fast/ },
  { action: 'vm.disk-add', args: { size: '1GiB' }, pool: { availableBytes: 5n }, reason: /has 0 KiB left/ },
  { action: 'vm.disk-add', args: { volume: 'nope' }, reason: /no volume nope/ },
  { action: 'vm.disk-add', args: { volume: 'data.qcow2' }, reason: /a VM uses data.qcow2/ },
  { action: 'vm.disk-add', args: { volume: 'spare.qcow2' }, prepare: usedBy('spare.qcow2'), reason: /a VM uses/ },
  {
    ...{ action: 'vm.disk-add', args: { volume: 'spare.qcow2' } },
    prepare: (host) => host.addVolume({ name: 'overlay', backing: pathOf('spare.qcow2') }),
    reason: /another volume stands on/,
  },
  { action: 'vm.disk-detach', args: { disk: 'vda' }, reason: /boots from/ },
  { action: 'vm.disk-detach', args: { disk: 'vdz' }, reason: /no disk vdz; it has vda, vdb/, hint: '--disk vdb' },
  { action: 'vm.disk-detach', args: { disk: 'sda' }, reason: /no disk sda/ },
  { action: 'vm.disk-grow', args: { size: '5GiB' }, reason: /does not shrink/ },
  { action: 'vm.disk-grow', args: { size: '10GiB' }, reason: /has 10 GiB already/ },
  { action: 'vm.disk-grow', args: { size: '20GiB' }, domain: { snapshots: 1 }, reason: /has snapshots/ },
  { action: 'vm.disk-grow', args: { size: '20GiB' }, prepare: usedBy('boot.qcow2'), reason: /not web-01's alone/ },
  { action: 'vm.disk-grow', args: { size: '20GiB' }, pool: { availableBytes: GIB }, reason: /has 1 GiB left/ },
  {
    ...{ action: 'vm.disk-grow', args: { size: '20GiB' }, reason: /in no pool/ },
    domain: { disks: [{ target: 'vda', device: 'disk', source: '/dev/vg/x' }] },
  },
  { action: 'vm.disk-limit', reason: /these limits: no limit/ },
  { action: 'vm.disk-limit', args: { disk: 'vdq', iops: '1' }, reason: /no disk vdq/ },
  { action: 'vm.nic-add', args: { mac: nic.mac }, reason: /has an interface/ },
  { action: 'vm.nic-add', hardware: { freePorts: 0 }, reason: /no free port/, hint: 'vm stop web-01' },
  {
    action: 'vm.nic-remove',
    hardware: { nics: [nic, other] },
    reason: /has 2 network interfaces/,
    hint: `--mac ${nic.mac}`,
  },
  { action: 'vm.nic-remove', args: { mac: other.mac }, reason: /no network interface 52/ },
  { action: 'vm.nic-remove', hardware: { nics: [] }, reason: /no network interface$/ },
  { action: 'vm.nic-link', reason: /is up already/ },
  { action: 'vm.cdrom', reason: /either put in or taken out/ },
  { action: 'vm.cdrom', args: { insert: 'nope.iso' }, reason: /no volume nope.iso/ },
  { action: 'vm.cdrom', args: { insert: 'seed.iso' }, reason: /in the drive of web-01 already/ },
  { action: 'vm.cdrom', args: { insert: 'spare.qcow2' }, reason: /a CD is an ISO image/ },
  { action: 'vm.cdrom', args: { eject: true }, domain: { disks: [] }, reason: /no CD drive/ },
  { action: 'vm.cdrom', args: { eject: true, drive: 'sdq' }, reason: /no drive sdq; it has sda/ },
  { action: 'vm.boot-order', args: { order: 'disk' }, reason: /boots from hd already/ },
  { action: 'vm.boot-order', args: { order: 'cdrom' }, hardware: { boot: null }, reason: /stands on its devices/ },
  { action: 'vm.boot-order', args: { order: 'cdrom' }, domain: { persistent: false }, reason: /transient/ },
  {
    action: 'vm.disk-limit',
    args: { iops: '1' },
    domain: { state: 'paused' },
    reason: /suspended/,
    hint: 'vm resume web-01',
  },
  {
    action: 'vm.nic-add',
    domain: { state: 'shutoff', managedSave: true },
    reason: /saved memory/,
    hint: 'vm start web-01',
  },
  { action: 'vm.nic-add', domain: { state: 'crashed' }, reason: /is crashed/ },
];

for (const { action, args, domain, hardware, pool, prepare, reason, hint } of refusals) {
  test(`${action} ${JSON.stringify(args ?? {})} is refused: ${reason.source}`, async () => {
    const host = hostWith(domain, hardware, pool);
    prepare?.(host);
    const { plan: found } = await look(host, action, { vm, ...args });
    assert.ok(found.kind === 'refused', JSON.stringify(found));
    assert.match(found.reason, reason);
    if (hint !== undefined) assert.equal(found.hint, hint);
  });
}
