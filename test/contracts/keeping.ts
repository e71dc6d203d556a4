/** What every `Host` promises about what it keeps of a domain: metadata, note, autostart, name. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import type { VmMetadata } from '../../actions/host.ts';
import { defineOn, failsWith, type HostSubject, mustRead, plain } from './subject.ts';

const changed: VmMetadata = {
  owner: `<é & "co" 's>`,
  expires: '2027-03-01T12:00:00Z',
  tags: { env: 'prod', note: 'a<b & "c" ünï' },
  protected: true,
  request: 4711,
};

export function keepingContract(name: string, make: () => Promise<HostSubject>): void {
  suite(`what a host keeps, ${name}`, () => {
    let subject: HostSubject;
    before(async () => {
      subject = await make();
    });
    after(() => subject.close());

    for (const state of ['off', 'running'] as const) {
      test(`metadata of a domain that is ${state} are replaced, now and for the next start`, async () => {
        const { host } = subject;
        const { name, uuid } = await defineOn(subject, `keeps-${state}`);
        if (state === 'running') await host.start(uuid);
        await host.setMetadata(uuid, changed);
        assert.deepEqual((await mustRead(subject, name)).metadata, changed);
        assert.deepEqual((await host.domains()).find((domain) => domain.uuid === uuid)?.metadata, changed);
        if (state === 'running') await host.destroy(uuid);
        assert.deepEqual((await mustRead(subject, name)).metadata, changed);
        await host.setMetadata(uuid, plain);
        assert.deepEqual((await mustRead(subject, name)).metadata, plain);
      });
    }

    test('what others keep in the metadata and the note stay when ours change', async () => {
      const { host, virsh } = subject;
      const { name, uuid } = await defineOn(subject, 'neighbours');
      await host.setNote(uuid, 'kept by ops');
      await virsh?.('metadata', name, 'urn:others:1', '--key', 'theirs', '--set', '<billing centre="42"/>');
      await host.setMetadata(uuid, changed);
      assert.equal((await host.keeping(uuid))?.note, 'kept by ops');
      if (virsh === null) return;
      assert.match(await virsh('metadata', name, 'urn:others:1'), /billing centre="42"/);
      assert.match(await virsh('metadata', name, 'urn:drover:vm:1'), /protected="yes"/);
      assert.equal((await virsh('desc', name)).trim(), 'kept by ops');
    });

    test('a note is written, replaced and removed', async () => {
      const { host } = subject;
      const { uuid } = await defineOn(subject, 'noted');
      assert.deepEqual(await host.keeping(uuid), { autostart: false, note: '' });
      await host.setNote(uuid, 'reserved for <Ada> & "Bob"');
      assert.equal((await host.keeping(uuid))?.note, 'reserved for <Ada> & "Bob"');
      await host.setNote(uuid, '');
      assert.equal((await host.keeping(uuid))?.note, '');
    });

    test('autostart is set and taken back', async () => {
      const { host, virsh } = subject;
      const { name, uuid } = await defineOn(subject, 'starts');
      await host.setAutostart(uuid, true);
      assert.equal((await host.keeping(uuid))?.autostart, true);
      if (virsh !== null) assert.match(await virsh('dominfo', name), /Autostart:\s+enable/);
      await host.setAutostart(uuid, false);
      assert.equal((await host.keeping(uuid))?.autostart, false);
    });

    test('a domain that is off is renamed and stays the same one; a running one and a taken name are refused', async () => {
      const { host } = subject;
      const { name, uuid } = await defineOn(subject, 'old-name');
      const other = await defineOn(subject, 'taken-name');
      await failsWith('exists', host.renameDomain(uuid, other.name));
      await host.setAutostart(uuid, true);
      await host.renameDomain(uuid, `new-${name}`);
      assert.equal(await host.domain(name), null);
      const renamed = await mustRead(subject, `new-${name}`);
      assert.deepEqual([renamed.uuid, renamed.metadata], [uuid, plain]);
      assert.equal((await host.keeping(uuid))?.autostart, true);
      await host.start(uuid);
      await failsWith('wrong-state', host.renameDomain(uuid, name));
      await host.destroy(uuid);
    });

    test('of what does not exist nothing is kept', async () => {
      const { host } = subject;
      const uuid = randomUUID();
      assert.equal(await host.keeping(uuid), null);
      await failsWith('not-found', host.setMetadata(uuid, plain));
      await failsWith('not-found', host.setNote(uuid, 'x'));
      await failsWith('not-found', host.setAutostart(uuid, true));
      await failsWith('not-found', host.renameDomain(uuid, 'x'));
    });
  });
}
