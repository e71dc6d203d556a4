/** Snapshots with a real guest: it goes on where it was, its present is kept, and no trap of libvirt's is walked into. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { execa } from 'execa';
import { openHost } from '../../../actions/libvirt/host.ts';
import { startLab } from '../../lab/lab.ts';
import { look, operate, UUID } from './operate.ts';

test('a guest is taken back and forth between snapshots, and out of reach of those that would kill it', async (t) => {
  const lab = await startLab();
  t.after(() => lab.stop());
  const profile = { virtType: 'qemu', network: { kind: 'user' }, serialDir: lab.serialDir } as const;
  const host = await openHost({ uri: lab.uri, ...profile });
  t.after(() => host.close());
  const vm = 'web-01';
  const virsh = async (...words: string[]) => (await execa('virsh', ['-c', lab.uri, ...words])).stdout;
  const act = (verb: string, args = {}) => operate({ host, readyTimeoutSeconds: 90 }, `vm.${verb}`, { vm, ...args });
  const refused = async (verb: string, args: Record<string, string | boolean>) => {
    const { plan } = await look(host, `vm.${verb}`, { vm, ...args });
    return plan.kind === 'refused' ? plan.reason : 'planned';
  };
  const names = async () =>
    (await virsh('snapshot-list', vm, '--name', '--topological')).split(/\s+/).filter((name) => name !== '');
  await operate({ host, readyTimeoutSeconds: 90 }, 'vm.create', { name: vm, memory: '192MiB', tags: 'env=dev' });
  const safety = `before-revert-${UUID.slice(0, 8)}`;

  await t.test('it goes on where it was, and what is kept about it stays', async () => {
    await act('snapshot', { name: 's1', note: 'a & b' });
    await act('tag', { tags: 'env=prod' });
    const { summary } = await act('revert', { to: 's1' });
    assert.match(summary, /^web-01 is back at s1; /);
    assert.equal((await virsh('domstate', vm)).trim(), 'running');
    assert.deepEqual((await host.domain(vm))?.metadata.tags, { env: 'prod' });
    assert.deepEqual(await names(), ['s1', safety]);
    assert.match(await virsh('snapshot-info', vm, '--current'), /Name: +s1/);
    assert.match((await act('snapshots')).summary, /2 snapshots/);
    await host.waitFor(
      (await host.domain(vm))?.uuid ?? '',
      (domain) => domain?.agent === 'connected',
      60_000,
      new AbortController().signal,
    );
  });

  await t.test('what would not load is refused, and the guest runs on', async () => {
    await act('disk-add', { size: '1GiB' });
    assert.match(await refused('revert', { to: 's1' }), /has disk vdb, which it had not at s1/);
    await act('disk-detach', { disk: 'vdb' });
    assert.match(await refused('snapshot', { diskOnly: true }), /cannot delete an external one above/);
    assert.equal((await virsh('domstate', vm)).trim(), 'running');
  });

  await t.test('snapshots are pruned and deleted', async () => {
    await act('snapshot-delete', { name: safety });
    await act('snapshot', { name: 's2' });
    await act('snapshot-prune', { keep: '1', before: '2100-01-01T00:00:00Z' });
    assert.deepEqual(await names(), ['s2']);
    await act('snapshot-delete', { name: 's2' });
    assert.deepEqual(await names(), []);
  });

  await t.test('disks only: the agent holds the file systems still, and the snapshot goes again', async () => {
    await act('snapshot', { name: 'copy', diskOnly: true });
    assert.match(await virsh('domblklist', vm), /vda +\S+\.copy/);
    assert.match(await refused('revert', { to: 'copy' }), /external, and libvirt 9\.0\.\d cannot go back/);
    await act('snapshot-delete', { name: 'copy' });
    assert.doesNotMatch(await virsh('domblklist', vm), /\.copy/);
    assert.equal((await virsh('domstate', vm)).trim(), 'running');
  });

  await t.test('a copy of it boots under its own name, and the first goes on as it was', async () => {
    await act('stop');
    const args = { vm, name: 'web-02', tags: 'env=dev' };
    const { summary } = await operate({ host, uuid: randomUUID() }, 'vm.clone', args);
    assert.equal(summary, 'web-02 is a copy of web-01, and off');
    const copy = await host.domain('web-02');
    assert.ok(copy !== null);
    assert.match(await virsh('domblklist', 'web-02'), /vda +\S+web-02-\S+\.qcow2[\s\S]*sda +\S+web-02-\S+-seed\.iso/);
    await operate({ host }, 'vm.start', { vm: 'web-02' });
    const { signal } = new AbortController();
    await host.waitFor(copy.uuid, (domain) => domain?.agent === 'connected', 60_000, signal);
    assert.match(await host.serialTail(copy, 65_536), /READY hostname=web-02\b/);
    await act('start');
  });
});
