/**
 * Lays out the directory a private libvirtd lives in. The path is short because a UNIX socket's may have 107 bytes and
 * libvirt appends up to 90 for a guest agent's. Owner of everything: the account that libvirtd will run as.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Base {
  dir: string;
  poolDir: string;
  serialDir: string;
  cacheDir: string;
  socket: string;
}

const FOLDERS = [
  'run',
  'config',
  'config/libvirt',
  'cache',
  'cache/libvirt',
  'cache/libvirt/qemu',
  'cache/libvirt/qemu/cache',
  'cache/libvirt/qemu/cache/capabilities',
  'data',
  'home',
  'pool',
  'serial',
];

/** Makes and fills a new base under /tmp (not `os.tmpdir()`, which may be long). */
export async function makeBase(): Promise<Base> {
  const dir = await mkdtemp('/tmp/drv');
  const base = {
    dir,
    poolDir: join(dir, 'pool'),
    serialDir: join(dir, 'serial'),
    cacheDir: join(dir, 'cache/libvirt/qemu/cache/capabilities'),
    socket: join(dir, 'run/libvirt/libvirt-sock'),
  };
  const folders = FOLDERS.map((name) => join(dir, name));
  for (const folder of folders) await mkdir(folder, { mode: 0o755 });
  await chmod(join(dir, 'run'), 0o700);
  const files = await writeConfig(dir);
  for (const path of [dir, ...folders, ...files]) await giveToLabUser(path);
  return base;
}

/** As root, the lab's processes run as `nobody`; otherwise as whoever runs the tests. */
export async function giveToLabUser(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, idOfNobody('-u'), idOfNobody('-g'));
}

function idOfNobody(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }));
}

async function writeConfig(dir: string): Promise<string[]> {
  const daemon = join(dir, 'config/libvirt/libvirtd.conf');
  const qemu = join(dir, 'config/libvirt/qemu.conf');
  const noKvm = join(dir, 'no-kvm');
  await writeFile(daemon, `host_uuid = "${randomUUID()}"\nlog_outputs = "3:file:${dir}/libvirtd.log"\n`);
  // Files, not virtlogd: no second daemon. No owners to remember: several labs share one file system.
  await writeFile(qemu, 'stdio_handler = "file"\nremember_owner = 0\nsecurity_driver = "none"\n');
  await writeFile(noKvm, '', { mode: 0o000 });
  return [daemon, qemu];
}
