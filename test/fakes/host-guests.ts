/** What the fake host's guests say of themselves. `hung-*` has an agent that is up and does not answer. */
import { OpsError } from '../../actions/errors.ts';
import type { AddressSource, Asked, GuestAddress, GuestInfo, Usage } from '../../actions/host-guest.ts';
import type { FakeDomains } from './host-domains.ts';

export interface FakeGuests {
  guestInfo(uuid: string): Asked<GuestInfo>;
  addresses(uuid: string, source: AddressSource): Asked<GuestAddress[]>;
  usage(uuid: string): Usage | null;
}

export function createFakeGuests(domains: FakeDomains): FakeGuests {
  function ask<T>(uuid: string, value: (name: string) => T): Asked<T> {
    const domain = mustRun(uuid);
    if (domain.agent === 'none') return { kind: 'silent', reason: 'QEMU guest agent is not configured' };
    if (domain.agent === 'disconnected') return { kind: 'silent', reason: 'QEMU guest agent is not connected' };
    if (domain.name.startsWith('hung-')) return { kind: 'silent', reason: 'no answer within 10000 ms' };
    return { kind: 'answered', value: value(domain.name) };
  }

  function mustRun(uuid: string) {
    const domain = domains.byUuid(uuid);
    if (!domain) throw new OpsError('not-found', `no domain with matching uuid '${uuid}'`);
    if (domain.state === 'shutoff') throw new OpsError('wrong-state', 'domain is not running');
    return domain;
  }

  return {
    guestInfo: (uuid) =>
      ask(uuid, (name) => ({
        ...{ hostname: name, os: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-56-cloud-amd64', timezone: 'UTC' },
        users: 0,
        fileSystems: [{ mountpoint: '/', totalBytes: 10n * 1024n ** 3n, usedBytes: 2n * 1024n ** 3n }],
      })),
    addresses(uuid, source) {
      mustRun(uuid);
      if (source !== 'agent') return { kind: 'answered', value: [] };
      return ask(uuid, () => [
        { interface: 'lo', mac: '00:00:00:00:00:00', addresses: ['127.0.0.1/8'] },
        { interface: 'eth0', mac: '52:54:00:00:00:01', addresses: ['192.0.2.7/24', '2001:db8::7/64'] },
      ]);
    },
    usage(uuid) {
      const domain = domains.byUuid(uuid);
      if (domain === null) return null;
      const isOn = domain.state !== 'shutoff';
      return {
        cpuTimeNs: isOn ? process.hrtime.bigint() / 2n : null,
        balloonKiB: BigInt(domain.memoryMiB) * 1024n,
        usableKiB: null,
        residentKiB: isOn ? 65_536n : null,
        disks: domain.disks
          .filter(({ source }) => source !== null)
          .map(({ target }) => {
            const bytes = { readBytes: 4096n, writtenBytes: 0n };
            return { target, ...bytes, capacityBytes: 1_048_576n, allocationBytes: 200_704n };
          }),
        nics: [],
      };
    },
  };
}
