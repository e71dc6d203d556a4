/** What tests rely on in the fake host: faults that do what they say, guests with a character, honest counts. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Domain, HostEvent } from '../../actions/host.ts';
import { createFakeHost, type FakeHost } from './host.ts';

let host: FakeHost;
let atEffect: string[];
beforeEach(() => {
  atEffect = [];
  host = createFakeHost({ slowMs: 60, onEffect: ({ method, name }) => atEffect.push(`${method} ${name}`) });
});
afterEach(() => host.close());

const never = new AbortController().signal;
const isOff = (domain: Domain | null) => domain?.state === 'shutoff';

test('a dropped answer has its effect; one dropped before has none', async () => {
  const { uuid } = host.addDomain({ name: 'web-01', state: 'shutoff' });
  host.fault({ method: 'start', dropBefore: true });
  await assert.rejects(host.start(uuid), { code: 'connection-lost' });
  assert.equal((await host.domain('web-01'))?.state, 'shutoff');
  host.fault({ method: 'start', drop: true });
  await assert.rejects(host.start(uuid), { code: 'connection-lost' });
  assert.equal((await host.domain('web-01'))?.state, 'running');
  assert.deepEqual([host.count('start'), host.count('start', 'web-01'), host.calls('start')], [1, 1, 2]);
  assert.deepEqual(atEffect, ['start web-01']);
});

test('an error ordered for one VM and two times is for that VM and two times', async () => {
  const [one, two] = ['web-01', 'web-02'].map((name) => host.addDomain({ name, state: 'shutoff' }));
  assert(one && two);
  host.fault({ method: 'start', name: 'web-01', error: 'failed', message: 'no memory', times: 2 });
  await host.start(two.uuid);
  await assert.rejects(host.start(one.uuid), { code: 'failed', message: /no memory/ });
  await assert.rejects(host.start(one.uuid), { code: 'failed' });
  await host.start(one.uuid);
  assert.equal(host.count('start'), 2);
});

test('a refusal by libvirt’s rules is no effect', async () => {
  const { uuid } = host.addDomain({ name: 'web-01' });
  await assert.rejects(host.start(uuid), { code: 'wrong-state' });
  assert.deepEqual(host.effects, []);
});

test('a delayed call has its effect late', async () => {
  const { uuid } = host.addDomain({ name: 'web-01', state: 'shutoff' });
  host.fault({ method: 'start', delayMs: 20 });
  const starting = host.start(uuid);
  assert.equal((await host.domain('web-01'))?.state, 'shutoff');
  await starting;
  assert.equal((await host.domain('web-01'))?.state, 'running');
});

test('a guest that hears powers off, a deaf one does not', async () => {
  const web = host.addDomain({ name: 'web-01' });
  const deaf = host.addDomain({ name: 'deaf-01' });
  await host.shutdown(web.uuid);
  await host.shutdown(deaf.uuid);
  assert.equal((await host.waitFor(web.uuid, isOff, 5_000, never))?.reason, 'shutdown');
  assert.equal((await host.domain('deaf-01'))?.state, 'running');
});

test('a request to power off does not outlive the boot that heard it', async () => {
  const { uuid } = host.addDomain({ name: 'slow-01' });
  await host.shutdown(uuid);
  await host.destroy(uuid);
  await host.start(uuid);
  await assert.rejects(host.waitFor(uuid, isOff, 150, never), { code: 'timed-out' });
});

test('a guest’s agent comes up after the boot, a mute one’s never', async () => {
  for (const name of ['web-01', 'mute-01']) {
    const { uuid } = host.addDomain({
      name,
      state: 'shutoff',
      agent: 'disconnected',
      serialLog: `/serial/${name}.log`,
    });
    await host.start(uuid);
    const up = host.waitFor(uuid, (domain) => domain?.agent === 'connected', 50, never);
    if (name === 'mute-01') await assert.rejects(up, { code: 'timed-out' });
    else assert.match(await host.serialTail((await up) ?? assert.fail(), 100), /web-01 login/);
  }
});

test('a change behind the back is an event, and a quiet one is none', async () => {
  host.addDomain({ name: 'web-01' });
  const events: HostEvent[] = [];
  host.watch((event) => events.push(event));
  host.changeBehindBack('web-01', { memoryMiB: 2048 });
  host.changeBehindBack('web-01', null, 'quiet');
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['changed'],
  );
  assert.equal(await host.domain('web-01'), null);
});

test('a disconnected host is unreachable until it is reconnected, and says both', async () => {
  const events: string[] = [];
  host.watch(({ kind }) => events.push(kind));
  host.disconnect();
  await assert.rejects(host.domains(), { code: 'unreachable' });
  host.reconnect();
  assert.deepEqual(await host.domains(), []);
  assert.deepEqual(events, ['lost', 'connected']);
});

test('what a caller does with an answer changes nothing', async () => {
  host.addDomain({ name: 'web-01', metadata: { owner: 'a', expires: null, tags: {}, protected: false, request: 1 } });
  const domain = await host.domain('web-01');
  assert(domain);
  domain.metadata.owner = 'b';
  assert.equal((await host.domain('web-01'))?.metadata.owner, 'a');
});

test('a start without its disk fails', async () => {
  const { uuid } = host.addDomain({
    name: 'web-01',
    state: 'shutoff',
    disks: [{ target: 'vda', device: 'disk', source: '/pools/default/gone.qcow2' }],
  });
  await assert.rejects(host.start(uuid), { code: 'failed', message: /gone.qcow2/ });
});

test('what is uploaded can be looked at', async () => {
  host.addVolume({ name: 'seed.iso', format: 'raw' });
  await host.uploadVolume('default', 'seed.iso', Buffer.from('meta'));
  assert.deepEqual(host.uploaded('default', 'seed.iso'), new Uint8Array(Buffer.from('meta')));
});
