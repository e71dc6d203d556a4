/**
 * The host's side of recovery, on a real libvirt behind a proxy: lost calls, lost answers, a daemon that is away or
 * frozen. What can be known is settled by itself; what cannot is `unknown` with evidence and a person's three choices.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { execa } from 'execa';
import type { Operation } from '../../../bot/operations/operation.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import { endProgram } from '../../lab/site.ts';
import { checkAudit, checkLog, checkLoose, checkWorld, operationOf } from '../recovery-check.ts';
import { type HostProxy, PROCEDURE, startProxy } from '../recovery-proxy.ts';
import { type Life, makeRecoverySite, type RecoverySite } from '../recovery-site.ts';
import { isSettled, type StateSeen, untilState } from '../recovery-state.ts';
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

interface Scene {
  proxy: HostProxy;
  site: RecoverySite;
  life: Life;
  url: string;
  ask(vm: string, env?: string): Promise<void>;
  until(vm: string, ...states: Operation['state'][]): Promise<{ seen: StateSeen; operation: Operation }>;
}

/** A Drover of its own behind a proxy of its own; at its end nothing may be left, whatever was done to it. */
async function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const proxy = resources.adopt(await startProxy(lab), (started) => started.close());
  const site = resources.adopt(await makeRecoverySite(lab, image, { uri: proxy.uri }), (made) => made.remove());
  const life = site.start();
  resources.defer(async () => void (await endProgram(life.child)));
  const url = await life.ready;
  assert.ok(url !== null, await site.diagnostics());
  await play({
    proxy,
    site,
    life,
    url,
    ask: async (vm, env = 'dev') => void (await site.say(url, 'alice', `vm create ${vm} --env ${env} --memory 128MiB`)),
    async until(vm, ...states) {
      const what = `${vm} to be ${states.join(' or ')}`;
      const seen = await untilState(
        site.stateDir,
        what,
        (state) =>
          isSettled(state) && state.operations.some((one) => one.targets.includes(vm) && states.includes(one.state)),
      );
      return { seen, operation: operationOf(seen, vm) };
    },
  });
  await endProgram(life.child);
  await checkLog(site.stateDir);
}

async function checkMade(site: RecoverySite, operation: Operation, seen: StateSeen): Promise<void> {
  const [vm = ''] = operation.targets;
  assert.equal(operation.state, 'succeeded', JSON.stringify(operation.steps));
  assert.equal(witness.count(vm, 'Defined'), 1, 'defined once');
  assert.equal(witness.count(vm, 'Started'), 1, 'started once');
  await checkWorld(lab, operation);
  await checkAudit(site.stateDir, operation);
  checkLoose(seen);
}

const titlesOf = ({ messages }: StateSeen, request: number) =>
  messages.flatMap(({ content }) =>
    content.kind === 'card' && content.card.operation?.request === request ? [content.card.title] : [],
  );

describe('a host that does not answer', { concurrency: true }, () => {
  for (const [name, procedure] of Object.entries(PROCEDURE)) {
    test(`an answer to ${name} that is lost is found in the world, and nobody is asked`, () =>
      scene(async ({ proxy, site, ask, until }) => {
        const vm = `lost-answer-${name.toLowerCase()}`;
        proxy.lose({ procedure, lost: 'answer', and: 'reconnect' });
        await ask(vm);
        const { seen, operation } = await until(vm, 'succeeded');
        await checkMade(site, operation, seen);
        assert.equal(titlesOf(seen, operation.request).length, 2, titlesOf(seen, operation.request).join(' | '));
      }));
  }

  test('a host that is gone with the answer leaves it unknown, and it is settled by itself when the host is back', () =>
    scene(async ({ proxy, site, ask, until }) => {
      proxy.lose({ procedure: PROCEDURE.define, lost: 'answer', and: 'stay-away' });
      await ask('away-01');
      const { operation: unclear } = await until('away-01', 'unknown');
      assert.match(unclear.problem?.message ?? '', /^defining away-01: /, 'the evidence is told');
      proxy.comeBack();
      const { seen, operation } = await until('away-01', 'succeeded');
      await checkMade(site, operation, seen);
      const titles = titlesOf(seen, operation.request).map((title) => title.split(' ')[1]?.replace(':', ''));
      assert.deepEqual(titles, ['vm', 'unknown', 'succeeded'], 'the thread tells both');
    }));

  test('an approved request whose host is away waits, says why once, and begins when the host is back', () =>
    scene(async ({ proxy, site, url, ask, until }) => {
      await ask('later-01', 'prod');
      const { seen, operation } = await until('later-01', 'waiting');
      proxy.goAway();
      await site.press(url, 'bob', pressOn(seen, operation, 'approve'));
      const queued = await untilState(site.stateDir, 'the reason', ({ operations }) =>
        operations.some(({ notes }) => notes.length > 0),
      );
      assert.equal(operationOf(queued, 'later-01').state, 'queued');
      await new Promise((resolve) => setTimeout(resolve, 5000));
      proxy.comeBack();
      const end = await until('later-01', 'succeeded');
      await checkMade(site, end.operation, end.seen);
      assert.equal(end.operation.notes.length, 1, JSON.stringify(end.operation.notes));
    }));

  test('a host that freezes with the answer is unknown in less than a minute, and settled by itself when it goes on', () =>
    scene(async ({ proxy, site, ask, until }) => {
      proxy.lose({ procedure: PROCEDURE.start, lost: 'answer', and: 'freeze' });
      await ask('stiff-01');
      await until('stiff-01', 'unknown');
      proxy.comeBack();
      const { seen, operation } = await until('stiff-01', 'succeeded');
      await checkMade(site, operation, seen);
    }));

  test('a daemon that freezes in mid-operation and goes on hurts nothing', () =>
    scene(async ({ site, ask, until }) => {
      await ask('frozen-01');
      await untilState(site.stateDir, 'the first step', ({ operations }) => (operations[0]?.steps.length ?? 0) > 0);
      process.kill(lab.libvirtd.pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 3000));
      process.kill(lab.libvirtd.pid, 'SIGCONT');
      const { seen, operation } = await until('frozen-01', 'succeeded');
      await checkMade(site, operation, seen);
    }));
});

const choices = [
  { verb: 'adopt', started: 0, says: /was made and started, but is shutoff now/ },
  { verb: 'retry', started: 1, says: /is running/ },
  { verb: 'mark-done', started: 0, says: /closed as done by alice: done by hand/ },
] as const;

describe('a person settles what nobody can know', () => {
  for (const { verb, started, says } of choices) {
    for (const from of ['web', 'terminal'] as const) {
      test(`${verb}, from the ${from}`, () =>
        scene(async ({ proxy, site, url, ask, until }) => {
          const vm = `${verb}-${from}`;
          proxy.lose({ procedure: PROCEDURE.start, lost: 'call', and: 'reconnect' });
          await ask(vm);
          const { seen, operation: unclear } = await until(vm, 'unknown');
          assert.match(unclear.problem?.message ?? '', new RegExp(`^starting ${vm}: .*${vm} is shutoff`));
          assert.deepEqual(buttonsOf(seen, unclear), ['adopt', 'retry', 'mark-done'], 'the three choices');
          assert.deepEqual(seen.loose.locks, [`lock/${vm}`], 'nobody else touches it meanwhile');
          if (from === 'web')
            await site.press(url, 'alice', { ...pressOn(seen, unclear, verb), input: 'done by hand' });
          else {
            const done = await site.run(verb, String(unclear.request), '--as', 'alice', '--reason', 'done by hand');
            assert.equal(done.exit, 0, done.output);
          }
          const end = await until(vm, 'succeeded');
          assert.match(end.operation.outcome?.summary ?? '', says);
          assert.equal(witness.count(vm, 'Started'), started);
          checkLoose(end.seen);
          const { stdout } = await execa('virsh', ['-c', lab.uri, 'domstate', vm]);
          assert.equal(stdout.trim(), started === 1 ? 'running' : 'shut off');
        }));
    }
  }
});

function cardOf({ messages }: StateSeen, request: number) {
  const found = messages.findLast(
    ({ content }) =>
      content.kind === 'card' && content.card.operation?.request === request && content.card.buttons.length > 0,
  );
  assert.ok(found?.content.kind === 'card', 'a card with buttons');
  return { id: found.id, card: found.content.card };
}

const buttonsOf = (seen: StateSeen, { request }: Operation) =>
  cardOf(seen, request).card.buttons.map(({ verb }) => verb);

function pressOn(seen: StateSeen, { request, digest }: Operation, verb: 'approve' | 'adopt' | 'retry' | 'mark-done') {
  return { message: cardOf(seen, request).id, request, digest, verb, input: '' };
}
