/**
 * Drover's side of recovery, on a real libvirt: killed while people decide, while one request waits for another, while
 * it recovers; told to stop while something runs. Each time the same thread goes on, and each effect happens once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { execa } from 'execa';
import type { Verb } from '../../../bot/chat/card.ts';
import type { Operation } from '../../../bot/operations/operation.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import { endProgram } from '../../lab/site.ts';
import { checkAudit, checkLog, checkLoose, checkThread, checkWorld, operationOf } from '../recovery-check.ts';
import { type Life, makeRecoverySite, type RecoverySite } from '../recovery-site.ts';
import { isSettled, readState, type StateSeen, untilState } from '../recovery-state.ts';
import { addBlankImage, startWitness, type Witness } from '../recovery-witness.ts';

let lab: Lab;
let image: string;
let witness: Witness;

before(async () => {
  lab = await startLab();
  image = await addBlankImage(lab);
  witness = await startWitness(lab);
});

after(async () => {
  witness?.stop();
  await lab?.stop();
});

async function withSite(play: (site: RecoverySite) => Promise<void>, drainSeconds = 20): Promise<void> {
  const site = await makeRecoverySite(lab, image, { drainSeconds });
  const lives: Life[] = [];
  const start: RecoverySite['start'] = (moment) => {
    const life = site.start(moment);
    lives.push(life);
    return life;
  };
  try {
    await play({ ...site, start });
    for (const { child } of lives) await endProgram(child);
    await checkLog(site.stateDir);
  } finally {
    await site.remove();
  }
}

async function urlOf(life: Life, site: RecoverySite): Promise<string> {
  const url = await life.ready;
  assert.ok(url !== null, await site.diagnostics());
  return url;
}

async function kill(life: Life): Promise<void> {
  life.child.kill('SIGKILL');
  await life.gone;
}

const create = (vm: string, env = 'dev') => `vm create ${vm} --env ${env} --memory 128MiB`;

const settledIn = (site: RecoverySite, vm: string, state: Operation['state']) =>
  untilState(
    site.stateDir,
    `${vm} to be ${state}`,
    (seen) => isSettled(seen) && seen.operations.some((one) => one.targets.includes(vm) && one.state === state),
  );

function mainCard({ messages }: StateSeen, { request }: Operation) {
  const found = messages.find(({ content }) => content.kind === 'card' && content.card.operation?.request === request);
  assert.ok(found?.content.kind === 'card');
  return { id: found.id, card: found.content.card };
}

function press(site: RecoverySite, url: string, person: string, seen: StateSeen, operation: Operation, verb: Verb) {
  const { request, digest } = operation;
  return site.press(url, person, { message: mainCard(seen, operation).id, request, digest, verb, input: '' });
}

async function checkMade(site: RecoverySite, seen: StateSeen, vm: string): Promise<void> {
  const operation = operationOf(seen, vm);
  assert.equal(operation.state, 'succeeded', JSON.stringify(operation.steps));
  assert.equal(witness.count(vm, 'Defined'), 1, `${vm}: defined once`);
  assert.equal(witness.count(vm, 'Started'), 1, `${vm}: started once`);
  await checkWorld(lab, operation);
  checkThread(seen, operation);
  await checkAudit(site.stateDir, operation);
  checkLoose(seen);
}

describe('kill -9 while people decide', { concurrency: 2 }, () => {
  test('what waits for approval waits on; the old card takes the vote, and is the one that is edited', () =>
    withSite(async (site) => {
      const first = site.start();
      await site.say(await urlOf(first, site), 'alice', create('wait-01', 'prod'));
      const waiting = await settledIn(site, 'wait-01', 'waiting');
      await kill(first);
      const url = await urlOf(site.start(), site);
      const operation = operationOf(waiting, 'wait-01');
      await press(site, url, 'bob', waiting, operation, 'approve');
      const seen = await settledIn(site, 'wait-01', 'succeeded');
      assert.equal(mainCard(seen, operation).id, mainCard(waiting, operation).id, 'the same message');
      assert.equal(mainCard(seen, operation).card.tone, 'good');
      await checkMade(site, seen, 'wait-01');
    }));

  for (const { what, vm, moment } of [
    { what: 'before the vote is stored', vm: 'vote-0', moment: { before: '^state vote-0 queued' } },
    { what: 'after the vote is stored', vm: 'vote-1', moment: { after: '^state vote-1 queued' } },
    { what: 'after the vote is in the log', vm: 'vote-2', moment: { after: '^audit approve' } },
  ]) {
    test(`a vote that dies with its process counts once: ${what}`, () =>
      withSite(async (site) => {
        const first = site.start(moment);
        const url = await urlOf(first, site);
        await site.say(url, 'alice', create(vm, 'prod'));
        const waiting = await settledIn(site, vm, 'waiting');
        await press(site, url, 'bob', waiting, operationOf(waiting, vm), 'approve').catch(() => {});
        await first.gone;
        assert.equal(first.child.signalCode, 'SIGKILL', 'the moment was met');
        await urlOf(site.start(), site);
        const seen = await settledIn(site, vm, 'succeeded');
        assert.equal(operationOf(seen, vm).votes.length, 1);
        await checkMade(site, seen, vm);
      }));
  }

  test('what waits behind another is begun after it, also when both lives between them end by kill -9', () =>
    withSite(async (site) => {
      const first = site.start();
      const url = await urlOf(first, site);
      await site.say(url, 'alice', create('queue-01'));
      await settledIn(site, 'queue-01', 'succeeded');
      await site.say(url, 'alice', 'vm stop queue-01 --grace 5s');
      await untilState(site.stateDir, 'the stop to wait', ({ operations }) => (operations[1]?.steps.length ?? 0) > 1);
      await site.say(url, 'alice', 'vm kill queue-01');
      await untilState(site.stateDir, 'the kill to queue', ({ operations }) => operations[2]?.state === 'queued');
      await kill(first);
      const second = site.start();
      await urlOf(second, site);
      await kill(second);
      await urlOf(site.start(), site);
      const seen = await untilState(
        site.stateDir,
        'both to end',
        (state) => isSettled(state) && state.loose.open.length === 0,
      );
      const [, stop, plug] = seen.operations;
      assert.equal(stop?.state, 'failed', 'a guest without an operating system ignores the button');
      assert.equal(plug?.state, 'succeeded');
      assert.ok((plug?.startedAt ?? 0) >= (stop?.endedAt ?? Number.POSITIVE_INFINITY), 'one after the other');
      checkLoose(seen);
      const { stdout } = await execa('virsh', ['-c', lab.uri, 'domstate', 'queue-01']);
      assert.equal(stdout.trim(), 'shut off');
    }));

  test('two crashes in a row, the second in the middle of the recovery, change nothing', () =>
    withSite(async (site) => {
      const first = site.start({ after: '^call libvirt define twice-01' });
      await site.say(await urlOf(first, site), 'alice', create('twice-01'));
      await first.gone;
      const second = site.start({ after: '^step defining twice-01 done' });
      await second.gone;
      const third = site.start({ after: '^call libvirt start twice-01' });
      await third.gone;
      assert.deepEqual(
        [first, second, third].map(({ child }) => child.signalCode),
        ['SIGKILL', 'SIGKILL', 'SIGKILL'],
      );
      await urlOf(site.start(), site);
      await checkMade(site, await settledIn(site, 'twice-01', 'succeeded'), 'twice-01');
    }));

  test('a cancel that dies with its process is delivered by the next, and everything is taken back', () =>
    withSite(async (site) => {
      const first = site.start({ after: '^audit cancel' });
      const url = await urlOf(first, site);
      await site.say(url, 'alice', create('undone-01'));
      const running = await untilState(
        site.stateDir,
        'it to run',
        ({ operations, messages }) =>
          operations.some(({ state, steps }) => state === 'running' && steps.length >= 6) && messages.length > 1,
      );
      await press(site, url, 'alice', running, operationOf(running, 'undone-01'), 'cancel').catch(() => {});
      await first.gone;
      await urlOf(site.start(), site);
      const seen = await untilState(
        site.stateDir,
        'its end',
        (state) => isSettled(state) && state.loose.open.length === 0,
      );
      const { state } = operationOf(seen, 'undone-01');
      // The wait that a cancel ends may be over before the next life has read of it: then it has succeeded.
      assert.ok(state === 'cancelled' || state === 'succeeded', state);
      const { stdout } = await execa('virsh', ['-c', lab.uri, 'list', '--all', '--name']);
      assert.equal(stdout.includes('undone-01'), state === 'succeeded');
      checkLoose(seen);
    }));
});

describe('SIGTERM', { concurrency: 2 }, () => {
  test('what runs ends within the grace, and new requests are refused politely', () =>
    withSite(async (site) => {
      const life = site.start();
      const url = await urlOf(life, site);
      await site.say(url, 'alice', create('drain-01'));
      const page = await site.listen(url, 'alice');
      await untilState(site.stateDir, 'it to run', ({ operations }) =>
        operations.some(({ state }) => state === 'running'),
      );
      life.child.kill('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 200));
      await site.say(url, 'alice', create('late-01')).catch(() => {});
      await life.gone;
      assert.equal(life.child.exitCode, 0);
      page.leave();
      assert.match(page.heard(), /Drover is stopping/);
      const seen = await readState(site.stateDir);
      assert.equal(seen.operations.length, 1, 'the late one was not taken');
      await checkMade(site, seen, 'drain-01');
    }));

  test('what does not end within the grace is left as it is, and the next start goes on with it', () =>
    withSite(async (site) => {
      const first = site.start();
      const url = await urlOf(first, site);
      await site.say(url, 'alice', create('long-01'));
      await settledIn(site, 'long-01', 'succeeded');
      await site.say(url, 'alice', 'vm stop long-01 --grace 6s');
      await untilState(site.stateDir, 'the stop to wait', ({ operations }) => (operations[1]?.steps.length ?? 0) > 1);
      first.child.kill('SIGTERM');
      await first.gone;
      assert.equal(first.child.exitCode, 0);
      const between = await readState(site.stateDir);
      assert.equal(between.operations[1]?.state, 'running', JSON.stringify(between.operations[1]?.steps));
      await urlOf(site.start(), site);
      const seen = await untilState(
        site.stateDir,
        'its end',
        (state) => isSettled(state) && state.loose.open.length === 0,
      );
      assert.equal(seen.operations[1]?.state, 'failed', 'the guest ignored the button');
      const titles = seen.messages.flatMap(({ content }) => (content.kind === 'card' ? [content.card.title] : []));
      assert.equal(titles.filter((title) => title.includes('unknown')).length, 0, 'no alarm in the thread');
      checkLoose(seen);
    }, 1));
});
