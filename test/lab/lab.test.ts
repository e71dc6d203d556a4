/** Proves with virsh alone, without any code of Drover, that the lab's guest is a real one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { guestImage } from './guest.ts';
import { type Lab, startLab } from './lab.ts';

let lab: Lab;

before(async () => {
  lab = await startLab();
  await makeSeed('web-01');
  await virsh('vol-create-as', 'default', 'web-01.qcow2', '1G', '--format', 'qcow2', ...backing());
  const xml = join(lab.libvirtd.dir, 'web-01.xml');
  await writeFile(xml, domainXml('web-01'));
  await virsh('define', xml);
  await virsh('start', 'web-01');
  await serialSays(/DROVER-GUEST READY/);
});

after(() => lab.stop());

test('the image boots from its overlay and takes its hostname from the seed', async () => {
  assert.match(await serial(), /^DROVER-GUEST READY hostname=web-01 uptime=[\d.]+\r?$/m);
});

test('the guest agent answers and knows the hostname', async () => {
  await eventually(() => virsh('qemu-agent-command', 'web-01', '{"execute":"guest-ping"}'));
  assert.match(await virsh('qemu-agent-command', 'web-01', '{"execute":"guest-get-host-name"}'), /"web-01"/);
});

test('a reboot by the agent brings it back up', async () => {
  await eventually(() => virsh('reboot', 'web-01', '--mode', 'agent'));
  await serialSays(/DROVER-GUEST reboot.*DROVER-GUEST READY/s);
});

test('it powers off on the ACPI button and says so', async () => {
  await virsh('shutdown', 'web-01', '--mode', 'acpi');
  await eventually(async () => assert.equal(await virsh('domstate', 'web-01'), 'shut off'));
  assert.match(await serial(), /DROVER-GUEST poweroff/);
});

test('the image is built once', async () => {
  const [one, other] = await Promise.all([guestImage(), guestImage()]);
  assert.deepEqual(one, other);
});

async function virsh(...args: string[]): Promise<string> {
  return (await execa('virsh', ['-q', '-c', lab.uri, ...args])).stdout.trim();
}

async function makeSeed(name: string): Promise<void> {
  const folder = join(lab.libvirtd.dir, 'seed');
  await mkdir(folder);
  await writeFile(join(folder, 'meta-data'), `instance-id: ${name}-1\nlocal-hostname: ${name}\n`);
  await writeFile(join(folder, 'user-data'), '#cloud-config\n');
  const iso = join(lab.poolDir, `${name}-seed.iso`);
  execFileSync('xorriso', ['-as', 'genisoimage', '-quiet', '-o', iso, '-V', 'cidata', '-J', '-r', folder]);
}

function backing(): string[] {
  return ['--backing-vol', lab.image, '--backing-vol-format', 'qcow2'];
}

function domainXml(name: string): string {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>128</memory>
    <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
    <devices>
      <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
        <source file='${lab.poolDir}/${name}.qcow2'/><target dev='vda' bus='virtio'/></disk>
      <disk type='file' device='cdrom'><driver name='qemu' type='raw'/>
        <source file='${lab.poolDir}/${name}-seed.iso'/><target dev='sda' bus='scsi'/><readonly/></disk>
      <controller type='scsi' model='virtio-scsi'/>
      <serial type='file'><source path='${lab.serialDir}/${name}.log'/></serial>
      <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
      <interface type='user'><model type='virtio'/></interface>
    </devices></domain>`;
}

async function serial(): Promise<string> {
  return readFile(join(lab.serialDir, 'web-01.log'), 'utf8');
}

async function serialSays(pattern: RegExp): Promise<void> {
  await eventually(async () => assert.match(await serial(), pattern));
}

/** Tries until it works or the limit is over: emulation on a busy machine takes its time. */
async function eventually(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}
