/**
 * What every `Host` promises, run on the fake and on a real libvirtd, so that tests on the fake mean something.
 * The guest is one without an operating system: it boots, and hears nothing.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import type { HostEvent, VmMetadata } from '../../actions/host.ts';
import {
  defineOn,
  emptyVolume,
  failsWith,
  type HostSubject,
  mustRead as mustReadOn,
  never,
  plain,
  WAIT_MS,
} from './subject.ts';

export function hostContract(name: string, make: () => Promise<HostSubject>): void {
  suite(`a host, ${name}`, () => {
    let subject: HostSubject;
    before(async () => {
      subject = await make();
    });
    after(() => subject.close());

    const define = (prefix: string, metadata = plain) => defineOn(subject, prefix, { metadata });
    const volume = (name: string) => emptyVolume(subject, name);
    const mustRead = (name: string) => mustReadOn(subject, name);

    const stateOf = async (name: string) => {
      const { state, reason } = await mustRead(name);
      return `${state} (${reason})`;
    };

    function record(uuid: string): { seen: string[]; stop(): void } {
      const seen: string[] = [];
      const watching = subject.host.watch((event: HostEvent) => {
        if (event.kind !== 'lifecycle' || event.event.uuid !== uuid) return;
        seen.push(`${event.event.event} ${event.event.detail}`);
      });
      return { seen, stop: watching.stop };
    }

    test('looking for what does not exist gives null', async () => {
      const { host, pool } = subject;
      assert.equal(await host.domain('nobody'), null);
      assert.equal(await host.volume(pool, 'nothing'), null);
      assert.equal(await host.volume('no-pool', 'nothing'), null);
      assert.equal(await host.volumeByPath('/nowhere/disk.img'), null);
      assert.equal(await host.pool('no-pool'), null);
    });

    test('doing something to what does not exist is not-found', async () => {
      const { host, pool } = subject;
      const uuid = randomUUID();
      await failsWith('not-found', host.start(uuid));
      await failsWith('not-found', host.destroy(uuid));
      await failsWith('not-found', host.undefineDomain(uuid));
      await failsWith('not-found', host.deleteVolume(pool, 'nothing'));
      await failsWith('not-found', host.uploadVolume(pool, 'nothing', Buffer.from('x')));
      await failsWith('not-found', host.createVolume({ ...volume('v'), pool: 'no-pool' }));
      await failsWith('not-found', host.volumes('no-pool'));
    });

    test('a host tells its pool and its capacity', async () => {
      const pool = await subject.host.pool(subject.pool);
      assert(pool?.active && pool.capacityBytes >= pool.availableBytes);
      const capacity = await subject.host.capacity();
      assert(capacity.cpus > 0 && capacity.freeMemoryMiB > 0 && capacity.memoryMiB >= capacity.freeMemoryMiB);
      assert.notEqual(capacity.hostname, '');
    });

    test('a volume is made once, found by name, path and list, and deleted', async () => {
      const { host, pool } = subject;
      await host.createVolume(volume('base.qcow2'));
      await failsWith('exists', host.createVolume(volume('base.qcow2')));
      const base = await host.volume(pool, 'base.qcow2');
      assert(base !== null);
      assert.deepEqual([base.format, base.capacityBytes, base.backing], ['qcow2', 1_048_576n, null]);
      assert.deepEqual(await host.volumeByPath(base.path), base);
      assert((await host.volumes(pool)).some(({ name }) => name === 'base.qcow2'));
      await host.deleteVolume(pool, 'base.qcow2');
      assert.equal(await host.volume(pool, 'base.qcow2'), null);
    });

    test('an overlay names the volume below it, which must be there', async () => {
      const { host, pool } = subject;
      await host.createVolume(volume('below.qcow2'));
      await host.createVolume({ ...volume('above.qcow2'), backing: { name: 'below.qcow2', format: 'qcow2' } });
      const below = await host.volume(pool, 'below.qcow2');
      assert.equal((await host.volume(pool, 'above.qcow2'))?.backing, below?.path);
      const orphan = { ...volume('orphan.qcow2'), backing: { name: 'gone.qcow2', format: 'qcow2' } };
      await failsWith('not-found', host.createVolume(orphan));
      assert.equal(await host.volume(pool, 'orphan.qcow2'), null);
    });

    test('a copy of an overlay stands on its own', async () => {
      const { host, pool } = subject;
      await host.createVolume(volume('origin.qcow2'));
      await host.createVolume({ ...volume('on-origin.qcow2'), backing: { name: 'origin.qcow2', format: 'qcow2' } });
      await host.copyVolume({ pool, name: 'on-origin.qcow2' }, { pool, name: 'copy.qcow2' });
      const copy = await host.volume(pool, 'copy.qcow2');
      assert.deepEqual([copy?.format, copy?.capacityBytes, copy?.backing], ['qcow2', 1_048_576n, null]);
      await failsWith('exists', host.copyVolume({ pool, name: 'origin.qcow2' }, { pool, name: 'copy.qcow2' }));
      await failsWith('not-found', host.copyVolume({ pool, name: 'nothing' }, { pool, name: 'other.qcow2' }));
      assert.equal(await host.volume(pool, 'other.qcow2'), null);
    });

    test('a volume takes content larger than one packet', async () => {
      const { host, pool } = subject;
      const content = Buffer.alloc(700_001, 'drover ');
      await host.createVolume({ ...volume('seed.iso'), format: 'raw', capacityBytes: BigInt(content.length) });
      await host.uploadVolume(pool, 'seed.iso', content);
      const seed = await host.volume(pool, 'seed.iso');
      assert(seed !== null && seed.allocationBytes >= BigInt(content.length));
    });

    test('a new domain reads back as it was asked for', async () => {
      const metadata: VmMetadata = {
        owner: `<é & "co" 's>`,
        expires: '2027-03-01T12:00:00Z',
        tags: { env: 'dev', note: 'a<b & "c" ünï' },
        protected: true,
        request: 4711,
      };
      const wanted = await define('reads-back', metadata);
      const { serialLog, agent, ...domain } = await mustRead(wanted.name);
      assert.deepEqual(domain, {
        name: wanted.name,
        uuid: wanted.uuid,
        state: 'shutoff',
        reason: 'unknown',
        persistent: true,
        vcpus: 1,
        memoryMiB: 24,
        metadata,
        disks: [{ target: 'vda', device: 'disk', source: wanted.diskPath }],
        managedSave: false,
        snapshots: 0,
      });
      assert.equal(agent, 'disconnected');
      assert.match(serialLog ?? '', /reads-back/);
      assert.deepEqual(
        (await subject.host.domains()).find(({ uuid }) => uuid === wanted.uuid),
        { ...domain, serialLog, agent },
      );
    });

    test('a name or a UUID that is taken is not defined again', async () => {
      const taken = await define('taken');
      await failsWith('exists', subject.host.defineDomain({ ...taken, uuid: randomUUID(), memoryMiB: 32 }));
      await failsWith('exists', subject.host.defineDomain({ ...taken, name: 'other-name' }));
      await failsWith('exists', subject.host.defineDomain({ ...taken, memoryMiB: 32 }));
      assert.equal((await mustRead(taken.name)).memoryMiB, 24);
    });

    test('a domain goes through its states, and each change is an event', async () => {
      const { host } = subject;
      const { name, uuid } = await define('lives');
      const events = record(uuid);
      await host.start(uuid);
      assert.equal(await stateOf(name), 'running (booted)');
      await host.suspend(uuid);
      await host.suspend(uuid); // of a paused domain it is no error
      assert.equal(await stateOf(name), 'paused (user)');
      await host.resume(uuid);
      await failsWith('wrong-state', host.resume(uuid)); // of a running one it is
      assert.equal(await stateOf(name), 'running (unpaused)');
      await host.destroy(uuid);
      assert.equal(await stateOf(name), 'shutoff (destroyed)');
      await host.undefineDomain(uuid);
      assert.equal(await host.domain(name), null);
      events.stop();
      const notable = ['started booted', 'suspended paused', 'stopped destroyed', 'undefined removed'];
      assert.deepEqual(
        events.seen.filter((event) => notable.includes(event)),
        notable,
      );
    });

    test('what does not fit the state is wrong-state, and changes nothing', async () => {
      const { host } = subject;
      const { name, uuid } = await define('stubborn');
      await failsWith('wrong-state', host.destroy(uuid));
      await failsWith('wrong-state', host.shutdown(uuid));
      await failsWith('wrong-state', host.reboot(uuid));
      await failsWith('wrong-state', host.suspend(uuid));
      await failsWith('wrong-state', host.resume(uuid));
      assert.equal(await stateOf(name), 'shutoff (unknown)');
      await host.start(uuid);
      const error = await failsWith('wrong-state', host.start(uuid));
      assert.deepEqual(error.libvirt, { code: 55, domain: 10, level: 2 });
      assert.equal(await stateOf(name), 'running (booted)');
      await host.destroy(uuid);
    });

    test('asking a deaf guest to shut down returns at once and leaves it running', async () => {
      const { host } = subject;
      const { name, uuid } = await define('deaf');
      await host.start(uuid);
      await host.shutdown(uuid);
      assert.equal((await mustRead(name)).state, 'running');
      await failsWith(
        'timed-out',
        host.waitFor(uuid, (domain) => domain?.state === 'shutoff', 100, never),
      );
      assert.equal((await mustRead(name)).state, 'running');
      await host.destroy(uuid);
    });

    test('a running domain that is undefined lives on until it stops', async () => {
      const { host } = subject;
      const { name, uuid } = await define('transient');
      await host.start(uuid);
      await host.undefineDomain(uuid);
      const { state, persistent } = await mustRead(name);
      assert.deepEqual([state, persistent], ['running', false]);
      assert.equal((await host.domains()).find((domain) => domain.uuid === uuid)?.persistent, false);
      await failsWith('wrong-state', host.undefineDomain(uuid));
      await host.destroy(uuid);
      assert.equal(await host.domain(name), null);
      assert.equal(await host.waitFor(uuid, (domain) => domain === null, WAIT_MS, never), null);
    });

    test('waiting ends with the change, by time, or when it is cancelled', async () => {
      const { host } = subject;
      const { uuid } = await define('waits');
      const runs = host.waitFor(uuid, (domain) => domain?.state === 'running', WAIT_MS, never);
      await host.start(uuid);
      assert.equal((await runs)?.state, 'running');
      await failsWith(
        'timed-out',
        host.waitFor(uuid, () => false, 50, never),
      );
      await failsWith(
        'cancelled',
        host.waitFor(uuid, () => false, WAIT_MS, AbortSignal.abort()),
      );
      const cancel = new AbortController();
      const cancelled = failsWith(
        'cancelled',
        host.waitFor(uuid, () => false, WAIT_MS, cancel.signal),
      );
      cancel.abort();
      await cancelled;
      await host.destroy(uuid);
    });

    test('figures name every domain, and CPU time only where something runs', async () => {
      const { host } = subject;
      const on = await define('counts');
      const off = await define('rests');
      await host.start(on.uuid);
      const stats = await host.stats();
      const running = stats.find(({ uuid }) => uuid === on.uuid);
      assert.deepEqual([running?.name, running?.state, running?.vcpus], [on.name, 'running', 1]);
      assert.equal(typeof running?.cpuTimeNs, 'bigint');
      const resting = stats.find(({ uuid }) => uuid === off.uuid);
      assert.deepEqual([resting?.state, resting?.cpuTimeNs], ['shutoff', null]);
      await host.destroy(on.uuid);
    });

    test('a domain without a serial log has an empty one', async () => {
      const domain = { ...(await mustRead((await define('silent')).name)), serialLog: null };
      assert.equal(await subject.host.serialTail(domain, 1_000), '');
    });
  });
}
