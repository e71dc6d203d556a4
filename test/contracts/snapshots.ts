/** What every `Host` promises about snapshots. The guest here has no operating system. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import type { Snapshot } from '../../actions/host-snapshots.ts';
import { defineOn, failsWith, type HostSubject, mustRead, plain } from './subject.ts';

const internal = { description: 'before <the> "upgrade"', kind: 'internal', quiesce: false } as const;
const external = { ...internal, kind: 'external' } as const;

export function snapshotsContract(name: string, make: () => Promise<HostSubject>): void {
  suite(`snapshots of a host, ${name}`, () => {
    let subject: HostSubject;
    before(async () => {
      subject = await make();
    });
    after(() => subject.close());

    async function list(uuid: string): Promise<Snapshot[]> {
      const snapshots = await subject.host.snapshots(uuid);
      assert(snapshots !== null);
      return snapshots;
    }

    test('of what does not exist there are none', async () => {
      const { host } = subject;
      const uuid = randomUUID();
      assert.equal(await host.snapshots(uuid), null);
      assert.equal(await host.keptBySnapshot(uuid, 's1'), null);
      await failsWith('not-found', host.createSnapshot(uuid, { name: 's1', ...internal }));
      const { uuid: known } = await defineOn(subject, 'none');
      assert.deepEqual(await list(known), []);
      await failsWith('not-found', host.deleteSnapshot(known, 's1'));
      await failsWith('not-found', host.revertSnapshot(known, 's1'));
    });

    test('a host says how old its libvirt is', async () => {
      assert((await subject.host.libvirtVersion()) >= 9_000_000);
    });

    for (const state of ['shutoff', 'running'] as const) {
      test(`a domain that is ${state} is gone back with, machine and metadata too`, async () => {
        const { host, virsh } = subject;
        const { name, uuid } = await defineOn(subject, `back-${state}`);
        if (state === 'running') await host.start(uuid);
        await host.createSnapshot(uuid, { name: 's1', ...internal });
        await assert.rejects(host.createSnapshot(uuid, { name: 's1', ...internal }));
        await host.createSnapshot(uuid, { name: 's2', ...internal, description: '' });
        const [first, second] = await list(uuid);
        assert(first !== undefined && second !== undefined);
        const { createdAt, machine, ...rest } = first;
        const common = { kind: 'internal', hasMemory: state === 'running', state } as const;
        assert.deepEqual(rest, {
          ...common,
          name: 's1',
          parent: null,
          isCurrent: false,
          description: internal.description,
        });
        assert(createdAt > 1_600_000_000);
        assert.deepEqual([machine?.vcpus, machine?.pluggedVcpus, machine?.disks[0]?.target], [1, 0, 'vda']);
        assert.deepEqual([second.name, second.parent, second.isCurrent], ['s2', 's1', true]);
        assert.equal((await mustRead(subject, name)).snapshots, 2);
        if (virsh !== null) assert.match(await virsh('snapshot-list', name, '--name'), /s1\s+s2/);

        await host.setMetadata(uuid, { ...plain, protected: true });
        assert.deepEqual(await host.keptBySnapshot(uuid, 's1'), { metadata: plain, note: '' });
        await host.revertSnapshot(uuid, 's1');
        const domain = await mustRead(subject, name);
        assert.deepEqual([domain.state, domain.metadata], [state, plain]);
        assert.equal((await list(uuid)).find(({ isCurrent }) => isCurrent)?.name, 's1');
        await host.deleteSnapshot(uuid, 's1');
        assert.deepEqual(
          (await list(uuid)).map(({ name, parent }) => [name, parent]),
          [['s2', null]],
        );
        if (state === 'running') await host.destroy(uuid);
      });
    }

    test('a snapshot with a plugged vCPU says so; going back to it fails and leaves the domain off', async () => {
      const { host } = subject;
      const { name, uuid } = await defineOn(subject, 'plugged');
      await host.setVcpus(uuid, 2, 'next');
      await host.setVcpus(uuid, 1, 'next');
      await host.start(uuid);
      await host.setVcpus(uuid, 2, 'now');
      await host.createSnapshot(uuid, { name: 'trap', ...internal });
      const [trap] = await list(uuid);
      assert.deepEqual([trap?.machine?.vcpus, trap?.machine?.pluggedVcpus], [2, 1]);
      await assert.rejects(host.revertSnapshot(uuid, 'trap'));
      const { state, reason } = await mustRead(subject, name);
      assert.deepEqual([state, reason], ['shutoff', 'failed']);
    });

    test('external snapshots have the disks only, are not gone back to, and are deleted', async () => {
      const { host } = subject;
      const { uuid } = await defineOn(subject, 'outside');
      await host.start(uuid);
      await host.createSnapshot(uuid, { name: 'e1', ...external });
      const [only] = await list(uuid);
      assert.deepEqual([only?.kind, only?.hasMemory, only?.state], ['external', false, 'disk-snapshot']);
      if ((await host.libvirtVersion()) < 9_009_000) await failsWith('unsupported', host.revertSnapshot(uuid, 'e1'));
      await host.deleteSnapshot(uuid, 'e1');
      assert.deepEqual(await list(uuid), []);
      await host.destroy(uuid);
    });

    test('an external snapshot on an internal one cannot be deleted', async () => {
      const { host } = subject;
      const { uuid } = await defineOn(subject, 'mixed');
      await host.start(uuid);
      await host.createSnapshot(uuid, { name: 'i1', ...internal });
      await host.createSnapshot(uuid, { name: 'e1', ...external });
      await failsWith('unsupported', host.deleteSnapshot(uuid, 'e1'));
      await host.destroy(uuid);
    });
  });
}
