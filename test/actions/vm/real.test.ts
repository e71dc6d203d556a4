/** The actions on a real libvirt with a real guest: what the fake cannot prove. One VM, once through its life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHost } from '../../../actions/libvirt/host.ts';
import { startLab } from '../../lab/lab.ts';
import { operate, plan, UUID } from './operate.ts';

test('a VM is made from an image, told its name, interrupted, stopped and deleted, and nothing is left', async (t) => {
  const lab = await startLab();
  t.after(() => lab.stop());
  const profile = { virtType: 'qemu', network: { kind: 'user' }, serialDir: lab.serialDir } as const;
  const host = await openHost({ uri: lab.uri, ...profile });
  t.after(() => host.close());
  const vm = 'web-01';
  const act = (verb: string, args = {}) => operate({ host, readyTimeoutSeconds: 90 }, `vm.${verb}`, { vm, ...args });
  const state = async () => (await host.domain(vm))?.state;

  const args = { name: vm, memory: '192MiB', ttl: '1h', tags: 'env=dev' };
  const { undo } = await plan(host, 'vm.create', args);
  const made = await operate({ host, readyTimeoutSeconds: 90 }, 'vm.create', args);
  assert.equal(made.summary, 'web-01 is running and ready');
  const domain = await host.domain(vm);
  assert.equal(domain?.uuid, UUID);
  assert.deepEqual(domain?.metadata.tags, { env: 'dev' });
  assert.ok(domain !== null);
  await t.test('the guest took its name from the seed', async () => {
    assert.match(await host.serialTail(domain, 65_536), /READY hostname=web-01\b/);
  });

  await act('suspend');
  assert.equal(await state(), 'paused');
  await act('resume');
  assert.equal(await state(), 'running');
  assert.equal((await act('stop')).summary, 'web-01 is off');
  await act('start');
  await act('kill');
  assert.equal(await state(), 'shutoff');
  await act('start');

  assert.ok(undo !== null);
  await operate({ host }, undo.action, undo.args);
  assert.equal(await host.domain(vm), null);
  assert.deepEqual(
    (await host.volumes('default')).map(({ name }) => name),
    ['tiny.qcow2'],
  );
});
