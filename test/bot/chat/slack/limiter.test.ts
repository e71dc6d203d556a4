/** The limiter on a clock of its own: never more calls than Slack allows, urgent ones first, pauses for one place only. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createLimiter, type Lane, type Rates } from '../../../../bot/chat/slack/limiter.ts';

const rates: Rates = {
  post: { burst: 2, perMinute: 60, per: 'channel', reserve: 0 },
  update: { burst: 4, perMinute: 60, per: 'workspace', reserve: 2 },
};

function onAClock(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const limiter = createLimiter(rates);
  t.after(() => limiter.close());
  const went: string[] = [];
  const ask = (name: string, method: string, channel: string, lane: Lane | (() => Lane) = 'urgent') => {
    const laneNow = typeof lane === 'function' ? lane : () => lane;
    void limiter.turn(method, channel, laneNow).then(
      () => went.push(name),
      () => went.push(`${name} refused`),
    );
  };
  const later = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      t.mock.timers.tick(100);
      await settle();
    }
  };
  return { limiter, went, ask, later };
}

/** Lets promises that are already resolved run. */
async function settle(): Promise<void> {
  for (let at = 0; at < 5; at += 1) await Promise.resolve();
}

test('a channel gets its burst at once and then one call a second; another channel is not held up', async (t) => {
  const { went, ask, later } = onAClock(t);
  for (const name of ['a1', 'a2', 'a3', 'a4']) ask(name, 'post', 'A');
  ask('b1', 'post', 'B');
  await settle();
  assert.deepEqual(went, ['a1', 'a2', 'b1']);
  await later(1_000);
  assert.deepEqual(went.slice(3), ['a3']);
  await later(1_000);
  assert.deepEqual(went.slice(4), ['a4']);
});

test('over any stretch of time no more calls go than the rate and the burst allow', async (t) => {
  const { went, ask, later } = onAClock(t);
  for (let at = 0; at < 100; at += 1) ask(String(at), 'post', 'A');
  await later(30_000);
  assert.ok(went.length >= 30 && went.length <= 32, String(went.length));
});

test('a workspace-wide method is counted over all channels', async (t) => {
  const { went, ask } = onAClock(t);
  for (let at = 0; at < 6; at += 1) ask(String(at), 'update', `C${at}`);
  await settle();
  assert.equal(went.length, 4);
});

test('progress leaves the reserve to urgent calls, and waits behind them', async (t) => {
  const { went, ask, later } = onAClock(t);
  for (const name of ['p1', 'p2', 'p3']) ask(name, 'update', 'A', 'progress');
  await settle();
  assert.deepEqual(went, ['p1', 'p2']);
  ask('u1', 'update', 'A');
  ask('u2', 'update', 'A');
  ask('u3', 'update', 'A');
  await settle();
  assert.deepEqual(went, ['p1', 'p2', 'u1', 'u2']);
  await later(5_000);
  assert.deepEqual(went.slice(4), ['u3', 'p3']);
});

test('progress that becomes urgent goes at once', async (t) => {
  const { limiter, went, ask } = onAClock(t);
  let lane: Lane = 'progress';
  for (const name of ['p1', 'p2']) ask(name, 'update', 'A', 'progress');
  ask('mine', 'update', 'A', () => lane);
  await settle();
  assert.deepEqual(went, ['p1', 'p2']);
  lane = 'urgent';
  limiter.wake('update');
  await settle();
  assert.deepEqual(went, ['p1', 'p2', 'mine']);
});

test('a pause holds up one method in one channel, for its time', async (t) => {
  const { limiter, went, ask, later } = onAClock(t);
  limiter.pause('update', 'A', 3_000);
  ask('paused', 'update', 'A');
  ask('free', 'update', 'B');
  ask('other method', 'post', 'A');
  await settle();
  assert.deepEqual(went, ['free', 'other method']);
  await later(2_900);
  assert.equal(went.length, 2);
  await later(200);
  assert.deepEqual(went.slice(2), ['paused']);
});

test('closing refuses whoever waits and whoever comes later', async (t) => {
  const { limiter, went, ask } = onAClock(t);
  for (const name of ['a1', 'a2', 'a3']) ask(name, 'post', 'A');
  await settle();
  limiter.close();
  ask('late', 'post', 'A');
  await settle();
  assert.deepEqual(went, ['a1', 'a2', 'a3 refused', 'late refused']);
});

test('a method without a row is held up only by a pause', async (t) => {
  const { limiter, went, ask, later } = onAClock(t);
  for (let at = 0; at < 50; at += 1) ask(String(at), 'anything', 'A');
  await settle();
  assert.equal(went.length, 50);
  limiter.pause('anything', 'A', 1_000);
  ask('after', 'anything', 'A');
  await later(900);
  assert.equal(went.length, 50);
  await later(200);
  assert.equal(went.length, 51);
});
