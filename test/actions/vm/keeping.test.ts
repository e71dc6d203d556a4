/** What is kept about a VM: each action changes its one thing, by what is there, and never over somebody else's change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../actions/action.ts';
import type { Domain, Keeping, VmMetadata } from '../../../actions/host.ts';
import { createFakeHost, type FakeHost } from '../../fakes/host.ts';
import { Crash, look, newJournal, operate, plan, run } from './operate.ts';

const metadata: VmMetadata = {
  owner: 'team-a',
  expires: '2026-12-01T00:00:00Z',
  tags: { env: 'dev', tier: 'web' },
  protected: false,
  request: 3,
};
const vm = 'web-01';

function hostWith(change: Partial<VmMetadata> = {}, domain: Partial<Domain> = {}): FakeHost {
  const host = createFakeHost();
  host.addDomain({ name: vm, metadata: { ...metadata, ...change }, ...domain });
  return host;
}

interface Case {
  action: string;
  args: JsonObject;
  from?: Partial<VmMetadata>;
  domain?: Partial<Domain>;
  changes: Partial<VmMetadata> & Partial<Keeping>;
  says: RegExp;
  undone: boolean;
}

const cases: Case[] = [
  { action: 'vm.protect', args: {}, changes: { protected: true }, says: /is protected$/, undone: true },
  {
    ...{ action: 'vm.unprotect', args: {}, from: { protected: true } },
    ...{ changes: { protected: false }, says: /no longer protected/, undone: true },
  },
  {
    ...{ action: 'vm.tag', args: { tags: ['env=prod', 'a=b'], remove: ['tier'] } },
    ...{ changes: { tags: { a: 'b', env: 'prod' } }, says: /has a=b env=prod/, undone: true },
  },
  { action: 'vm.owner', args: { to: 'team-b' }, changes: { owner: 'team-b' }, says: /belongs to team-b/, undone: true },
  {
    ...{ action: 'vm.extend', args: { for: '30d' } },
    ...{ changes: { expires: '2026-12-22T12:00:00Z' }, says: /ends 2026-12-22T12:00:00Z/, undone: false },
  },
  { action: 'vm.note', args: { text: 'for Ada' }, changes: { note: 'for Ada' }, says: /for Ada/, undone: true },
  { action: 'vm.autostart', args: {}, changes: { autostart: true }, says: /starts with its host/, undone: true },
];

async function kept(host: FakeHost) {
  const domain = await host.domain(vm);
  assert.ok(domain !== null);
  return { ...domain.metadata, ...(await host.keeping(domain.uuid)) };
}

for (const { action, args, from, domain, changes, says, undone } of cases) {
  const given = { vm, ...args };

  test(`${action} changes what it says and nothing else, and its undo leads back`, async () => {
    const host = hostWith(from, domain);
    const before = await kept(host);
    const { undo, effects, lost } = await plan(host, action, given);
    assert.ok(effects.length > 0 && lost.length === 0);
    const { summary } = await operate({ host }, action, given);
    assert.match(summary, says);
    assert.deepEqual(await kept(host), { ...before, ...changes });
    assert.equal(host.effects.length, 1);
    assert.equal(undo !== null, undone);
    if (undo === null) return;
    await operate({ host }, undo.action, undo.args);
    assert.deepEqual(await kept(host), before);
  });

  test(`${action} a second time is refused: it is so already`, async () => {
    const host = hostWith(from, domain);
    await operate({ host }, action, given);
    if (action === 'vm.tag') return assert.match(JSON.stringify(await look(host, action, given)), /has no tag tier/);
    assert.equal((await look(host, action, given)).plan.kind, 'refused');
  });

  test(`${action} does not undo what somebody changed since the plan`, async () => {
    const host = hostWith(from, domain);
    const { facts } = await look(host, action, given);
    const other = { owner: 'eve', expires: '2026-12-05T00:00:00Z', tags: { env: 'qa' }, protected: from === undefined };
    host.changeBehindBack(vm, { metadata: { ...metadata, ...other } });
    host.changeKeeping(vm, { note: 'mine', autostart: true });
    const before = await kept(host);
    await assert.rejects(run({ host }, action, given, facts, newJournal()), { code: 'wrong-state', message: /since/ });
    assert.deepEqual(await kept(host), before);
  });

  test(`${action}: a lost answer and a crash change it once`, async () => {
    for (const when of ['before', 'after'] as const) {
      const host = hostWith(from, domain);
      const journal = newJournal();
      const { facts } = await look(host, action, given);
      await assert.rejects(run({ host, crash: { at: 0, when } }, action, given, facts, journal), Crash);
      await run({ host }, action, given, facts, journal);
      assert.equal(host.effects.length, 1);
    }
  });

  test(`${action} of a VM that is not there says so`, async () => {
    const { plan: found } = await look(createFakeHost(), action, given);
    assert.deepEqual(found, { kind: 'refused', reason: `there is no VM ${vm}`, hint: 'vm list' });
  });

  test(`${action}: what runs and how large it is leaves its facts equal`, async () => {
    const host = hostWith(from, domain);
    const before = (await look(host, action, given)).facts;
    host.changeBehindBack(vm, { state: 'paused', vcpus: 9, agent: 'none', snapshots: 3 });
    assert.deepEqual((await look(host, action, given)).facts, before);
  });
}

test('tags that others change meanwhile survive a protection', async () => {
  const host = hostWith();
  const { facts } = await look(host, 'vm.protect', { vm });
  host.changeBehindBack(vm, { metadata: { ...metadata, tags: { env: 'qa' } } });
  await run({ host }, 'vm.protect', { vm }, facts, newJournal());
  assert.deepEqual((await kept(host)).tags, { env: 'qa' });
});

const refusals: [string, JsonObject, Partial<VmMetadata>, Partial<Domain>, RegExp, string | null][] = [
  ['vm.extend', { for: '1h' }, {}, {}, /goes until 2026-12-01/, '--for 30d'],
  ['vm.extend', { for: '1h' }, { expires: null }, {}, /has no lease/, null],
  ['vm.tag', { remove: ['nope'] }, {}, {}, /has no tag nope/, null],
  ['vm.tag', {}, {}, {}, /nothing would change/, 'vm tag web-01 --tag env=dev'],
  ['vm.autostart', {}, {}, { persistent: false }, /is transient/, null],
  ['vm.rename', { to: 'web-01' }, {}, { state: 'shutoff' }, /called so already/, null],
  ['vm.rename', { to: 'web-02' }, {}, {}, /is not off/, 'vm stop web-01'],
  ['vm.rename', { to: 'web-02' }, {}, { state: 'shutoff', managedSave: true }, /saved memory/, 'vm start web-01'],
];

for (const [action, args, from, domain, reason, hint] of refusals) {
  test(`${action} ${JSON.stringify(args)} of ${JSON.stringify({ ...from, ...domain })} is refused`, async () => {
    const { plan: found } = await look(hostWith(from, domain), action, { vm, ...args });
    assert.ok(found.kind === 'refused', JSON.stringify(found));
    assert.match(found.reason, reason);
    assert.equal(found.hint, hint);
  });
}

test('a lease that was asked for is a date, whoever binds it again and whenever', async () => {
  const host = hostWith();
  const found = await plan(host, 'vm.extend', { vm, for: '30d', until: '2027-01-01T00:00:00Z' });
  assert.deepEqual(found.changes, [
    { path: 'domain/web-01/expires', before: '2026-12-01T00:00:00Z', after: '2027-01-01T00:00:00Z' },
  ]);
});

test('a VM that is off is renamed, stays the same one, and is renamed back', async () => {
  const host = hostWith({}, { state: 'shutoff' });
  const before = await host.domain(vm);
  const { undo } = await plan(host, 'vm.rename', { vm, to: 'shop' });
  await operate({ host }, 'vm.rename', { vm, to: 'shop' });
  assert.deepEqual(await host.domain('shop'), { ...before, name: 'shop' });
  assert.equal(await host.domain(vm), null);
  assert.ok(undo !== null);
  await operate({ host }, undo.action, undo.args);
  assert.deepEqual(await host.domain(vm), before);
});

test('a name that was taken since the plan is refused by the host, and nothing changes', async () => {
  const host = hostWith({}, { state: 'shutoff' });
  const { facts } = await look(host, 'vm.rename', { vm, to: 'shop' });
  host.addDomain({ name: 'shop' });
  await assert.rejects(run({ host }, 'vm.rename', { vm, to: 'shop' }, facts, newJournal()), { code: 'exists' });
  assert.ok((await host.domain(vm)) !== null);
});

test('a rename whose answer is lost is found by UUID', async () => {
  const host = hostWith({}, { state: 'shutoff' });
  host.fault({ method: 'renameDomain', drop: true });
  await operate({ host }, 'vm.rename', { vm, to: 'shop' });
  assert.equal(host.count('renameDomain'), 1);
});

test('the seed of a VM that was renamed still goes with it', async () => {
  const host = createFakeHost();
  const seed = 'web-01-abcdef01-seed.iso';
  host.addVolume({ name: seed, format: 'raw' });
  host.addDomain({
    name: 'shop',
    uuid: 'abcdef01-0000-4000-8000-000000000000',
    state: 'shutoff',
    disks: [{ target: 'sda', device: 'cdrom', source: `/pools/default/${seed}` }],
  });
  await operate({ host }, 'vm.delete', { vm: 'shop' });
  assert.equal(await host.volume('default', seed), null);
});
