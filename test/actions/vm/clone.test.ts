/** vm.clone: whole copies under a name of their own, and nothing left behind that did not come to be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain, Pool } from '../../../actions/host.ts';
import { createFakeHost, type FakeHost } from '../../fakes/host.ts';
import { bind, Crash, look, newJournal, operate, plan, run, UUID } from './operate.ts';

const args = { vm: 'web-01', name: 'web-02', tags: 'env=dev', ttl: '7d' };
const STEM = `web-02-${UUID.slice(0, 8)}`;
const pathOf = (name: string) => `/pools/default/${name}`;
const GIB = 1024n ** 3n;

function hostWith(domain: Partial<Domain> = {}, pool: Partial<Pool> = {}): FakeHost {
  const host = createFakeHost({
    pools: [{ name: 'default', active: true, capacityBytes: 100n * GIB, availableBytes: 90n * GIB, ...pool }],
  });
  host.addVolume({ name: 'tiny.qcow2' });
  host.addVolume({ name: 'boot.qcow2', backing: pathOf('tiny.qcow2') });
  host.addVolume({ name: 'data.qcow2' });
  host.addDomain({
    name: 'web-01',
    state: 'shutoff',
    vcpus: 2,
    memoryMiB: 2048,
    metadata: { owner: 'team-a', expires: null, tags: { env: 'prod' }, protected: true, request: 1 },
    disks: [
      { target: 'vda', device: 'disk', source: pathOf('boot.qcow2') },
      { target: 'vdb', device: 'disk', source: pathOf('data.qcow2') },
    ],
    ...domain,
  });
  return host;
}

const volumes = async (host: FakeHost) => (await host.volumes('default')).map(({ name }) => name).sort();
const before = ['boot.qcow2', 'data.qcow2', 'tiny.qcow2'];

test('a copy has disks, a seed, an owner and a lease of its own, and its undo takes all of it away', async () => {
  const host = hostWith();
  const { undo, effects, cost } = await plan(host, 'vm.clone', args);
  assert.match(effects.join('\n'), /Copy boot\.qcow2 whole to .*keeps its host keys, machine-id and addresses$/s);
  assert.deepEqual(cost, { vcpus: 2, memoryMiB: 2048, diskGiB: 20 });
  const { summary } = await operate({ host }, 'vm.clone', args);
  assert.equal(summary, 'web-02 is a copy of web-01, and off');
  const copy = (await host.domain('web-02')) ?? assert.fail();
  assert.deepEqual([copy.uuid, copy.state, copy.vcpus, copy.memoryMiB], [UUID, 'shutoff', 2, 2048]);
  assert.deepEqual(copy.metadata, {
    owner: 'ada',
    expires: '2026-11-29T12:00:00Z',
    tags: { env: 'dev' },
    protected: false,
    request: 7,
  });
  assert.deepEqual(
    copy.disks.map(({ target, source }) => [target, source]),
    [
      ['vda', pathOf(`${STEM}.qcow2`)],
      ['sda', pathOf(`${STEM}-seed.iso`)],
      ['vdb', pathOf(`${STEM}-vdb.qcow2`)],
    ],
  );
  assert.equal((await host.volume('default', `${STEM}.qcow2`))?.backing, null);
  assert.ok(undo !== null);
  await operate({ host }, undo.action, undo.args);
  assert.deepEqual(await volumes(host), before);
});

test('policy is asked about both: the VM that is copied and the one that comes of it', () => {
  assert.deepEqual(bind('vm.clone', args).targets, [
    { vm: 'web-01', creates: null },
    { vm: 'web-02', creates: { owner: 'ada', tags: { env: 'dev' } } },
  ]);
});

const refusals: [string, Partial<Domain>, Partial<Pool>, RegExp, string | null][] = [
  ['a VM that runs', { state: 'running' }, {}, /is not off/, 'vm stop web-01'],
  ['one with saved memory', { managedSave: true }, {}, /saved memory/, 'vm start web-01'],
  ['one without a disk', { disks: [] }, {}, /has no disk/, null],
  [
    'one with a disk elsewhere',
    { disks: [{ target: 'vda', device: 'disk', source: '/dev/vg/x' }] },
    {},
    /in no pool/,
    null,
  ],
  ['where there is no room', {}, { availableBytes: GIB }, /1 GiB left/, 'delete disks that nobody needs'],
  ['into a pool that is off', {}, { active: false }, /not active/, 'an operator runs virsh pool-start default'],
];

for (const [what, domain, pool, reason, hint] of refusals) {
  test(`a copy of ${what} is refused`, async () => {
    const { plan: found } = await look(hostWith(domain, pool), 'vm.clone', args);
    assert.ok(found.kind === 'refused', JSON.stringify(found));
    assert.match(found.reason, reason);
    assert.equal(found.hint, hint);
  });
}

test('a name that is taken is refused', async () => {
  const host = hostWith();
  host.addDomain({ name: 'web-02' });
  const { plan: found } = await look(host, 'vm.clone', args);
  assert.ok(found.kind === 'refused' && found.reason === 'the name web-02 is taken');
});

for (const method of ['copyVolume', 'createVolume', 'uploadVolume', 'defineDomain', 'attachDisk'] as const) {
  test(`when ${method} comes to nothing, all that was made goes again`, async () => {
    const host = hostWith();
    host.fault({ method, error: 'no-space' });
    await assert.rejects(operate({ host }, 'vm.clone', args), { code: 'no-space' });
    assert.deepEqual(await volumes(host), before);
    assert.equal(await host.domain('web-02'), null);
  });
}

test('a copy of which nobody knows whether it is whole is left to be looked at', async () => {
  const host = hostWith();
  const { facts } = await look(host, 'vm.clone', args);
  const journal = newJournal();
  await assert.rejects(run({ host, crash: { at: 0, when: 'after' } }, 'vm.clone', args, facts, journal), Crash);
  await assert.rejects(run({ host }, 'vm.clone', args, facts, journal), /whole or in part/);
  assert.ok((await volumes(host)).includes(`${STEM}.qcow2`));
});
