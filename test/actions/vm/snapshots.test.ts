/** Snapshots: taken, listed, deleted, pruned and gone back to, around the traps that libvirt 9.0 has there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../actions/action.ts';
import type { Domain } from '../../../actions/host.ts';
import type { Hardware } from '../../../actions/host-hardware.ts';
import type { Snapshot } from '../../../actions/host-snapshots.ts';
import { createFakeHost, type FakeHost } from '../../fakes/host.ts';
import { Crash, look, newJournal, operate, plan, run, STARTED_AT, UUID } from './operate.ts';

const vm = 'web-01';
const SAFETY = `before-revert-${UUID.slice(0, 8)}`;
const DAY = 86_400;
const metadata = { owner: 'tom', expires: null, tags: { env: 'dev' }, protected: false, request: 3 };

interface World {
  domain?: Partial<Domain>;
  hardware?: Partial<Hardware>;
  snapshots?: (Partial<Snapshot> & { name: string })[];
  libvirtVersion?: number;
  availableBytes?: bigint;
}

function hostWith({ domain, hardware, snapshots = [], libvirtVersion = 9_000_000, availableBytes }: World): FakeHost {
  const pool = {
    name: 'default',
    active: true,
    capacityBytes: 10n ** 12n,
    availableBytes: availableBytes ?? 10n ** 12n,
  };
  const host = createFakeHost({ libvirtVersion, pools: [pool] });
  host.addVolume({ name: 'boot.qcow2' });
  const disks = [{ target: 'vda', device: 'disk', source: '/pools/default/boot.qcow2' }] as const;
  host.addDomain({ name: vm, metadata, disks: [...disks], ...domain });
  for (const snapshot of snapshots) host.addSnapshot(vm, snapshot);
  if (hardware !== undefined) host.changeHardware(vm, hardware);
  return host;
}

async function snapshotsOf(host: FakeHost): Promise<string[]> {
  const { uuid } = (await host.domain(vm)) ?? assert.fail();
  return ((await host.snapshots(uuid)) ?? []).map(({ name }) => name);
}

for (const state of ['running', 'shutoff', 'paused'] as const) {
  test(`a snapshot of a VM that is ${state} is taken once over a crash, and its undo deletes it`, async () => {
    for (const when of ['before', 'after'] as const) {
      const host = hostWith({ domain: { state } });
      const args = { vm, name: 's1' };
      const { facts } = await look(host, 'vm.snapshot', args);
      const { undo } = await plan(host, 'vm.snapshot', args);
      const journal = newJournal();
      await assert.rejects(run({ host, crash: { at: 0, when } }, 'vm.snapshot', args, facts, journal), Crash);
      assert.equal((await run({ host }, 'vm.snapshot', args, facts, journal)).summary, 'web-01 has the snapshot s1');
      assert.equal(host.count('createSnapshot'), 1);
      assert.ok(undo !== null);
      await operate({ host }, undo.action, undo.args);
      assert.deepEqual(await snapshotsOf(host), []);
    }
  });
}

test('a snapshot without a name is called by the time of asking', async () => {
  const host = hostWith({});
  await operate({ host }, 'vm.snapshot', { vm });
  assert.deepEqual(await snapshotsOf(host), ['2026-11-22-120000']);
});

const effects: [string, World, JsonObject, RegExp][] = [
  ['running', {}, {}, /^Freeze web-01 while 1 GiB of memory/],
  ['off', { domain: { state: 'shutoff' } }, {}, /^Keep the disks of web-01 as they are, inside/],
  ['disks only with an agent', {}, { diskOnly: true }, /^Have the guest of web-01 write out/],
  ['disks only without one', { domain: { agent: 'none' } }, { diskOnly: true }, /as after a power cut/],
  ['disks only on libvirt 9.0', {}, { diskOnly: true }, /libvirt 9\.0\.0 cannot go back to it/],
];

for (const [what, world, args, effect] of effects) {
  test(`a snapshot, ${what}, says what it is: ${effect.source}`, async () => {
    const found = await plan(hostWith(world), 'vm.snapshot', { vm, name: 's1', ...args });
    assert.match(found.effects.join('\n'), new RegExp(effect.source.replace(/^\^/, '(^|\\n)')));
  });
}

const inside = { name: 'i1', kind: 'internal' } as const;
const outside = { name: 'e1', kind: 'external', hasMemory: false, state: 'disk-snapshot' } as const;
const raw = {
  disks: [
    {
      target: 'vda',
      device: 'disk',
      bus: 'virtio',
      source: '/pools/default/boot.qcow2',
      format: 'raw',
      readOnly: false,
      limits: { iops: 0, bytesPerSecond: 0 },
    },
  ],
} satisfies Partial<Hardware>;

const refusals: [string, JsonObject, World, RegExp][] = [
  ['vm.snapshot', { name: 'i1' }, { snapshots: [inside] }, /has a snapshot i1 already/],
  ['vm.snapshot', {}, { domain: { state: 'crashed' } }, /is crashed/],
  ['vm.snapshot', {}, { domain: { state: 'shutoff', managedSave: true } }, /saved memory/],
  ['vm.snapshot', {}, { hardware: { pluggedVcpus: 1 } }, /plugged vCPUs; going back .* would fail and leave it off/],
  ['vm.snapshot', {}, { hardware: raw }, /vda of web-01 is not qcow2/],
  ['vm.snapshot', {}, { availableBytes: 1024n ** 2n }, /takes 1 GiB, and its pool has 1 MiB left/],
  ['vm.snapshot', {}, { snapshots: [outside] }, /external snapshots/],
  ['vm.snapshot', { diskOnly: true }, { snapshots: [inside] }, /cannot delete an external one above/],
  ['vm.snapshot', { diskOnly: true }, { libvirtVersion: 8_010_000 }, /libvirt 8\.10\.0 cannot delete external/],
  ['vm.snapshot', { diskOnly: true }, { domain: { state: 'shutoff' } }, /has the disks only anyway/],
  ['vm.snapshot-delete', { name: 'nope' }, { snapshots: [inside] }, /no snapshot nope/],
  ['vm.snapshot-delete', { name: 'e1' }, { snapshots: [inside, outside] }, /stands on an internal one/],
  ['vm.snapshot-prune', { keep: '1' }, { snapshots: [inside] }, /no snapshot that is old enough/],
  ['vm.revert', { to: 'nope' }, { snapshots: [inside] }, /no snapshot nope; it has i1/],
  ['vm.revert', { to: 'e1' }, { snapshots: [outside] }, /libvirt 9\.0\.0 cannot go back to those; 9\.9 can/],
  ['vm.revert', { to: 'e1' }, { snapshots: [outside], libvirtVersion: 10_000_000 }, /cannot be kept inside its disks/],
  ['vm.revert', { to: 'i1' }, { snapshots: [inside, outside] }, /has external snapshots/],
  ['vm.revert', { to: 'i1' }, { snapshots: [inside], domain: { persistent: false } }, /transient/],
  ['vm.revert', { to: 'i1' }, { snapshots: [inside], domain: { state: 'paused' } }, /is paused/],
  ['vm.revert', { to: 'i1' }, { snapshots: [inside], hardware: { pluggedVcpus: 1 } }, /runs with plugged vCPUs/],
  [
    'vm.revert',
    { to: 'i1' },
    { snapshots: [inside], hardware: { vcpus: 4, maxVcpus: 4 } },
    /had 1 vCPU and 1 GiB at i1/,
  ],
  ['vm.revert', { to: 'i1' }, { snapshots: [inside], hardware: { nics: [] } }, /no longer has interface/],
  ['vm.revert', { to: 'i1' }, { snapshots: [{ ...inside, machine: null }] }, /does not know the machine/],
  ['vm.revert', { to: 'i1' }, { snapshots: [inside], hardware: raw }, /not qcow2/],
];

for (const [action, args, world, reason] of refusals) {
  test(`${action} ${JSON.stringify(args)} is refused: ${reason.source}`, async () => {
    const { plan: found } = await look(hostWith(world), action, { vm, ...args });
    assert.ok(found.kind === 'refused', JSON.stringify(found));
    assert.match(found.reason, reason);
  });
}

test('a disk that came after the snapshot is named, with what takes it away', async () => {
  const host = hostWith({ snapshots: [inside] });
  host.addVolume({ name: 'b.qcow2' });
  await operate({ host }, 'vm.disk-add', { vm, volume: 'b.qcow2' });
  const { plan: found } = await look(host, 'vm.revert', { vm, to: 'i1' });
  assert.ok(found.kind === 'refused');
  assert.match(found.reason, /has disk vdb, which it had not at i1/);
  assert.equal(found.hint, 'vm disk-detach web-01 --disk vdb');
});

test('a snapshot that was taken with plugged vCPUs is never gone back to', async () => {
  const host = hostWith({ hardware: { vcpus: 2, maxVcpus: 2, pluggedVcpus: 1 } });
  host.addSnapshot(vm, { name: 'trap' });
  host.changeHardware(vm, { pluggedVcpus: 0 });
  const { plan: found } = await look(host, 'vm.revert', { vm, to: 'trap' });
  assert.ok(found.kind === 'refused');
  assert.match(found.reason, /QEMU cannot load it, and web-01 would be left off/);
});

test('a tree shows what stands on what, and where the VM stands', async () => {
  const host = hostWith({ snapshots: [inside, { name: 'i2', description: 'why' }, { name: 'i3' }] });
  const { uuid } = (await host.domain(vm)) ?? assert.fail();
  await host.revertSnapshot(uuid, 'i1');
  host.addSnapshot(vm, { name: 'i4' });
  const { summary, blocks } = await operate({ host }, 'vm.snapshots', { vm });
  assert.equal(summary, 'web-01 has 4 snapshots');
  const [table] = blocks;
  assert.deepEqual(table?.kind === 'table' ? table.rows.map(([name]) => name) : [], [
    'i1',
    '  i2',
    '    i3',
    '  i4 (current)',
  ]);
});

test('pruning names what goes, keeps the newest, the young and the current, and deletes each once over a crash', async () => {
  const now = STARTED_AT / 1000;
  const ages = [40, 30, 20, 10, 1];
  const snapshots = ages.map((days) => ({ name: `d${days}`, createdAt: now - days * DAY }));
  const args = { vm, keep: '1', older: '15d' };
  for (const when of ['before', 'after'] as const) {
    const host = hostWith({ snapshots });
    const found = await plan(host, 'vm.snapshot-prune', args);
    assert.deepEqual(
      found.changes.map(({ path }) => path.split(' ').at(-1)),
      ['d40', 'd30', 'd20'],
    );
    assert.equal(found.lost.length, 3);
    const { facts } = await look(host, 'vm.snapshot-prune', args);
    const journal = newJournal();
    await assert.rejects(run({ host, crash: { at: 1, when } }, 'vm.snapshot-prune', args, facts, journal), Crash);
    await run({ host }, 'vm.snapshot-prune', args, facts, journal);
    assert.deepEqual(await snapshotsOf(host), ['d10', 'd1']);
    assert.equal(host.count('deleteSnapshot'), 3);
  }
});

for (const state of ['running', 'shutoff'] as const) {
  for (const then of ['running', 'shutoff'] as const) {
    test(`a VM that is ${state} is taken back to where it was ${then}, and its undo is there`, async () => {
      const host = hostWith({
        domain: { state },
        snapshots: [{ name: 'i1', state: then, hasMemory: then === 'running' }],
      });
      const { undo, effects: said } = await plan(host, 'vm.revert', { vm, to: 'i1' });
      assert.match(said[0] ?? '', new RegExp(`Take the snapshot ${SAFETY}`));
      const { summary } = await operate({ host }, 'vm.revert', { vm, to: 'i1' });
      assert.match(summary, /web-01 is back at i1/);
      const after = (await host.domain(vm))?.state;
      assert.equal(after, state === 'running' ? 'running' : then);
      if (state === 'running' && then === 'shutoff') assert.match(said.join('\n'), /started afresh/);
      if (state === 'shutoff' && then === 'running') assert.match(said.join('\n'), /is off now and runs then/);
      assert.ok(undo !== null);
      assert.deepEqual(undo.args, { vm, to: SAFETY });
      assert.deepEqual(await snapshotsOf(host), ['i1', SAFETY]);
      assert.equal((await look(host, undo.action, undo.args)).plan.kind, 'plan');
    });
  }
}

test('owner, tags, lease, protection and note stay as they are now: an old tag opens no door', async () => {
  const host = hostWith({ snapshots: [inside] });
  const now = { owner: 'eve', expires: '2027-01-01T00:00:00Z', tags: { env: 'prod' }, protected: true, request: 3 };
  host.changeBehindBack(vm, { metadata: now });
  host.changeKeeping(vm, { note: 'production since Monday' });
  await operate({ host }, 'vm.revert', { vm, to: 'i1' });
  const domain = await host.domain(vm);
  assert.deepEqual(domain?.metadata, now);
  assert.equal((await host.keeping(domain.uuid))?.note, 'production since Monday');
});

for (let at = 0; at < 3; at++) {
  for (const when of ['before', 'after'] as const) {
    test(`a crash ${when} step ${at + 1} of a revert is gone on from, and what is kept stays kept`, async () => {
      const host = hostWith({ snapshots: [inside] });
      host.changeBehindBack(vm, { metadata: { ...metadata, owner: 'eve' } });
      const args = { vm, to: 'i1' };
      const { facts } = await look(host, 'vm.revert', args);
      const journal = newJournal();
      await assert.rejects(run({ host, crash: { at, when } }, 'vm.revert', args, facts, journal), Crash);
      await run({ host }, 'vm.revert', args, facts, journal);
      assert.deepEqual(
        ['createSnapshot', 'revertSnapshot', 'setMetadata'].map(
          (method) => host.effects.filter((done) => done.method === method).length,
        ),
        [1, 1, 1],
      );
      assert.equal((await host.domain(vm))?.metadata.owner, 'eve');
    });
  }
}

test('a revert that libvirt cannot do leads to where the VM was, running, and says so', async () => {
  const host = hostWith({ snapshots: [inside] });
  host.fault({ method: 'revertSnapshot', error: 'failed', message: 'cannot load' });
  await assert.rejects(operate({ host }, 'vm.revert', { vm, to: 'i1' }), {
    code: 'failed',
    message: /cannot load; web-01 is as it was before$/,
  });
  const { state, metadata: kept } = (await host.domain(vm)) ?? assert.fail();
  assert.deepEqual([state, kept], ['running', metadata]);
});

test('a VM that libvirt left off, whatever was tried, is started again, and the person is told', async () => {
  const host = hostWith({ snapshots: [inside] });
  host.fault({ method: 'revertSnapshot', error: 'failed', message: 'cannot load', times: 2 });
  const before = (title: string) => {
    if (title.startsWith(`taking web-01 back to ${SAFETY}`))
      host.changeBehindBack(vm, { state: 'shutoff', reason: 'failed' });
  };
  await assert.rejects(operate({ host, before }, 'vm.revert', { vm, to: 'i1' }), {
    message: /came to nothing either: .*; libvirt had left it off, so it was started again/,
  });
  assert.equal((await host.domain(vm))?.state, 'running');
});

test('a VM that is left off without an error is started again, too', async () => {
  const host = hostWith({ snapshots: [inside] });
  const before = (title: string) => {
    if (title.startsWith('looking whether')) host.changeBehindBack(vm, { state: 'shutoff', reason: 'failed' });
  };
  const { summary } = await operate({ host, before }, 'vm.revert', { vm, to: 'i1' });
  assert.match(summary, /libvirt had left it off, so it was started again/);
  assert.equal((await host.domain(vm))?.state, 'running');
});

test('a revert whose answer is lost is not tried again', async () => {
  const host = hostWith({ snapshots: [inside] });
  host.fault({ method: 'revertSnapshot', drop: true });
  await operate({ host }, 'vm.revert', { vm, to: 'i1' });
  assert.equal(host.count('revertSnapshot'), 1);
});
