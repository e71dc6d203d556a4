/** Changing a machine whose guest is awake, on a real libvirt: what it is asked to let go of, it lets go of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { openHost } from '../../../actions/libvirt/host.ts';
import { startLab } from '../../lab/lab.ts';
import { operate, plan } from './operate.ts';

test('a running guest gets a disk, an interface, a vCPU and an empty drive, and gives them back', async (t) => {
  const lab = await startLab();
  t.after(() => lab.stop());
  const profile = { virtType: 'qemu', network: { kind: 'user' }, serialDir: lab.serialDir } as const;
  const host = await openHost({ uri: lab.uri, ...profile });
  t.after(() => host.close());
  const vm = 'web-01';
  const virsh = async (...words: string[]) => (await execa('virsh', ['-c', lab.uri, ...words])).stdout;
  const act = (verb: string, args = {}) => operate({ host, readyTimeoutSeconds: 90 }, `vm.${verb}`, { vm, ...args });
  await operate({ host, readyTimeoutSeconds: 90 }, 'vm.create', { name: vm, memory: '256MiB' });

  const back = async (verb: string, args = {}) => {
    const { undo } = await plan(host, `vm.${verb}`, { vm, ...args });
    assert.ok(undo !== null);
    await act(verb, args);
    return () => operate({ host, readyTimeoutSeconds: 90 }, undo.action, undo.args);
  };

  await t.test('it is looked into', async () => {
    const { uuid } = (await host.domain(vm)) ?? assert.fail();
    await host.waitFor(uuid, (domain) => domain?.agent === 'connected', 60_000, new AbortController().signal);
    const said = async (verb: string, args = {}) => JSON.stringify(await act(verb, args));
    const hostname = (await virsh('domhostname', vm, '--source', 'agent')).trim();
    assert.match(await said('agent'), new RegExp(`answers.*"hostname","value":"${hostname}"`));
    assert.match(await said('serial', { search: 'ready' }), /lines with \\"ready\\" of web-01.*READY hostname=web-01/);
    assert.match(await said('stats'), /of one CPU and has 1.*vda/);
    const addresses = await virsh('domifaddr', vm, '--source', 'agent');
    const mac = /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(addresses.replace(/00:00:00:00:00:00/, ''))?.[0] ?? '';
    assert.ok(mac !== '', addresses);
    assert.match(await said('addresses'), new RegExp(`by its agent.*${mac}|nobody knows`));
  });

  await t.test('a disk', async () => {
    const undo = await back('disk-add', { size: '1GiB' });
    assert.match(await virsh('domblklist', vm), /vdb/);
    await act('disk-limit', { disk: 'vdb', iops: '100', rate: '2MiB' });
    assert.match(await virsh('blkdeviotune', vm, 'vdb'), /total_bytes_sec: 2097152[\s\S]*total_iops_sec : 100/);
    await act('disk-grow', { disk: 'vdb', size: '2GiB' });
    assert.match(await virsh('domblkinfo', vm, 'vdb'), /Capacity: +2147483648/);
    await undo();
    assert.doesNotMatch(await virsh('domblklist', vm), /vdb/);
    assert.doesNotMatch(await virsh('domblklist', vm, '--inactive'), /vdb/);
  });

  await t.test('an interface', async () => {
    const undo = await back('nic-add');
    assert.equal((await virsh('domiflist', vm)).match(/virtio/g)?.length, 2);
    await undo();
    assert.equal((await virsh('domiflist', vm)).match(/virtio/g)?.length, 1);
    const up = await back('nic-link', { down: true });
    const mac = /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(await virsh('domiflist', vm))?.[0] ?? '';
    assert.match(await virsh('domif-getlink', vm, mac), /down/);
    await up();
    assert.match(await virsh('domif-getlink', vm, mac), /up/);
  });

  await t.test('the drive with the seed', async () => {
    const undo = await back('cdrom', { eject: true });
    assert.match(await virsh('domblklist', vm), /sda +-/);
    await undo();
    assert.match(await virsh('domblklist', vm), /sda +\S+seed\.iso/);
  });

  await t.test('memory: the balloon follows, and the next start has as much', async () => {
    assert.equal((await act('resize', { memory: '192MiB', now: true })).summary, 'web-01 has 192 MiB');
    assert.match(await virsh('dommemstat', vm), /actual 196608/);
    assert.match(await virsh('dumpxml', vm, '--inactive'), /<memory unit='KiB'>196608</);
  });

  await t.test('vCPUs: from the next start on, then plugged in', async () => {
    const { summary } = await act('resize', { vcpus: '2' });
    assert.equal(summary, 'web-01 has 2 vCPU from its next start on');
    await act('resize', { vcpus: '1' });
    await act('stop');
    await act('start');
    assert.match(await virsh('vcpucount', vm), /maximum +live +2[\s\S]*current +live +1/);
    assert.equal((await act('resize', { vcpus: '2' })).summary, 'web-01 has 2 vCPU');
    assert.match(await virsh('vcpucount', vm), /current +live +2/);
  });
});
