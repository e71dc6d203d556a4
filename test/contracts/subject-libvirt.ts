/** A private libvirtd with QEMU guests for the contracts of the host. */
import { execa } from 'execa';
import { openHost } from '../../actions/libvirt/host.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { HostSubject } from './subject.ts';

export async function libvirtSubject(): Promise<HostSubject> {
  const libvirtd = await startLibvirtd();
  const host = await openHost({
    uri: libvirtd.uri,
    virtType: 'qemu',
    network: { kind: 'user' },
    serialDir: libvirtd.serialDir,
  });
  return {
    host,
    pool: 'default',
    virsh: async (...words) => (await execa('virsh', ['-c', libvirtd.uri, ...words])).stdout,
    close: async () => {
      await host.close();
      await libvirtd.stop();
    },
  };
}
