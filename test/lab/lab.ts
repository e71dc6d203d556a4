/** A host to operate: a private libvirtd whose pool holds the test guest's image, ready for overlays. */
import { constants } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { giveToLabUser } from './base.ts';
import { guestImage } from './guest.ts';
import { type Libvirtd, startLibvirtd } from './libvirtd.ts';

export interface Lab {
  uri: string;
  pool: 'default';
  /** The volume to boot from, by way of an overlay: it is read-only. */
  image: 'tiny.qcow2';
  /** Begins the line that the guest prints when it is up. */
  marker: string;
  poolDir: string;
  serialDir: string;
  libvirtd: Libvirtd;
  stop(): Promise<void>;
}

export async function startLab(): Promise<Lab> {
  const image = await guestImage();
  const libvirtd = await startLibvirtd();
  const volume = join(libvirtd.poolDir, 'tiny.qcow2');
  try {
    await copyFile(image.path, volume, constants.COPYFILE_FICLONE);
    await chmod(volume, 0o444);
    await giveToLabUser(volume);
    await execa('virsh', ['-c', libvirtd.uri, 'pool-refresh', 'default']);
  } catch (error) {
    await libvirtd.stop();
    throw error;
  }
  return {
    uri: libvirtd.uri,
    pool: 'default',
    image: 'tiny.qcow2',
    marker: image.marker,
    poolDir: libvirtd.poolDir,
    serialDir: libvirtd.serialDir,
    libvirtd,
    stop: () => libvirtd.stop(),
  };
}
