/**
 * The guest that tests and the demonstration boot: Debian's cloud kernel and busybox on a real disk, about 2 s to READY
 * under emulation with 128 MiB (q35, one vCPU). It takes its hostname from a NoCloud seed, gets an address by DHCP, runs
 * the guest agent, and powers off or reboots when asked by ACPI or agent. See guest/init and guest/build.sh.
 *
 * Debian's cloud kernel has no AHCI driver: the seed must be on virtio (disk or SCSI CD-ROM) or IDE, not on SATA.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheHome } from './cache-home.ts';

export interface GuestImage {
  path: string;
  format: 'qcow2';
  /** Begins the line on the serial port that says the guest is up: `<marker> hostname=<name> uptime=<seconds>`. */
  marker: string;
}

const SOURCES = join(import.meta.dirname, 'guest');

/** Builds the image on first use (about 5 s) and keeps it by the hash of what it is made of. */
export async function guestImage(): Promise<GuestImage> {
  const path = join(cacheHome(), `guest-${await hashOfSources()}.qcow2`);
  const built = await access(path).then(
    () => true,
    () => false,
  );
  if (!built) {
    await mkdir(cacheHome(), { recursive: true });
    await execa('bash', [join(SOURCES, 'build.sh'), path], { stdin: 'ignore' });
  }
  return { path, format: 'qcow2', marker: 'DROVER-GUEST READY' };
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(SOURCES)).sort()) hash.update(name).update(await readFile(join(SOURCES, name)));
  return hash.digest('hex').slice(0, 12);
}
