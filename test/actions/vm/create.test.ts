import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../../actions/host.ts';
import { createFakeHost, type FakeHost, type FakeHostOptions } from '../../fakes/host.ts';
import { bind, Crash, look, newJournal, operate, plan, run, Unknown } from './operate.ts';

const GIB = 1024n ** 3n;
const DISK = 'web-01-1a2b3c4d.qcow2';
const SEED = 'web-01-1a2b3c4d-seed.iso';

function hostWithImage(options: FakeHostOptions = {}): FakeHost {
  const host = createFakeHost(options);
  host.addVolume({ name: 'tiny.qcow2', capacityBytes: GIB });
  return host;
}

async function leftovers(host: Host): Promise<string[]> {
  const domains = (await host.domains()).map(({ name }) => name);
  const volumes = (await host.volumes('default')).map(({ name }) => name);
  return [...domains, ...volumes.filter((name) => name !== 'tiny.qcow2')];
}

const effects = (host: FakeHost) => host.effects.map(({ method }) => method);
const MADE = ['createVolume', 'createVolume', 'uploadVolume', 'defineDomain', 'start'];

test('the plan tells each change, what it costs, and how it is taken back', async () => {
  const host = hostWithImage();
  const args = { name: 'web-01', memory: '2GiB', vcpus: '2', disk: '8GiB', ttl: '30d', tags: ['env=dev'] };
  const found = await plan(host, 'vm.create', args);
  assert.deepEqual(found.effects, [
    `Create the disk ${DISK} of 8 GiB on top of tiny.qcow2 in pool default`,
    `Create ${SEED} there, which tells the guest its name`,
    'Define web-01 with 2 vCPU and 2 GiB, owner ada, lease 30 d',
    'Start web-01 and wait up to 1 s for a sign from its guest',
  ]);
  assert.deepEqual(found.cost, { vcpus: 2, memoryMiB: 2048, diskGiB: 8 });
  assert.deepEqual(
    found.changes.map(({ path, before, after }) => [path, before, after]),
    [
      [`volume/default/${DISK}`, null, { capacityBytes: String(8n * GIB), backing: 'tiny.qcow2' }],
      [`volume/default/${SEED}`, null, { format: 'raw' }],
      ['domain/web-01/state', null, 'running'],
      ['domain/web-01/vcpus', null, 2],
      ['domain/web-01/memoryMiB', null, 2048],
      ['domain/web-01/owner', null, 'ada'],
      ['domain/web-01/leaseSeconds', null, 2_592_000],
      ['domain/web-01/tags', null, { env: 'dev' }],
    ],
  );
  assert.equal(found.undo?.action, 'vm.delete');
  assert.equal(host.effects.length, 0);
});

test('the target stands in for what no inventory knows yet', () => {
  const { targets } = bind('vm.create', { name: 'web-01', owner: 'team-a', tags: 'env=dev' });
  assert.deepEqual(targets, [{ vm: 'web-01', creates: { owner: 'team-a', tags: { env: 'dev' } } }]);
});

const refusals: [string, Record<string, string>, (host: FakeHost) => void, RegExp, string | null][] = [
  ['a name that is taken', {}, (host) => host.addDomain({ name: 'web-01' }), /name web-01 is taken/, null],
  ['an image that is not there', { image: 'other.qcow2' }, () => {}, /pool default has no image other.qcow2/, null],
  [
    'a disk smaller than its image',
    { image: 'big.qcow2', disk: '2GiB' },
    () => {},
    /big.qcow2 needs .* 10 GiB/,
    '--disk 10GiB',
  ],
  [
    'more memory than is left to promise',
    { memory: '31GiB' },
    (host) => host.addDomain({ name: 'db-01', memoryMiB: 2048 }),
    /the host has 30 GiB of memory left/,
    '--memory 30GiB',
  ],
  ['a disk that can outgrow the pool', { disk: '91GiB' }, () => {}, /pool default has 90 GiB left/, null],
  [
    'an image that is the disk of a VM',
    {},
    (host) =>
      host.addDomain({ name: 'gold', disks: [{ target: 'vda', device: 'disk', source: '/pools/default/tiny.qcow2' }] }),
    /tiny.qcow2 is the disk of a VM/,
    null,
  ],
  [
    'an image in a format that cannot be built on',
    { image: 'old.vmdk' },
    () => {},
    /old.vmdk has the format vmdk/,
    null,
  ],
];

for (const [what, args, prepare, reason, hint] of refusals) {
  test(`${what} is refused before anything is done`, async () => {
    const host = hostWithImage();
    host.addVolume({ name: 'big.qcow2' });
    host.addVolume({ name: 'old.vmdk', format: 'vmdk' });
    prepare(host);
    const { plan: found } = await look(host, 'vm.create', { name: 'web-01', ...args });
    assert.equal(found.kind, 'refused');
    assert.match(found.kind === 'refused' ? found.reason : '', reason);
    if (hint !== null) assert.equal(found.kind === 'refused' ? found.hint : null, hint);
    assert.equal(host.effects.length, 0);
  });
}

for (const [pools, reason] of [
  [[], /no pool default/],
  [[{ name: 'default', active: false, capacityBytes: GIB, availableBytes: GIB }], /pool default is not active/],
] as const) {
  test(`without a pool to use it is refused: ${reason.source}`, async () => {
    const { plan: found } = await look(createFakeHost({ pools: [...pools] }), 'vm.create', { name: 'web-01' });
    assert.match(found.kind === 'refused' ? found.reason : '', reason);
  });
}

test('stopped VMs promise no memory, and the hint for too little of it fits', async () => {
  const host = hostWithImage();
  host.addDomain({ name: 'db-01', memoryMiB: 32_768, state: 'shutoff' });
  assert.equal((await look(host, 'vm.create', { name: 'web-01', memory: '32GiB' })).plan.kind, 'plan');
});

test('what the host does besides leaves the facts equal', async () => {
  const host = hostWithImage();
  const before = await look(host, 'vm.create', { name: 'web-01' });
  host.addDomain({ name: 'other', memoryMiB: 4096 });
  host.addVolume({ name: 'other.qcow2' });
  assert.deepEqual(await look(host, 'vm.create', { name: 'web-01' }), before);
});

test('a VM is made, started and described, and its undo leaves nothing behind', async (t) => {
  const host = hostWithImage();
  t.after(() => host.close());
  const args = { name: 'web-01', ttl: '1h', tags: 'env=dev' };
  const { undo } = await plan(host, 'vm.create', args);
  const outcome = await operate({ host }, 'vm.create', args);
  assert.equal(outcome.summary, 'web-01 is running and ready');
  assert.deepEqual(effects(host), MADE);
  const domain = await host.domain('web-01');
  assert.deepEqual(domain?.metadata, {
    owner: 'ada',
    expires: '2026-11-22T13:00:00Z',
    tags: { env: 'dev' },
    protected: false,
    request: 7,
  });
  assert.equal((await host.volume('default', DISK))?.backing, '/pools/default/tiny.qcow2');
  assert.match(Buffer.from(host.uploaded('default', SEED) ?? []).toString('latin1'), /local-hostname: "web-01"/);
  assert.ok(undo !== null);
  await operate({ host }, undo.action, undo.args);
  assert.deepEqual(await leftovers(host), []);
});

test('a guest that gives no sign is running, and that is said', async (t) => {
  const host = hostWithImage();
  t.after(() => host.close());
  const outcome = await operate({ host }, 'vm.create', { name: 'mute-01' });
  assert.equal(outcome.summary, 'mute-01 is running; no sign from its guest within 1 s');
  assert.deepEqual(outcome.blocks.at(-1), { kind: 'code', text: 'booting' });
});

test('a serial console that says READY is a sign; its control codes go no further', async (t) => {
  const fake = hostWithImage();
  t.after(() => fake.close());
  const host = {
    ...fake,
    serialTail: async () => 'booting\r\n\u001b[1;32mmute-01 READY\u001b[0m in 3 s\u0007\r\nlogin: ',
  };
  const outcome = await operate({ host }, 'vm.create', { name: 'mute-01' });
  assert.equal(outcome.summary, 'mute-01 is running and ready');
  assert.deepEqual(outcome.blocks.at(-1), { kind: 'code', text: 'mute-01 READY in 3 s' });
});

test('a serial log that cannot be read is no failure', async (t) => {
  const host = hostWithImage();
  t.after(() => host.close());
  host.fault({ method: 'serialTail', error: 'denied', times: 99 });
  assert.match((await operate({ host }, 'vm.create', { name: 'mute-01' })).summary, /is running; no sign/);
});

test('a guest that goes off at once is told as it is', async (t) => {
  const host = hostWithImage({ bootMs: 60_000 });
  t.after(() => host.close());
  const before = (title: string) => {
    if (title.startsWith('waiting')) host.changeBehindBack('web-01', { state: 'shutoff', reason: 'crashed' });
  };
  const { summary } = await operate({ host, before }, 'vm.create', { name: 'web-01' });
  assert.equal(summary, 'web-01 was made and started, but is shutoff now');
});

const failures = [
  ['createVolume', 'no-space'],
  ['uploadVolume', 'no-space'],
  ['defineDomain', 'denied'],
  ['start', 'failed'],
] as const;

for (const [method, error] of failures) {
  test(`when ${method} comes to nothing (${error}), what was made goes again, and the reason is told`, async () => {
    const host = hostWithImage();
    host.fault({ method, error });
    await assert.rejects(operate({ host }, 'vm.create', { name: 'web-01' }), { code: error });
    assert.deepEqual(await leftovers(host), []);
  });
}

test('a volume that was there already under the disk’s name is not ours to remove', async () => {
  const host = hostWithImage();
  host.addVolume({ name: DISK });
  await assert.rejects(operate({ host }, 'vm.create', { name: 'web-01' }), { code: 'exists' });
  assert.deepEqual(await leftovers(host), [DISK]);
  assert.equal(host.count('deleteVolume'), 0);
});

test('a name that is taken in the last moment: our volumes go, the other VM stays', async () => {
  const host = hostWithImage();
  const before = (title: string) => {
    if (title === 'defining web-01') host.addDomain({ name: 'web-01' });
  };
  await assert.rejects(operate({ host, before }, 'vm.create', { name: 'web-01' }), { code: 'exists' });
  assert.deepEqual(await leftovers(host), ['web-01']);
  assert.equal((await host.domain('web-01'))?.state, 'running');
});

for (const method of ['createVolume', 'defineDomain', 'start'] as const) {
  test(`a lost answer to ${method} is found in the world; nothing is done twice`, async (t) => {
    const host = hostWithImage();
    t.after(() => host.close());
    host.fault({ method, drop: true });
    await operate({ host }, 'vm.create', { name: 'web-01' });
    assert.deepEqual(effects(host), MADE);
  });

  test(`a connection lost before ${method} leaves all as it is: nobody cleans blindly`, async () => {
    const host = hostWithImage();
    host.fault({ method, dropBefore: true });
    await assert.rejects(operate({ host }, 'vm.create', { name: 'web-01' }), Unknown);
    assert.equal(host.count('deleteVolume') + host.count('undefineDomain') + host.count('destroy'), 0);
  });
}

test('an unclear answer that nobody asked about takes nothing away', async () => {
  const host = hostWithImage();
  host.fault({ method: 'start', drop: true });
  await assert.rejects(operate({ host, unasked: true }, 'vm.create', { name: 'web-01' }), { code: 'connection-lost' });
  assert.deepEqual(effects(host), MADE);
});

test('when taking back does not work either, it says what is left behind', async () => {
  const host = hostWithImage();
  host.fault({ method: 'start', error: 'failed' });
  host.fault({ method: 'undefineDomain', error: 'denied' });
  await assert.rejects(operate({ host }, 'vm.create', { name: 'web-01' }), {
    code: 'failed',
    message: /start web-01.*; then removing the definition of web-01: .*; it is left behind/,
  });
  assert.deepEqual(await leftovers(host), ['web-01', DISK, SEED]);
});

const titles = [
  'creating the disk of web-01',
  'creating the seed of web-01',
  'writing the seed of web-01',
  'defining web-01',
  'starting web-01',
  'waiting up to 1 s for a sign from web-01',
];

for (const title of titles) {
  test(`a cancel before ${title} leaves nothing behind`, async (t) => {
    const host = hostWithImage();
    t.after(() => host.close());
    const controller = new AbortController();
    const before = (now: string) => {
      if (now === title) controller.abort();
    };
    const running = { host, signal: controller.signal, before };
    await assert.rejects(operate(running, 'vm.create', { name: 'web-01' }), { code: 'cancelled' });
    assert.deepEqual(await leftovers(host), []);
  });
}

test('a failure to look at a VM that runs already does not take it away', async (t) => {
  const host = hostWithImage();
  t.after(() => host.close());
  host.fault({ method: 'waitFor', error: 'failed' });
  await assert.rejects(operate({ host }, 'vm.create', { name: 'web-01' }), { code: 'failed' });
  assert.equal((await host.domain('web-01'))?.state, 'running');
});

for (let at = 0; at < MADE.length; at++) {
  for (const when of ['before', 'after'] as const) {
    test(`a crash ${when} ${MADE[at]} (step ${at + 1}) ends in one VM, made once`, async (t) => {
      const host = hostWithImage();
      t.after(() => host.close());
      const journal = newJournal();
      const args = { name: 'web-01' };
      const { facts } = await look(host, 'vm.create', args);
      await assert.rejects(run({ host, crash: { at, when } }, 'vm.create', args, facts, journal), Crash);
      assert.equal((await run({ host }, 'vm.create', args, facts, journal)).summary, 'web-01 is running and ready');
      const uploads = host.count('uploadVolume');
      assert.equal(uploads, MADE[at] === 'uploadVolume' && when === 'after' ? 2 : 1);
      assert.deepEqual([...new Set(effects(host))], [...new Set(MADE)]);
      assert.equal(host.effects.length, MADE.length - 1 + uploads);
    });

    test(`a crash ${when} taking back step ${at + 1} ends with nothing left behind`, async () => {
      const host = hostWithImage();
      const journal = newJournal();
      const controller = new AbortController();
      const before = (title: string) => {
        if (title.startsWith('waiting')) controller.abort();
      };
      const args = { name: 'web-01' };
      const { facts } = await look(host, 'vm.create', args);
      const crash = { at: MADE.length + Math.min(at, 3), when };
      const running = { host, signal: controller.signal, before };
      await assert.rejects(run({ ...running, crash }, 'vm.create', args, facts, journal), Crash);
      await assert.rejects(run(running, 'vm.create', args, facts, journal), { code: 'cancelled' });
      assert.deepEqual(await leftovers(host), []);
    });
  }
}
