/** Ending a play on purpose: nothing of it goes on, whatever it does against that. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cancelPlay } from '../../../actions/ansible/cancel.ts';
import { leftOvers } from '../../../actions/ansible/liveness.ts';
import { readRunFile, runFiles, StoredSpec } from '../../../actions/ansible/run-dir.ts';
import { begin, finish, localHosts, type Stage, stage, working } from './support.ts';

/** Three hosts that work for a minute each, and a job in the background of one. */
const long = [
  { 'ansible.builtin.debug': { msg: 'first' } },
  { 'ansible.builtin.shell': 'setsid sleep 61 & echo started', when: "inventory_hostname == 'a'" },
  { name: 'work', 'ansible.builtin.command': 'sleep 62' },
];

const stubborn = [{ name: 'work', 'ansible.builtin.shell': `trap '' TERM INT HUP; while :; do sleep 0.2; done` }];

function temporaryOf({ runDir }: Stage): string {
  return readRunFile(runFiles(runDir).spec, StoredSpec)?.temporary ?? '';
}

const plays = [
  ['a play with jobs in the background', long, ['sleep 61', 'sleep 62']],
  ['a task that ignores every signal but SIGKILL', stubborn, ['trap']],
] as const;

for (const [what, tasks, commands] of plays) {
  test(`a cancel ends ${what} within 5 s`, async (t) => {
    const it = stage(t, [...tasks], { inventory: localHosts('a', 'b', 'c') });
    await begin(it);
    await working(it, [...commands]);
    const began = Date.now();
    await cancelPlay(it.runDir);
    assert.deepEqual(leftOvers(it.runDir), []);
    const { verdict, state } = await finish(it);
    assert.equal(verdict.kind, 'cancelled');
    assert.match(verdict.reason, /\(work\)$/);
    assert.ok(state.kind === 'finished' && state.exit.survivors === 0);
    assert.ok(!existsSync(temporaryOf(it)));
    // The promise to people, not a measurement: both grace times of 2 s and a second for the rest.
    assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
  });

  test(`time is up for ${what}`, async (t) => {
    const it = stage(t, [...tasks], { inventory: localHosts('a', 'b', 'c'), timeLimitSeconds: 3, graceSeconds: 0.3 });
    await begin(it);
    const { verdict } = await finish(it);
    assert.equal(verdict.kind, 'timed-out');
    assert.deepEqual(leftOvers(it.runDir), []);
  });

  test(`a cancel ends ${what} when its supervisor is dead`, async (t) => {
    const it = stage(t, [...tasks], { inventory: localHosts('a', 'b', 'c'), graceSeconds: 0.3 });
    await begin(it);
    await working(it, [...commands]);
    killSupervisor(it);
    await cancelPlay(it.runDir);
    assert.deepEqual(leftOvers(it.runDir), []);
    assert.equal((await finish(it)).verdict.kind, 'cancelled');
    assert.ok(!existsSync(temporaryOf(it)));
  });
}

test('a cancel that comes too late changes nothing about a success', async (t) => {
  const it = stage(t, [{ 'ansible.builtin.debug': { msg: 'x' } }]);
  await begin(it);
  await finish(it);
  await cancelPlay(it.runDir);
  assert.equal((await finish(it)).verdict.kind, 'succeeded');
});

test('two cancels at once are one', async (t) => {
  const it = stage(t, long);
  await begin(it);
  await working(it, ['sleep 62']);
  await Promise.all([cancelPlay(it.runDir), cancelPlay(it.runDir)]);
  assert.equal((await finish(it)).verdict.kind, 'cancelled');
});

function killSupervisor({ runDir }: Stage): void {
  const claim: { process: { pid: number } } = JSON.parse(readFileSync(runFiles(runDir).claim, 'utf8'));
  process.kill(claim.process.pid, 'SIGKILL');
}
