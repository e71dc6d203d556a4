import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { type Libvirtd, startLibvirtd } from './libvirtd.ts';

/** No disk and no kernel: SeaBIOS looks for one, says so on the serial port, and halts. */
const NO_OS = (serial: string) => `<domain type='qemu'><name>no-os</name><memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type><bios useserial='yes'/></os>
  <devices><serial type='file'><source path='${serial}'/></serial></devices></domain>`;

async function virsh(uri: string, ...args: string[]): Promise<string> {
  return (await execa('virsh', ['-q', '-c', uri, ...args])).stdout;
}

async function startGuest(lab: Libvirtd): Promise<number> {
  const xml = join(lab.dir, 'no-os.xml');
  await writeFile(xml, NO_OS(join(lab.serialDir, 'no-os.log')));
  await virsh(lab.uri, 'create', xml);
  const [pidFile] = (await readdir(join(lab.dir, 'run/libvirt/qemu/run'))).filter((name) => name === 'no-os.pid');
  assert.ok(pidFile);
  return Number(await readFile(join(lab.dir, 'run/libvirt/qemu/run', pidFile), 'utf8'));
}

/** Whether the process of a guest is there; a zombie is gone. */
function lives(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

test('a private libvirtd serves QEMU, the test driver and an active pool', async () => {
  const lab = await startLibvirtd();
  try {
    assert.match(await virsh(lab.uri, 'version'), /hypervisor: QEMU/);
    assert.match(await virsh(lab.testUri, 'list'), /test\s+running/);
    assert.match(await virsh(lab.uri, 'pool-dumpxml', 'default'), new RegExp(`<path>${lab.poolDir}</path>`));
    assert.match(await virsh(lab.uri, 'pool-list'), /default\s+active/);
  } finally {
    await lab.stop();
  }
});

test('it does not offer KVM, whatever /dev/kvm says', async () => {
  const lab = await startLibvirtd();
  try {
    assert.doesNotMatch(await virsh(lab.uri, 'capabilities'), /<domain type='kvm'/);
  } finally {
    await lab.stop();
  }
});

test('a guest outlives a killed daemon, and stop ends it and leaves nothing behind', async () => {
  const lab = await startLibvirtd();
  try {
    const guest = await startGuest(lab);
    const before = lab.pid;
    await lab.restart('SIGKILL');
    assert.notEqual(lab.pid, before);
    assert.match(await virsh(lab.uri, 'list'), /no-os\s+running/);
    assert.match(await virsh(lab.uri, 'pool-list'), /default\s+active/);
    assert.ok(existsSync(join(lab.serialDir, 'no-os.log')));
    await lab.stop();
    assert.ok(!lives(guest) && !lives(lab.pid) && !existsSync(lab.dir));
  } finally {
    await lab.stop();
  }
});

test('two at once do not see each other', async () => {
  const [one, other] = await Promise.all([startLibvirtd(), startLibvirtd()]);
  try {
    const guest = await startGuest(one);
    assert.equal(await virsh(other.uri, 'list', '--all'), '');
    await other.stop();
    assert.ok(lives(guest));
  } finally {
    await Promise.all([one.stop(), other.stop()]);
  }
});

test('a test process that is killed takes its libvirtd with it', async () => {
  const script = `const { startLibvirtd } = await import('${join(import.meta.dirname, 'libvirtd.ts')}');
    const { dir, pid } = await startLibvirtd();
    console.log(JSON.stringify({ dir, pid }));
    setInterval(() => {}, 1000);`;
  const child = execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const { dir, pid } = JSON.parse(line);
  assert.ok(lives(pid));
  child.kill('SIGKILL');
  await child;
  while (existsSync(dir) || lives(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
});
