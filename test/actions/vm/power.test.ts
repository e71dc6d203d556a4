import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainState } from '../../../actions/host.ts';
import { createFakeHost } from '../../fakes/host.ts';
import { Crash, look, newJournal, operate, plan, run, Unknown } from './operate.ts';

const verbs = ['start', 'stop', 'kill', 'reboot', 'suspend', 'resume'] as const;

/** What a person is told, or the state that the plan promises. */
const table: Record<(typeof verbs)[number], Record<DomainState, string>> = {
  start: {
    running: 'is running already',
    blocked: 'is running already',
    paused: 'hint vm resume web-01',
    shutdown: 'is powering off right now',
    shutoff: '→ running',
    crashed: 'hint vm kill web-01',
    pmsuspended: 'hint vm kill web-01',
  },
  stop: {
    running: '→ shutoff',
    blocked: '→ shutoff',
    paused: 'hint vm resume web-01',
    shutdown: '→ shutoff',
    shutoff: 'is off already',
    crashed: 'hint vm kill web-01',
    pmsuspended: 'hint vm kill web-01',
  },
  kill: {
    running: '→ shutoff',
    blocked: '→ shutoff',
    paused: '→ shutoff',
    shutdown: '→ shutoff',
    shutoff: 'is off already',
    crashed: '→ shutoff',
    pmsuspended: '→ shutoff',
  },
  reboot: {
    running: 'no change',
    blocked: 'no change',
    paused: 'hint vm resume web-01',
    shutdown: 'is powering off right now',
    shutoff: 'hint vm start web-01',
    crashed: 'hint vm kill web-01',
    pmsuspended: 'hint vm kill web-01',
  },
  suspend: {
    running: '→ paused',
    blocked: '→ paused',
    paused: 'is suspended already',
    shutdown: 'is powering off right now',
    shutoff: 'hint vm start web-01',
    crashed: 'hint vm kill web-01',
    pmsuspended: 'hint vm kill web-01',
  },
  resume: {
    running: 'is running already',
    blocked: 'is running already',
    paused: '→ running',
    shutdown: 'is powering off right now',
    shutoff: 'hint vm start web-01',
    crashed: 'hint vm kill web-01',
    pmsuspended: 'hint vm kill web-01',
  },
};

for (const verb of verbs) {
  for (const [state, expected] of Object.entries(table[verb])) {
    test(`vm ${verb} of a VM that is ${state}: ${expected}`, async () => {
      const host = createFakeHost();
      host.addDomain({ name: 'web-01' });
      host.changeBehindBack('web-01', { state: stateOf(state) });
      const { plan: found } = await look(host, `vm.${verb}`, { vm: 'web-01' });
      if (found.kind === 'refused') {
        const said = found.hint === null ? found.reason : `hint ${found.hint}`;
        assert.ok(said.endsWith(expected), said);
        return;
      }
      const [change] = found.changes;
      assert.equal(change === undefined ? 'no change' : `→ ${change.after}`, expected);
      if (change !== undefined) assert.equal(change.path, 'domain/web-01/state');
      assert.equal(host.effects.length, 0);
    });
  }

  test(`vm ${verb} of a VM that is not there says so`, async () => {
    const { facts, plan: found } = await look(createFakeHost(), `vm.${verb}`, { vm: 'web-01' });
    assert.equal(facts, null);
    assert.deepEqual(found, { kind: 'refused', reason: 'there is no VM web-01', hint: 'vm list' });
  });

  test(`vm ${verb}: what the plan does not depend on leaves its facts equal`, async () => {
    const host = createFakeHost();
    const domain = host.addDomain({ name: 'web-01', state: verb === 'start' ? 'shutoff' : 'running' });
    const before = await look(host, `vm.${verb}`, { vm: 'web-01' });
    const metadata = { ...domain.metadata, tags: { env: 'dev' }, owner: 'team-b' };
    host.changeBehindBack('web-01', { metadata, reason: 'other', vcpus: 4, agent: 'disconnected', memoryMiB: 1 });
    if (verb !== 'start') host.changeBehindBack('web-01', { state: 'blocked' });
    assert.deepEqual(await look(host, `vm.${verb}`, { vm: 'web-01' }), before);
  });

  test(`vm ${verb}: another VM under the same name has other facts`, async () => {
    const host = createFakeHost();
    host.addDomain({ name: 'web-01' });
    const before = await look(host, `vm.${verb}`, { vm: 'web-01' });
    host.changeBehindBack('web-01', null);
    host.addDomain({ name: 'web-01' });
    assert.notDeepEqual((await look(host, `vm.${verb}`, { vm: 'web-01' })).facts, before.facts);
  });
}

function stateOf(text: string): DomainState {
  const states: DomainState[] = ['running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'pmsuspended'];
  const found = states.find((state) => state === text);
  assert.ok(found !== undefined);
  return found;
}

const trips: [string, DomainState, DomainState][] = [
  ['start', 'shutoff', 'running'],
  ['stop', 'running', 'shutoff'],
  ['kill', 'running', 'shutoff'],
  ['suspend', 'running', 'paused'],
  ['resume', 'paused', 'running'],
];

for (const [verb, before, after] of trips) {
  test(`vm ${verb} does what it said, and its undo leads back`, async (t) => {
    const host = createFakeHost();
    t.after(() => host.close());
    host.addDomain({ name: 'web-01', state: before });
    const { undo } = await plan(host, `vm.${verb}`, { vm: 'web-01' });
    await operate({ host }, `vm.${verb}`, { vm: 'web-01' });
    assert.equal((await host.domain('web-01'))?.state, after);
    assert.ok(undo !== null);
    await operate({ host }, undo.action, undo.args);
    assert.equal((await host.domain('web-01'))?.state, before);
  });
}

test('a guest that ignores the request is left on, and the person learns what would help', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'deaf-01' });
  host.fault({ method: 'waitFor', error: 'timed-out' });
  await assert.rejects(operate({ host }, 'vm.stop', { vm: 'deaf-01' }), {
    code: 'failed',
    message: /waiting 2 min for deaf-01 to power off: .* left on .*`vm stop deaf-01 --force`/,
  });
  assert.equal((await host.domain('deaf-01'))?.state, 'running');
  assert.equal(host.count('destroy'), 0);
});

test('a guest that ignores the request is switched off with --force, after the grace time only', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'deaf-01' });
  host.fault({ method: 'waitFor', error: 'timed-out' });
  const { summary } = await operate({ host }, 'vm.stop', { vm: 'deaf-01', force: true });
  assert.match(summary, /deaf-01 is off; .* plug was pulled/);
  assert.deepEqual(
    host.effects.map(({ method }) => method),
    ['shutdown', 'destroy'],
  );
});

test('a cancel while waiting for the guest leaves the VM alone, also with --force', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'deaf-01' });
  host.fault({ method: 'waitFor', error: 'cancelled' });
  await assert.rejects(operate({ host }, 'vm.stop', { vm: 'deaf-01', force: true }), { code: 'cancelled' });
  assert.equal((await host.domain('deaf-01'))?.state, 'running');
});

test('a lost answer to a start is found in the world, and the VM is started once', async (t) => {
  const host = createFakeHost();
  t.after(() => host.close());
  host.addDomain({ name: 'web-01', state: 'shutoff' });
  host.fault({ method: 'start', drop: true });
  assert.equal((await operate({ host }, 'vm.start', { vm: 'web-01' })).summary, 'web-01 is running');
  assert.equal(host.count('start'), 1);
});

test('a lost answer to a reboot stays unknown: the world has no trace of it', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'web-01' });
  host.fault({ method: 'reboot', drop: true });
  await assert.rejects(operate({ host }, 'vm.reboot', { vm: 'web-01' }), Unknown);
  assert.equal(host.count('reboot'), 1);
});

test('a crash after asking a deaf guest to power off is unknown, not asked again', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'deaf-01' });
  const journal = newJournal();
  const { facts } = await look(host, 'vm.stop', { vm: 'deaf-01' });
  const again = (crash?: { at: number; when: 'after' }) =>
    run({ host, ...(crash === undefined ? {} : { crash }) }, 'vm.stop', { vm: 'deaf-01' }, facts, journal);
  await assert.rejects(again({ at: 0, when: 'after' }), Crash);
  await assert.rejects(again(), Unknown);
  assert.equal(host.count('shutdown'), 1);
});

test('a VM that took the name meanwhile is never taken for the one that was meant', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'web-01' });
  const { facts } = await look(host, 'vm.kill', { vm: 'web-01' });
  host.changeBehindBack('web-01', null);
  host.addDomain({ name: 'web-01' });
  await assert.rejects(run({ host }, 'vm.kill', { vm: 'web-01' }, facts, newJournal()), { code: 'not-found' });
  assert.equal((await host.domain('web-01'))?.state, 'running');
});

test('after a crash, a running VM that took the name is no evidence of the start that was meant', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'web-01', state: 'shutoff' });
  const journal = newJournal();
  const args = { vm: 'web-01' };
  const { facts } = await look(host, 'vm.start', args);
  await assert.rejects(run({ host, crash: { at: 0, when: 'before' } }, 'vm.start', args, facts, journal), Crash);
  host.changeBehindBack('web-01', null);
  host.addDomain({ name: 'web-01' });
  await assert.rejects(run({ host }, 'vm.start', args, facts, journal), { code: 'not-found' });
});

test('a transient VM is said to be lost when it is off, and there is no way back', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'live-cd', persistent: false });
  for (const verb of ['vm.stop', 'vm.kill']) {
    const found = await plan(host, verb, { vm: 'live-cd' });
    assert.equal(found.undo, null);
    assert.match(found.lost.join('\n'), /definition of live-cd/);
  }
});

test('a start from saved memory is called so', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'web-01', state: 'shutoff', managedSave: true });
  assert.match((await plan(host, 'vm.start', { vm: 'web-01' })).effects[0] ?? '', /saved memory/);
});

test('stored facts of another shape are an answer that does not fit, not a crash', async () => {
  const host = createFakeHost();
  host.addDomain({ name: 'web-01' });
  await assert.rejects(run({ host }, 'vm.kill', { vm: 'web-01' }, { uuid: 1 }, newJournal()), {
    code: 'bad-answer',
    message: /stored facts of vm\.kill: .* plan again/,
  });
});

test('the record of an effect has the words of libvirt', async (t) => {
  const host = createFakeHost();
  t.after(() => host.close());
  const { uuid } = host.addDomain({ name: 'web-01', state: 'shutoff' });
  const journal = newJournal();
  await operate({ host }, 'vm.start', { vm: 'web-01' }, journal);
  await operate({ host }, 'vm.kill', { vm: 'web-01' }, journal);
  const common = { type: 'VIRT_CONTROL', vm: 'web-01', uuid };
  assert.deepEqual(journal.records, [
    { ...common, op: 'start', reason: 'booted', command: 'libvirt start web-01' },
    { ...common, op: 'stop', reason: 'destroyed', command: 'libvirt stop web-01' },
  ]);
});
