/** The contract on a private libvirtd with QEMU guests. */
import { openHost } from '../../actions/libvirt/host.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { hostContract } from './host.ts';

hostContract('on a real libvirtd', async () => {
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
    close: async () => {
      await host.close();
      await libvirtd.stop();
    },
  };
});
