/** kill -9 of each process that has to do with a play: what is found afterwards is true, and nothing begins twice. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelPlay } from '../../../actions/ansible/cancel.ts';
import { followPlay } from '../../../actions/ansible/follow.ts';
import { giveUpStart, leftOvers } from '../../../actions/ansible/liveness.ts';
import { runFiles } from '../../../actions/ansible/run-dir.ts';
import { playState } from '../../../actions/ansible/state.ts';
import { begin, finish, type Stage, stage, working } from './support.ts';

const ROUNDS = 12;
/** From before Node has loaded anything to after the play's end. */
const LATEST_KILL_MS = 1800;

/** Each run of the playbook leaves a line in the file `begun`. */
function counted(t: Parameters<typeof stage>[0]): Stage {
  const it = stage(t, []);
  const begun = join(it.directory, 'begun');
  const tasks = [
    { 'ansible.builtin.shell': `echo begun >> ${begun}` },
    ...Array.from({ length: 8 }, (_, n) => ({ 'ansible.builtin.debug': { msg: `step ${n}` } })),
    { 'ansible.builtin.command': 'sleep 0.3' },
  ];
  writeFileSync(it.spec.playbook, JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]));
  return it;
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

async function killAfter(child: ChildProcess, ms: number): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await Promise.race([delay(ms), ended]);
  child.kill('SIGKILL');
  await ended;
}

/** What the next process of Drover does: goes on, or starts what certainly never began. */
async function recover(it: Stage): Promise<'never began' | 'went on'> {
  if (!existsSync(it.runDir)) return 'never began';
  const state = await playState(it.runDir);
  return state.kind === 'not-started' && (state.final || (await giveUpStart(it.runDir))) ? 'never began' : 'went on';
}

test(`${ROUNDS} times kill -9 of whoever started a play: no event lost or seen twice, never begun twice`, async (t) => {
  const outcomes = { 'never began': 0, 'went on': 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const it = counted(t);
    const [log, spec] = [join(it.directory, 'log'), join(it.directory, 'spec.json')];
    writeFileSync(spec, JSON.stringify(it.spec));
    const program = join(import.meta.dirname, 'starter.ts');
    const child = spawn(process.execPath, [program, it.runDir, spec, log, it.directory], { stdio: 'inherit' });
    await killAfter(child, (LATEST_KILL_MS * (round + Math.random())) / ROUNDS);

    const outcome = await recover(it);
    outcomes[outcome] += 1;
    const begun = join(it.directory, 'begun');
    if (outcome === 'never began') {
      assert.deepEqual(linesOf(begun), []);
      continue;
    }
    await assert.rejects(begin(it), { code: 'exists' });
    const before = linesOf(log).map((line) => line.split(' ').map(Number));
    const after: number[] = [];
    for await (const { event } of followPlay(it.runDir, { fromByte: before.at(-1)?.[1] ?? 0 })) {
      assert.ok(event.kind !== 'malformed');
      after.push(event.seq);
    }
    const seen = [...before.map(([seq]) => seq), ...after];
    assert.deepEqual(
      seen,
      seen.map((_, index) => index + 1),
    );
    assert.equal((await finish(it)).verdict.kind, 'succeeded');
    assert.deepEqual(linesOf(begun), ['begun']);
  }
  t.diagnostic(JSON.stringify(outcomes));
  assert.ok(outcomes['went on'] > 0);
});

const slow = [
  { name: 'first', 'ansible.builtin.debug': { msg: 'x' } },
  { name: 'work', 'ansible.builtin.command': 'sleep 3' },
  { name: 'last', 'ansible.builtin.debug': { msg: 'y' } },
];

function pidIn(path: string): number {
  const file: { process: { pid: number } } = JSON.parse(readFileSync(path, 'utf8'));
  return file.process.pid;
}

async function beginWorking(t: Parameters<typeof stage>[0]): Promise<Stage> {
  const it = stage(t, slow);
  await begin(it);
  await working(it, ['sleep 3']);
  return it;
}

test('a play whose supervisor was killed comes to its end, and only the exit code is not known', async (t) => {
  const it = await beginWorking(t);
  process.kill(pidIn(runFiles(it.runDir).claim), 'SIGKILL');
  await delay(50);
  const meanwhile = await playState(it.runDir);
  assert.ok(meanwhile.kind === 'running' && !meanwhile.supervised);
  const { state, verdict, events } = await finish(it);
  assert.equal(state.kind, 'finished-without-exit-code');
  assert.deepEqual(verdict, { kind: 'succeeded', reason: '1 of 1 hosts are done; the exit code is not known' });
  assert.ok(events.every(({ kind }) => kind !== 'malformed'));
});

test('a killed ansible-playbook is told by its signal, and what it left behind is ended', async (t) => {
  const it = await beginWorking(t);
  process.kill(pidIn(runFiles(it.runDir).process), 'SIGKILL');
  const { state, verdict } = await finish(it);
  assert.ok(state.kind === 'finished' && state.exit.rc === -9 && state.exit.leftOver > 0);
  assert.equal(verdict.kind, 'interrupted');
  assert.deepEqual(leftOvers(it.runDir), []);
});

test('where supervisor and play were killed, each host’s last task and the choices are told, and nothing is run again', async (t) => {
  const it = await beginWorking(t);
  process.kill(pidIn(runFiles(it.runDir).claim), 'SIGKILL');
  process.kill(pidIn(runFiles(it.runDir).process), 'SIGKILL');
  const { state, verdict } = await finish(it);
  assert.ok(state.kind === 'interrupted');
  assert.deepEqual(state.lastTasks, [{ host: 'a', task: 'work', status: 'running' }]);
  assert.ok(state.stillRunning > 0);
  assert.deepEqual(
    state.choices.map(({ choice }) => choice),
    ['end-what-still-runs', 'retry', 'mark-done'],
  );
  assert.match(verdict.reason, /task 2 of 3 had begun \(work\)/);
  await assert.rejects(begin(it), { code: 'exists' });
  await cancelPlay(it.runDir);
  const after = await playState(it.runDir);
  assert.ok(after.kind === 'interrupted' && after.stillRunning === 0);
  assert.deepEqual(
    after.choices.map(({ choice }) => choice),
    ['retry', 'mark-done'],
  );
});

test('after a reboot nothing of before runs, whatever has its pid now', async (t) => {
  const it = stage(t, slow);
  await begin(it);
  await finish(it);
  const { claim, process: own, exit, events } = runFiles(it.runDir);
  const ended = readFileSync(events, 'utf8').split('\n').slice(0, 4).join('\n');
  for (const path of [claim, own]) {
    const file = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...file, process: { pid: process.pid, start: 1 } }));
  }
  writeFileSync(events, `${ended}\n{"v":1,"se`);
  rmSync(exit);
  const { state, events: seen } = await finish(it);
  assert.equal(state.kind, 'interrupted');
  assert.deepEqual(seen.at(-1), { kind: 'malformed', reason: 'cut short: the last line has no end', bytes: 10 });
});

test('a start that was given up never begins', async (t) => {
  const it = stage(t, slow);
  mkdirSync(it.runDir, { recursive: true });
  assert.deepEqual(await playState(it.runDir), {
    kind: 'not-started',
    final: false,
    reason: 'no supervisor has begun it',
  });
  assert.equal(await giveUpStart(it.runDir), true);
  assert.equal(await giveUpStart(it.runDir), true);
  const supervisor = join(import.meta.dirname, '../../../actions/ansible/supervisor.py');
  const late = spawn('/usr/bin/python3', ['-I', '-B', supervisor, it.runDir], { stdio: ['pipe', 'ignore', 'ignore'] });
  late.stdin.end('{}');
  assert.equal(await new Promise((resolve) => late.once('exit', resolve)), 1);
  assert.ok(!existsSync(runFiles(it.runDir).process));
  assert.equal((await finish(it)).verdict.kind, 'not-started');
});

test('a play that is cancelled before anybody began it never begins', async (t) => {
  const it = stage(t, slow);
  mkdirSync(it.runDir, { recursive: true });
  await cancelPlay(it.runDir);
  const state = await playState(it.runDir);
  assert.ok(state.kind === 'not-started' && state.final);
  await assert.rejects(cancelPlay(join(it.directory, 'other')), { code: 'not-found' });
});

test('a supervisor that was told only half begins nothing', async (t) => {
  const it = stage(t, slow);
  mkdirSync(it.runDir, { recursive: true });
  writeFileSync(
    runFiles(it.runDir).spec,
    JSON.stringify({
      command: ['/bin/true'],
      events: '',
      temporary: join(it.directory, 'x'),
      timeLimitSeconds: 1,
      graceSeconds: 1,
    }),
  );
  const supervisor = join(import.meta.dirname, '../../../actions/ansible/supervisor.py');
  const child = spawn('/usr/bin/python3', ['-I', '-B', supervisor, it.runDir], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end('{"secrets": {"token": "abc');
  await new Promise((resolve) => child.once('exit', resolve));
  const state = await playState(it.runDir);
  assert.ok(state.kind === 'not-started' && state.final);
});

test('a missing interpreter is told at once, and nothing was started', async (t) => {
  const it = stage(t, slow, { python: '/nonexistent/python3' });
  await assert.rejects(begin(it), { code: 'failed', message: /nonexistent.*nothing was started/s });
});

test('two starts of one play at once begin it once', async (t) => {
  const it = counted(t);
  const starts = await Promise.allSettled([begin(it), begin(it), begin(it)]);
  assert.equal(starts.filter(({ status }) => status === 'fulfilled').length, 1);
  await finish(it);
  assert.deepEqual(linesOf(join(it.directory, 'begun')), ['begun']);
});

test('a play that was never about to start is not there', async (t) => {
  const it = stage(t, slow);
  await assert.rejects(playState(it.runDir), { code: 'not-found' });
  await assert.rejects(followPlay(it.runDir).next(), { code: 'not-found' });
});
