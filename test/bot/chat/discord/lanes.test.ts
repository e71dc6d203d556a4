/** Lanes: urgent before progress, nothing more than a bucket holds, and nobody waits for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createLanes, type Lane } from '../../../../bot/chat/discord/lanes.ts';

const lane = (of: Lane) => () => of;

test('one call of a bucket is under way at a time, and urgent ones go first', async (t) => {
  const lanes = createLanes();
  t.after(lanes.close);
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const jobs = [
    lanes.run('a', lane('progress'), async () => {
      await first.promise;
      order.push('first');
    }),
    lanes.run('a', lane('progress'), async () => void order.push('progress')),
    lanes.run('a', lane('urgent'), async () => void order.push('urgent')),
    lanes.run('b', lane('progress'), async () => void order.push('other')),
  ];
  await jobs[3];
  first.resolve();
  await Promise.all(jobs);
  assert.deepEqual(order, ['other', 'first', 'urgent', 'progress']);
});

test('progress leaves the last request of a bucket to urgent calls', async (t) => {
  const lanes = createLanes();
  t.after(lanes.close);
  lanes.observe('a', { limit: 5, remaining: 1, resetAfterMs: 60_000 });
  const order: string[] = [];
  void lanes.run('a', lane('progress'), async () => void order.push('progress')).catch(() => undefined);
  await lanes.run('a', lane('urgent'), async () => void order.push('urgent'));
  assert.deepEqual(order, ['urgent']);
});

test('an empty bucket is waited for', async (t) => {
  const lanes = createLanes();
  t.after(lanes.close);
  lanes.observe('a', { limit: 5, remaining: 0, resetAfterMs: 150 });
  const began = Date.now();
  await lanes.run('a', lane('urgent'), async () => undefined);
  assert.ok(Date.now() - began >= 149);
});

test('a waiting call that becomes urgent goes as an urgent one', async (t) => {
  const lanes = createLanes();
  t.after(lanes.close);
  lanes.observe('a', { limit: 5, remaining: 1, resetAfterMs: 60_000 });
  const now: { lane: Lane } = { lane: 'progress' };
  const job = lanes.run(
    'a',
    () => now.lane,
    async () => 'sent',
  );
  await pause(50);
  now.lane = 'urgent';
  lanes.wake();
  assert.equal(await job, 'sent');
});

test('a call that fails frees its bucket, and closing lets nobody wait for ever', async () => {
  const lanes = createLanes();
  await assert.rejects(lanes.run('a', lane('urgent'), () => Promise.reject(new Error('no'))));
  assert.equal(await lanes.run('a', lane('urgent'), async () => 'next'), 'next');
  lanes.pause('a', 60_000);
  const waiting = lanes.run('a', lane('urgent'), async () => undefined);
  lanes.close();
  await assert.rejects(waiting, /closed/);
  await assert.rejects(
    lanes.run('b', lane('urgent'), async () => undefined),
    /closed/,
  );
});
