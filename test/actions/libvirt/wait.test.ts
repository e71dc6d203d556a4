/** Waiting for a domain, on the fake host, which waits by the same code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeHost } from '../../fakes/host.ts';

const never = new AbortController().signal;

test('a wait outlives a lost connection, and looks again when it is back', async () => {
  await using host = disposable(createFakeHost());
  const { uuid } = host.it.addDomain({ name: 'web-01' });
  const off = host.it.waitFor(uuid, (domain) => domain?.state === 'shutoff', 30_000, never);
  host.it.disconnect();
  host.it.changeBehindBack('web-01', { state: 'shutoff' }, 'quiet');
  host.it.reconnect();
  assert.equal((await off)?.state, 'shutoff');
});

test('a wait that begins without a connection says so when its time is over', async () => {
  await using host = disposable(createFakeHost());
  const { uuid } = host.it.addDomain({ name: 'web-01' });
  host.it.fault({ method: 'domain', error: 'unreachable', times: 100 });
  await assert.rejects(
    host.it.waitFor(uuid, () => true, 30, never),
    { code: 'timed-out', message: /still .*unreachable|still domain/ },
  );
});

test('an error that time does not heal ends the wait', async () => {
  await using host = disposable(createFakeHost());
  const { uuid } = host.it.addDomain({ name: 'web-01' });
  host.it.fault({ method: 'domain', error: 'denied' });
  await assert.rejects(
    host.it.waitFor(uuid, () => true, 30_000, never),
    { code: 'denied' },
  );
});

test('a read that never comes back does not outlive the wait', async () => {
  await using host = disposable(createFakeHost());
  const { uuid } = host.it.addDomain({ name: 'web-01' });
  host.it.fault({ method: 'domain', delayMs: 500 });
  await assert.rejects(
    host.it.waitFor(uuid, () => true, 30, never),
    { code: 'timed-out' },
  );
});

function disposable(it: ReturnType<typeof createFakeHost>) {
  return { it, [Symbol.asyncDispose]: () => it.close() };
}
