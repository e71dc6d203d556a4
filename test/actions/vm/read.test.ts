import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from '../../../actions/action.ts';
import { createFakeHost } from '../../fakes/host.ts';
import { bind, look, newJournal, operate, plan, run, STARTED_AT } from './operate.ts';

function hostWithVms() {
  const host = createFakeHost();
  const lease = new Date(STARTED_AT + 2 * 86_400_000).toISOString();
  const metadata = { owner: 'team-a', expires: null, tags: { env: 'dev' }, protected: false, request: 3 };
  host.addDomain({ name: 'web-02', metadata, vcpus: 2 });
  host.addDomain({ name: 'web-01', metadata: { ...metadata, expires: lease }, state: 'shutoff' });
  host.addDomain({ name: 'db-01', metadata: { ...metadata, owner: 'team-b', tags: {} } });
  return host;
}

function rows(blocks: Block[]): string[][] {
  const table = blocks.find((block) => block.kind === 'table');
  return table?.kind === 'table' ? table.rows : [];
}

const selections: [string | string[], string[]][] = [
  ['', ['db-01', 'web-01', 'web-02']],
  ['owner=team-a', ['web-01', 'web-02']],
  [['env=dev', 'state=running'], ['web-02']],
  ['name=db-01', ['db-01']],
  ['env=prod', []],
  ['constructor=x', []],
];

for (const [select, names] of selections) {
  test(`vm list ${select} shows ${names.join(', ') || 'none'}`, async () => {
    const { blocks, summary } = await operate({ host: hostWithVms() }, 'vm.list', { select });
    assert.deepEqual(
      rows(blocks).map(([name]) => name),
      names,
    );
    assert.match(summary, names.length === 0 ? /^no VM that you may see/ : new RegExp(`^${names.length} VM`));
  });
}

test('a list has for each VM its state, size, owner, environment and lease', async () => {
  const { blocks } = await operate({ host: hostWithVms() }, 'vm.list', { select: 'owner=team-a' });
  assert.deepEqual(rows(blocks), [
    ['web-01', 'shutoff', '1', '1 GiB', 'team-a', 'dev', '2026-11-24T12:00:00.000Z (in 2 d)'],
    ['web-02', 'running', '2', '1 GiB', 'team-a', 'dev', ''],
  ]);
});

test('a list tells nothing of VMs that the person may not see, not even their number', async () => {
  const { blocks, summary } = await operate({ host: hostWithVms(), maySee: (vm) => vm === 'db-01' }, 'vm.list', {});
  assert.equal(rows(blocks).length, 1);
  assert.equal(summary, '1 VM');
});

test('a host that cannot be asked is an error and never an empty list', async () => {
  const host = hostWithVms();
  host.disconnect();
  await assert.rejects(operate({ host }, 'vm.list', {}), { code: 'unreachable' });
});

test('a list is about no VM and depends on nothing', async () => {
  assert.deepEqual(bind('vm.list', {}).targets, []);
  assert.equal((await look(hostWithVms(), 'vm.list', {})).facts, null);
});

test('show tells state, agent, disks, snapshots and lease, as they are now', async () => {
  const host = hostWithVms();
  host.addVolume({ name: 'web.qcow2' });
  const disks = [
    { target: 'vda', device: 'disk', source: '/pools/default/web.qcow2' },
    { target: 'sda', device: 'cdrom', source: null },
  ] as const;
  host.changeBehindBack('web-01', { disks: [...disks], snapshots: 2, agent: 'disconnected' });
  host.changeKeeping('web-01', { note: 'for Ada', autostart: true });
  const { summary, blocks } = await operate({ host }, 'vm.show', { vm: 'web-01' });
  assert.equal(summary, 'web-01 is shutoff');
  const [fields] = blocks;
  const said =
    fields?.kind === 'fields' ? Object.fromEntries(fields.fields.map(({ name, value }) => [name, value])) : {};
  assert.equal(said['guest agent'], 'does not answer');
  assert.equal(said.snapshots, '2');
  assert.equal(said.owner, 'team-a');
  assert.deepEqual([said.note, said['starts with its host']], ['for Ada', 'yes']);
  assert.match(JSON.stringify(blocks.at(-1)), /"interface","network","link".*"52:54:00[^"]*","user","up"/);
  assert.match(said.lease ?? '', /in 2 d/);
  assert.deepEqual(rows(blocks), [
    ['vda', 'disk', '10 GiB', '/pools/default/web.qcow2'],
    ['sda', 'cdrom', '', 'empty'],
  ]);
});

test('show of a VM that is not there says so', async () => {
  const { plan: found } = await look(hostWithVms(), 'vm.show', { vm: 'nope' });
  assert.deepEqual(found, { kind: 'refused', reason: 'there is no VM nope', hint: 'vm list' });
});

test('show of a VM that went since it was asked for says so', async () => {
  const host = hostWithVms();
  const { facts } = await look(host, 'vm.show', { vm: 'db-01' });
  host.changeBehindBack('db-01', null);
  await assert.rejects(run({ host }, 'vm.show', { vm: 'db-01' }, facts, newJournal()), {
    code: 'not-found',
    message: /db-01: it is gone/,
  });
});

test('looking changes nothing', async () => {
  const host = hostWithVms();
  for (const [name, args] of [
    ['vm.list', {}],
    ['vm.show', { vm: 'web-01' }],
  ] as const) {
    assert.deepEqual((await plan(host, name, args)).changes, []);
    await operate({ host }, name, args);
  }
  assert.equal(host.effects.length, 0);
});
