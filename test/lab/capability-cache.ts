/**
 * Keeps what libvirt found out about QEMU between runs: probing takes 2 to 4 s, and every lab has a fresh directory.
 * libvirt itself checks that an entry still fits (times and versions of QEMU, libvirt and the kernel) and probes again.
 */
import { copyFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { giveToLabUser } from './base.ts';
import { cacheHome } from './cache-home.ts';

/** Copies what is known into a lab's own cache. */
export async function warmCapabilities(into: string): Promise<void> {
  for (const name of await filesIn(keptDir())) {
    await copyFile(join(keptDir(), name), join(into, name));
    await giveToLabUser(join(into, name));
  }
}

/** Keeps what a lab has found out, for the next. Whole files only, since several labs may do this at once. */
export async function keepCapabilities(from: string): Promise<void> {
  await mkdir(keptDir(), { recursive: true });
  for (const name of await filesIn(from)) {
    if (await sameContent(join(from, name), join(keptDir(), name))) continue;
    const partial = join(keptDir(), `.${name}.${process.pid}`);
    await copyFile(join(from, name), partial);
    await rename(partial, join(keptDir(), name));
  }
}

// One directory a user: as root libvirtd runs as `nobody`, whose sight of /dev/kvm is another.
function keptDir(): string {
  return join(cacheHome(), `libvirt-capabilities-${process.getuid?.()}`);
}

async function filesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => name.endsWith('.xml'));
}

async function sameContent(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => readFile(path).catch(() => null)));
  return a !== undefined && b !== undefined && a !== null && b !== null && a.equals(b);
}
