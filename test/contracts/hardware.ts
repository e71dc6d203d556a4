/** What every `Host` promises about changing machines, running and off. The guest here has no operating system. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import type { Hardware, HardwareTimes } from '../../actions/host-hardware.ts';
import { defineOn, emptyVolume, failsWith, type HostSubject, mustRead } from './subject.ts';

const MAC = '52:54:00:00:00:42';

export function hardwareContract(name: string, make: () => Promise<HostSubject>): void {
  suite(`machines of a host, ${name}`, () => {
    let subject: HostSubject;
    before(async () => {
      subject = await make();
    });
    after(() => subject.close());

    async function read(uuid: string): Promise<HardwareTimes> {
      const times = await subject.host.hardware(uuid);
      assert(times !== null);
      return times;
    }

    /** One figure, now and next; undefined where it is off or transient. */
    async function both<K extends keyof Hardware>(uuid: string, key: K): Promise<(Hardware[K] | undefined)[]> {
      const { now, next } = await read(uuid);
      return [now?.[key], next?.[key]];
    }

    async function volume(name: string): Promise<string> {
      await subject.host.createVolume(emptyVolume(subject, name));
      const made = await subject.host.volume(subject.pool, name);
      assert(made !== null);
      return made.path;
    }

    test('what does not exist has no hardware, and nothing can be done to it', async () => {
      const { host } = subject;
      const uuid = randomUUID();
      assert.equal(await host.hardware(uuid), null);
      await failsWith('not-found', host.setVcpus(uuid, 2, 'next'));
      await failsWith('not-found', host.detachDisk(uuid, 'vdb'));
      await failsWith('not-found', host.setLink(uuid, MAC, 'down'));
    });

    test('vCPUs are plugged up to the maximum, which only a start raises', async () => {
      const { host, virsh } = subject;
      const { name, uuid } = await defineOn(subject, 'vcpus');
      await host.setVcpus(uuid, 3, 'next');
      await host.setVcpus(uuid, 1, 'next');
      assert.deepEqual(await both(uuid, 'maxVcpus'), [undefined, 3]);
      await failsWith('wrong-state', host.setVcpus(uuid, 2, 'now'));
      await host.start(uuid);
      await host.setVcpus(uuid, 2, 'now');
      assert.deepEqual(await both(uuid, 'vcpus'), [2, 1]);
      assert.deepEqual(await both(uuid, 'pluggedVcpus'), [1, 0]);
      assert.equal((await mustRead(subject, name)).vcpus, 2);
      await assert.rejects(host.setVcpus(uuid, 4, 'now'));
      await host.setVcpus(uuid, 4, 'next');
      assert.deepEqual(await both(uuid, 'maxVcpus'), [3, 4]);
      if (virsh !== null) assert.match(await virsh('vcpucount', name), /current +live +2\n.*/);
      await host.destroy(uuid);
      assert.equal((await mustRead(subject, name)).vcpus, 4);
    });

    test('memory of the next start is set at once, that of the running guest asked for up to its maximum', async () => {
      const { host } = subject;
      const { name, uuid } = await defineOn(subject, 'memory');
      await host.setMemory(uuid, 32, 'next');
      assert.deepEqual(await both(uuid, 'maxMemoryMiB'), [undefined, 32]);
      await host.start(uuid);
      await host.setMemory(uuid, 24, 'now');
      await assert.rejects(host.setMemory(uuid, 48, 'now'));
      await host.setMemory(uuid, 48, 'next');
      assert.deepEqual(await both(uuid, 'maxMemoryMiB'), [32, 48]);
      await host.destroy(uuid);
      assert.equal((await mustRead(subject, name)).memoryMiB, 48);
    });

    for (const state of ['off', 'running'] as const) {
      test(`a disk is attached to a domain that is ${state}, limited, grown, and detached`, async () => {
        const { host, virsh } = subject;
        const { name, uuid } = await defineOn(subject, `disk-${state}`);
        const source = await volume(`extra-${name}.qcow2`);
        if (state === 'running') await host.start(uuid);
        await host.attachDisk(uuid, { target: 'vdb', bus: 'virtio', source, format: 'qcow2' });
        assert.deepEqual((await mustRead(subject, name)).disks[1], { target: 'vdb', device: 'disk', source });
        await assert.rejects(host.attachDisk(uuid, { target: 'vdb', bus: 'virtio', source, format: 'qcow2' }));
        await host.limitDisk(uuid, 'vdb', { iops: 500, bytesPerSecond: 1_048_576 });
        for (const hardware of Object.values(await read(uuid))) {
          if (hardware === null) continue;
          const limits = { iops: 500, bytesPerSecond: 1_048_576 };
          const common = { target: 'vdb', device: 'disk', bus: 'virtio', source, format: 'qcow2', readOnly: false };
          assert.deepEqual(hardware.disks[1], { ...common, limits });
        }
        if (virsh !== null) assert.match(await virsh('domblklist', name), /vdb +\S+extra/);
        if (state === 'running') await host.growDisk(uuid, 'vdb', 2_097_152n);
        else await host.resizeVolume(subject.pool, `extra-${name}.qcow2`, 2_097_152n);
        assert.equal((await host.volumeByPath(source))?.capacityBytes, 2_097_152n);
        if (state === 'off') {
          await host.detachDisk(uuid, 'vdb');
          assert.deepEqual((await mustRead(subject, name)).disks.length, 1);
          await failsWith('not-found', host.detachDisk(uuid, 'vdb'));
        }
        if (state === 'running') await host.destroy(uuid);
        assert.equal((await mustRead(subject, name)).disks.length, state === 'off' ? 1 : 2);
      });
    }

    test('a volume does not shrink', async () => {
      const { host, pool } = subject;
      await volume('large.qcow2');
      await assert.rejects(host.resizeVolume(pool, 'large.qcow2', 4096n));
      assert.equal((await host.volume(pool, 'large.qcow2'))?.capacityBytes, 1_048_576n);
    });

    test('network interfaces are added, unplugged from the network and removed', async () => {
      const { host, virsh } = subject;
      const { name, uuid } = await defineOn(subject, 'nics');
      await host.start(uuid);
      await host.attachNic(uuid, { mac: MAC, network: null });
      const nicsOf = async () => (await read(uuid)).now?.nics.find(({ mac }) => mac === MAC);
      assert.deepEqual(await nicsOf(), { mac: MAC, kind: 'user', network: null, link: 'up' });
      await host.setLink(uuid, MAC, 'down');
      assert.equal((await nicsOf())?.link, 'down');
      assert.equal((await read(uuid)).next?.nics.find(({ mac }) => mac === MAC)?.link, 'down');
      if (virsh !== null) assert.match(await virsh('domif-getlink', name, MAC), /down/);
      await host.setLink(uuid, MAC, 'up');
      assert.equal((await nicsOf())?.link, 'up');
      await host.destroy(uuid);
      await host.detachNic(uuid, MAC);
      assert.equal((await read(uuid)).next?.nics.length, 1);
      await failsWith('not-found', host.detachNic(uuid, MAC));
    });

    test('a machine has room to plug devices in, and says when it has no more', async () => {
      const { host } = subject;
      const { uuid } = await defineOn(subject, 'ports');
      await host.start(uuid);
      const [before] = await both(uuid, 'freePorts');
      assert(typeof before === 'number' && before >= 4, `${before}`);
      for (let port = 0; port < before; port++) {
        await host.attachNic(uuid, { mac: `52:54:00:00:01:${String(port).padStart(2, '0')}`, network: null });
      }
      assert.deepEqual((await both(uuid, 'freePorts'))[0], 0);
      await assert.rejects(host.attachNic(uuid, { mac: MAC, network: null }));
      await host.destroy(uuid);
    });

    for (const state of ['off', 'running'] as const) {
      test(`a CD is ejected and inserted while the domain is ${state}`, async () => {
        const { host, virsh } = subject;
        const seedPath = await volume(`seed-${state}.iso`);
        const { name, uuid } = await defineOn(subject, `cd-${state}`, { seedPath });
        if (state === 'running') await host.start(uuid);
        const sourceOf = async () => (await mustRead(subject, name)).disks.find(({ target }) => target === 'sda');
        assert.equal((await sourceOf())?.source, seedPath);
        await host.changeMedium(uuid, 'sda', null);
        assert.deepEqual(await sourceOf(), { target: 'sda', device: 'cdrom', source: null });
        if (virsh !== null) assert.match(await virsh('domblklist', name), /sda +-/);
        await host.changeMedium(uuid, 'sda', seedPath);
        assert.equal((await sourceOf())?.source, seedPath);
        await failsWith('not-found', host.changeMedium(uuid, 'sdz', null));
        if (state === 'running') await host.destroy(uuid);
        assert.equal((await sourceOf())?.source, seedPath);
      });
    }

    test('the boot order is changed for the next start and nothing else with it', async () => {
      const { host, virsh } = subject;
      const { name, uuid } = await defineOn(subject, 'boots');
      await host.setNote(uuid, `it's <kept> & "quoted"`);
      const before = await read(uuid);
      await host.setBootOrder(uuid, ['network', 'hd']);
      assert.deepEqual((await read(uuid)).next, { ...before.next, boot: ['network', 'hd'] });
      assert.equal((await host.keeping(uuid))?.note, `it's <kept> & "quoted"`);
      if (virsh !== null) assert.match(await virsh('dumpxml', name), /<boot dev='network'\/>\s*<boot dev='hd'\/>/);
    });
  });
}
