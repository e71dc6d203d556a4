/** The fake host keeps the contract that the real one keeps. */
import { createFakeHost } from '../fakes/host.ts';
import { guestsContract } from './guests.ts';
import { hardwareContract } from './hardware.ts';
import { hostContract } from './host.ts';
import { keepingContract } from './keeping.ts';
import { snapshotsContract } from './snapshots.ts';
import type { HostSubject } from './subject.ts';

async function make(): Promise<HostSubject> {
  const host = createFakeHost();
  return { host, pool: 'default', virsh: null, close: () => host.close() };
}

hostContract('in memory', make);
hardwareContract('in memory', make);
guestsContract('in memory', make);
keepingContract('in memory', make);
snapshotsContract('in memory', make);
