import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../actions/host.ts';
import { createFakeHost, type FakeHost } from '../../fakes/host.ts';
import { Crash, look, newJournal, operate, plan, run } from './operate.ts';

const UUID = 'abcdef01-0000-4000-8000-000000000000';
const DISK = 'web-01-abcdef01.qcow2';
const SEED = 'web-01-abcdef01-seed.iso';
const pathOf = (name: string) => `/pools/default/${name}`;

/** A VM as Drover makes them, off. */
function hostWithVm(change: Partial<Domain> = {}): FakeHost {
  const host = createFakeHost();
  host.addVolume({ name: 'tiny.qcow2' });
  host.addVolume({ name: DISK, backing: pathOf('tiny.qcow2') });
  host.addVolume({ name: SEED, format: 'raw' });
  host.addDomain({
    name: 'web-01',
    uuid: UUID,
    state: 'shutoff',
    disks: [
      { target: 'vda', device: 'disk', source: pathOf(DISK) },
      { target: 'sda', device: 'cdrom', source: pathOf(SEED) },
    ],
    ...change,
  });
  return host;
}

async function volumes(host: FakeHost): Promise<string[]> {
  return (await host.volumes('default')).map(({ name }) => name).sort();
}

const metadata = { owner: '', expires: null, tags: {}, protected: true, request: null };
const refusals: [string, Partial<Domain>, RegExp, string | null][] = [
  ['that is protected', { metadata }, /web-01 is protected/, null],
  ['that is running', { state: 'running' }, /web-01 is not off/, 'vm stop web-01'],
  ['that is suspended', { state: 'paused' }, /web-01 is not off/, 'vm kill web-01'],
  ['that is powering off', { state: 'shutdown' }, /powering off right now/, null],
  ['with snapshots', { snapshots: 2 }, /web-01 has 2 snapshots/, 'delete its snapshots first'],
  ['with saved memory', { managedSave: true }, /web-01 has saved memory/, 'vm start web-01'],
];

for (const [what, change, reason, hint] of refusals) {
  test(`a VM ${what} is not deleted`, async () => {
    const host = hostWithVm(change);
    const { plan: found } = await look(host, 'vm.delete', { vm: 'web-01', disks: true });
    assert.ok(found.kind === 'refused');
    assert.match(found.reason, reason);
    if (hint !== null) assert.equal(found.hint, hint);
  });
}

for (const [what, change] of [
  ['protection', { metadata }],
  ['snapshots', { snapshots: 1 }],
  ['saved memory', { managedSave: true }],
] as const) {
  test(`--force does not overrule ${what}`, async () => {
    const { plan: found } = await look(hostWithVm(change), 'vm.delete', { vm: 'web-01', force: true });
    assert.equal(found.kind, 'refused');
  });
}

test('a VM that is not there is not deleted', async () => {
  const { plan: found } = await look(createFakeHost(), 'vm.delete', { vm: 'web-01' });
  assert.equal(found.kind, 'refused');
});

test('without --disks its disk is kept, and the plan says which and where', async () => {
  const host = hostWithVm();
  const found = await plan(host, 'vm.delete', { vm: 'web-01' });
  assert.deepEqual(found.effects, [
    'Remove the definition of web-01',
    `Delete ${SEED} from pool default`,
    `Keep ${DISK} in pool default (${pathOf(DISK)})`,
  ]);
  assert.deepEqual(found.lost, ['The definition of web-01']);
  assert.equal(found.undo, null);
  const outcome = await operate({ host }, 'vm.delete', { vm: 'web-01' });
  assert.equal(outcome.summary, 'web-01 is deleted; its disks are kept');
  assert.deepEqual(await volumes(host), ['tiny.qcow2', DISK].sort());
});

test('with --disks its disk goes, by name; the image below it stays', async () => {
  const host = hostWithVm();
  const found = await plan(host, 'vm.delete', { vm: 'web-01', disks: true });
  assert.deepEqual(found.lost, ['The definition of web-01', `The disk ${DISK}, 10 GiB, with all that is on it`]);
  assert.deepEqual(
    found.changes.map(({ path, after }) => [path, after]),
    [
      ['domain/web-01/state', null],
      [`volume/default/${DISK}`, null],
      [`volume/default/${SEED}`, null],
    ],
  );
  await operate({ host }, 'vm.delete', { vm: 'web-01', disks: true });
  assert.deepEqual(await volumes(host), ['tiny.qcow2']);
  assert.equal(await host.domain('web-01'), null);
});

test('with --force a running VM is switched off first', async () => {
  const host = hostWithVm({ state: 'running' });
  const found = await plan(host, 'vm.delete', { vm: 'web-01', force: true });
  assert.equal(found.effects[0], 'Pull the plug of web-01');
  await operate({ host }, 'vm.delete', { vm: 'web-01', force: true });
  assert.equal(host.effects[0]?.method, 'destroy');
  assert.equal(await host.domain('web-01'), null);
});

test('a transient VM is gone when it is off', async () => {
  const host = hostWithVm({ state: 'running', persistent: false });
  await operate({ host }, 'vm.delete', { vm: 'web-01', force: true });
  assert.equal(host.count('undefineDomain'), 0);
  assert.equal(await host.domain('web-01'), null);
});

const needs: [string, (host: FakeHost) => void, RegExp][] = [
  [
    'another VM has as its disk, also one that is off',
    (host) =>
      host.addDomain({
        name: 'twin',
        state: 'shutoff',
        disks: [{ target: 'vda', device: 'disk', source: pathOf(DISK) }],
      }),
    /another VM uses it/,
  ],
  [
    'another volume stands on, though no VM uses that',
    (host) => host.addVolume({ name: 'overlay.qcow2', backing: pathOf(DISK) }),
    /another volume stands on it/,
  ],
  [
    'a VM with a disk in another pool stands on',
    (host) => {
      host.addVolume({ pool: 'fast', name: 'o1.qcow2', backing: pathOf(DISK) });
      host.addVolume({ pool: 'fast', name: 'o2.qcow2', backing: '/pools/fast/o1.qcow2' });
      host.addDomain({ name: 'far', disks: [{ target: 'vda', device: 'disk', source: '/pools/fast/o2.qcow2' }] });
    },
    /another volume stands on it/,
  ],
];

for (const [what, prepare, reason] of needs) {
  test(`a disk that ${what} is kept, whatever is asked`, async () => {
    const host = hostWithVm();
    prepare(host);
    const found = await plan(host, 'vm.delete', { vm: 'web-01', disks: true });
    assert.match(found.effects.at(-1) ?? '', reason);
    assert.ok(!found.lost.join().includes(DISK));
    await operate({ host }, 'vm.delete', { vm: 'web-01', disks: true });
    assert.ok((await volumes(host)).includes(DISK));
  });

  test(`a disk that ${what} only since the plan is kept all the same`, async () => {
    const host = hostWithVm();
    const before = (title: string) => {
      if (title.startsWith(`deleting ${DISK}`)) prepare(host);
    };
    await assert.rejects(operate({ host, before }, 'vm.delete', { vm: 'web-01', disks: true }), {
      code: 'wrong-state',
      message: /since the plan was made, so it is kept/,
    });
    assert.ok((await volumes(host)).includes(DISK));
  });
}

test('other VMs are not named to whoever deletes one', async () => {
  const host = hostWithVm();
  host.addDomain({ name: 'secret-01', disks: [{ target: 'vda', device: 'disk', source: pathOf(DISK) }] });
  const { plan: found, facts } = await look(host, 'vm.delete', { vm: 'web-01', disks: true });
  assert.ok(!JSON.stringify([found, facts]).includes('secret-01'));
});

test('a disk in no pool is kept and said to be', async () => {
  const host = hostWithVm({ disks: [{ target: 'vda', device: 'disk', source: '/dev/vg0/web' }] });
  const found = await plan(host, 'vm.delete', { vm: 'web-01', disks: true });
  assert.equal(found.effects.at(-1), 'Keep /dev/vg0/web: it is in no pool');
});

test('a CD that Drover did not make is nobody’s to delete', async () => {
  const host = hostWithVm({ disks: [{ target: 'sda', device: 'cdrom', source: pathOf('debian.iso') }] });
  host.addVolume({ name: 'debian.iso', format: 'raw' });
  await operate({ host }, 'vm.delete', { vm: 'web-01', disks: true });
  assert.ok((await volumes(host)).includes('debian.iso'));
});

test('what the plan does not depend on leaves its facts equal', async () => {
  const host = hostWithVm();
  const before = await look(host, 'vm.delete', { vm: 'web-01', disks: true });
  host.addDomain({ name: 'other' });
  host.addVolume({ name: 'other.qcow2', backing: pathOf('tiny.qcow2') });
  host.changeBehindBack('web-01', { reason: 'other', vcpus: 8, agent: 'none' });
  assert.deepEqual(await look(host, 'vm.delete', { vm: 'web-01', disks: true }), before);
});

for (let at = 0; at < 4; at++) {
  for (const when of ['before', 'after'] as const) {
    test(`a crash ${when} step ${at + 1} is gone on from; every effect is there once`, async () => {
      const host = hostWithVm({ state: 'running' });
      const args = { vm: 'web-01', disks: true, force: true };
      const journal = newJournal();
      const { facts } = await look(host, 'vm.delete', args);
      await assert.rejects(run({ host, crash: { at, when } }, 'vm.delete', args, facts, journal), Crash);
      await run({ host }, 'vm.delete', args, facts, journal);
      assert.deepEqual(
        host.effects.map(({ method }) => method),
        ['destroy', 'undefineDomain', 'deleteVolume', 'deleteVolume'],
      );
    });
  }
}
