/** vm.resize says beforehand what takes effect now and what at the next start, and restarts nothing to obey. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../actions/action.ts';
import type { Domain } from '../../../actions/host.ts';
import type { Hardware } from '../../../actions/host-hardware.ts';
import { createFakeHost, type FakeHost } from '../../fakes/host.ts';
import { Crash, look, newJournal, operate, plan, run } from './operate.ts';

const vm = 'web-01';

function hostWith(domain: Partial<Domain> = {}, hardware: Partial<Hardware> = {}, capacityMiB = 32_768): FakeHost {
  const host = createFakeHost({ capacity: { memoryMiB: capacityMiB } });
  host.addDomain({ name: vm, vcpus: 2, memoryMiB: 2048, ...domain });
  host.changeHardware(domain.name ?? vm, { maxVcpus: 4, ...hardware });
  return host;
}

const off: Partial<Domain> = { state: 'shutoff' };

interface Case {
  what: string;
  domain?: Partial<Domain>;
  hardware?: Partial<Hardware>;
  args: JsonObject;
  effects: RegExp[];
  now?: Partial<Hardware>;
  next: Partial<Hardware>;
}

const cases: Case[] = [
  {
    ...{ what: 'more vCPUs that fit', args: { vcpus: '4' } },
    effects: [/^Now: plug vCPUs/, /takes no snapshots with memory/, /^From its next start on: .* 4 vCPU/],
    ...{ now: { vcpus: 4, pluggedVcpus: 2 }, next: { vcpus: 4 } },
  },
  {
    ...{ what: 'more vCPUs than it was started for', args: { vcpus: '6' } },
    effects: [/^Not now: .* room for 4 vCPU/, /^From its next start on: .* 6 vCPU/, /not restarted/],
    ...{ now: { vcpus: 2, maxVcpus: 4 }, next: { vcpus: 6, maxVcpus: 6 } },
  },
  {
    ...{ what: 'fewer vCPUs', args: { vcpus: '1' } },
    effects: [/^Not now: vCPUs are not taken/, /^From its next start on: .* 1 vCPU/, /not restarted/],
    ...{ now: { vcpus: 2 }, next: { vcpus: 1, maxVcpus: 4 } },
  },
  {
    ...{ what: 'more memory than its maximum', args: { memory: '4GiB' } },
    effects: [/^Not now: the maximum memory of a running VM cannot change, and it is 2 GiB/, /4 GiB/, /not restarted/],
    ...{ now: { memoryMiB: 2048, maxMemoryMiB: 2048 }, next: { memoryMiB: 4096, maxMemoryMiB: 4096 } },
  },
  {
    ...{ what: 'memory back within its maximum', args: { memory: '2GiB' }, hardware: { memoryMiB: 1024 } },
    effects: [/^Now: ask the guest of web-01 to use 2 GiB/, /^From its next start on/],
    ...{ now: { memoryMiB: 2048 }, next: { maxMemoryMiB: 2048 } },
  },
  {
    ...{ what: 'less memory', args: { memory: '1GiB' } },
    effects: [/^Not now: memory that is taken from a running guest/, /1 GiB of memory, and no more/, /not restarted/],
    ...{ now: { memoryMiB: 2048 }, next: { memoryMiB: 1024, maxMemoryMiB: 1024 } },
  },
  {
    ...{ what: 'less memory, now', args: { memory: '1GiB', now: true } },
    effects: [/^Now: ask the guest of web-01 to use 1 GiB/, /1 GiB of memory, and no more/],
    ...{ now: { memoryMiB: 1024, maxMemoryMiB: 2048 }, next: { maxMemoryMiB: 1024 } },
  },
  {
    ...{ what: 'a VM that is off', domain: off, args: { vcpus: '8', memory: '8GiB' } },
    effects: [/^At its next start: .* 8 vCPU/, /^At its next start: .* 8 GiB/],
    next: { vcpus: 8, maxVcpus: 8, maxMemoryMiB: 8192 },
  },
];

for (const { what, domain, hardware, args, effects, now, next } of cases) {
  test(`resizing, ${what}: what is said is what happens`, async () => {
    const host = hostWith(domain, hardware);
    const { uuid, state } = (await host.domain(vm)) ?? assert.fail();
    const said = (await plan(host, 'vm.resize', { vm, ...args })).effects;
    assert.equal(said.length, effects.length, said.join('\n'));
    for (const [index, effect] of effects.entries()) assert.match(said[index] ?? '', effect);
    await operate({ host }, 'vm.resize', { vm, ...args });
    const times = await host.hardware(uuid);
    if (now !== undefined) assert.deepEqual({ ...times?.now, ...now }, times?.now);
    assert.deepEqual({ ...times?.next, ...next }, times?.next);
    assert.equal((await host.domain(vm))?.state, state);
    const again = (await look(host, 'vm.resize', { vm, ...args })).plan;
    assert.match(again.kind === 'refused' ? again.reason : 'a plan', /already$|without --now/);
  });
}

const refusals: [string, JsonObject, Partial<Domain>, RegExp, string | null][] = [
  ['without a size', {}, {}, /nothing to change/, 'vm resize web-01 --vcpus 2 --memory 4GiB'],
  ['to what it is', { vcpus: '2', memory: '2GiB' }, {}, /has that size already/, null],
  [
    '--now beyond its maximum',
    { memory: '4GiB', now: true },
    {},
    /maximum memory of a running VM cannot/,
    'without --now it takes effect at the next start',
  ],
  ['of a transient VM beyond', { vcpus: '6' }, { persistent: false }, /transient, so it has no next start/, null],
  ['beyond its host', { memory: '64GiB' }, {}, /the host has 32 GiB of memory left/, '--memory 32GiB'],
  ['of a suspended VM', { vcpus: '4' }, { state: 'paused' }, /is suspended/, 'vm resume web-01'],
  ['of one with saved memory', { vcpus: '4' }, { ...off, managedSave: true }, /saved memory/, 'vm start web-01'],
];

for (const [what, args, domain, reason, hint] of refusals) {
  test(`resizing ${what} is refused`, async () => {
    const { plan: found } = await look(hostWith(domain), 'vm.resize', { vm, ...args });
    assert.ok(found.kind === 'refused', JSON.stringify(found));
    assert.match(found.reason, reason);
    assert.equal(found.hint, hint);
  });
}

test('a guest that does not give up memory is said to have what it has', async () => {
  const host = hostWith({ name: 'mute-01' });
  const { uuid } = (await host.domain('mute-01')) ?? assert.fail();
  const signal = AbortSignal.timeout(600);
  await assert.rejects(operate({ host, signal }, 'vm.resize', { vm: 'mute-01', memory: '1GiB', now: true }), {
    code: 'cancelled',
  });
  assert.equal((await host.hardware(uuid))?.next?.maxMemoryMiB, 1024);
});

test('other VMs that start meanwhile void no approval while there is room', async () => {
  const host = hostWith();
  const before = (await look(host, 'vm.resize', { vm, memory: '4GiB' })).facts;
  host.addDomain({ name: 'other', memoryMiB: 4096 });
  assert.deepEqual((await look(host, 'vm.resize', { vm, memory: '4GiB' })).facts, before);
});

for (let at = 0; at < 2; at++) {
  test(`a resize that crashes at step ${at + 1} is gone on with`, async () => {
    const host = hostWith();
    const args = { vm, vcpus: '4' };
    const journal = newJournal();
    const { facts } = await look(host, 'vm.resize', args);
    await assert.rejects(run({ host, crash: { at, when: 'after' } }, 'vm.resize', args, facts, journal), Crash);
    await run({ host }, 'vm.resize', args, facts, journal);
    const { uuid } = (await host.domain(vm)) ?? assert.fail();
    const times = await host.hardware(uuid);
    assert.deepEqual([times?.now?.vcpus, times?.next?.vcpus], [4, 4]);
  });
}
