/** What every `Host` promises about looking inside. The guest here has no operating system, so it says nothing. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { defineOn, failsWith, type HostSubject } from './subject.ts';

export function guestsContract(name: string, make: () => Promise<HostSubject>): void {
  suite(`guests of a host, ${name}`, () => {
    let subject: HostSubject;
    before(async () => {
      subject = await make();
    });
    after(() => subject.close());

    test('what does not exist uses nothing and cannot be asked', async () => {
      const { host } = subject;
      const uuid = randomUUID();
      assert.equal(await host.usage(uuid), null);
      await failsWith('not-found', host.guestInfo(uuid));
      await failsWith('not-found', host.addresses(uuid, 'agent'));
    });

    test('what is off cannot be asked', async () => {
      const { host } = subject;
      const { uuid } = await defineOn(subject, 'silent-off');
      await failsWith('wrong-state', host.guestInfo(uuid));
      await failsWith('wrong-state', host.addresses(uuid, 'agent'));
      assert.equal((await host.usage(uuid))?.residentKiB, null);
    });

    test('an agent that is not there is silent, which is no error, and figures do not wait for it', async () => {
      const { host } = subject;
      const { uuid } = await defineOn(subject, 'mute');
      await host.start(uuid);
      assert.equal((await host.guestInfo(uuid)).kind, 'silent');
      assert.equal((await host.addresses(uuid, 'agent')).kind, 'silent');
      const usage = await host.usage(uuid);
      assert(usage !== null && usage.cpuTimeNs !== null && usage.residentKiB !== null);
      assert.deepEqual(
        [usage.balloonKiB, usage.disks[0]?.target, usage.disks[0]?.capacityBytes],
        [24_576n, 'vda', 1_048_576n],
      );
      await host.destroy(uuid);
    });
  });
}
