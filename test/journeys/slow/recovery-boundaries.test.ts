/**
 * kill -9 at every boundary of `vm.create`, on a real libvirt: each life of Drover goes on with what the one before it
 * left, begins the next VM, and dies at the next moment of the table. At the end each VM was made exactly once.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Lab, startLab } from '../../lab/lab.ts';
import { endProgram } from '../../lab/site.ts';
import {
  checkAudit,
  checkAusearch,
  checkLog,
  checkLoose,
  checkThread,
  checkWorld,
  operationOf,
} from '../recovery-check.ts';
import { type Life, type Moment, makeRecoverySite, type RecoverySite } from '../recovery-site.ts';
import { isSettled, type StateSeen, untilState } from '../recovery-state.ts';
import { addBlankImage, startWitness, type Witness } from '../recovery-witness.ts';

const EFFECTS = [
  {
    step: (vm: string) => `creating the disk of ${vm}`,
    command: (vm: string) => `create-volume default/${vm}-\\w+.qcow2`,
  },
  { step: (vm: string) => `creating the seed of ${vm}`, command: (vm: string) => `create-volume default/${vm}-.*iso` },
  { step: (vm: string) => `writing the seed of ${vm}`, command: (vm: string) => `upload-volume default/${vm}-` },
  { step: (vm: string) => `defining ${vm}`, command: (vm: string) => `define ${vm}$` },
  { step: (vm: string) => `starting ${vm}`, command: (vm: string) => `start ${vm}$` },
];

type Named = { what: string; moment: (vm: string) => Moment };

const aroundEffects = EFFECTS.flatMap(({ step, command }): Named[] => [
  { what: `before the intent of: ${step('it')}`, moment: (vm) => ({ before: `^intent libvirt ${command(vm)}` }) },
  { what: `after the intent of: ${step('it')}`, moment: (vm) => ({ after: `^intent libvirt ${command(vm)}` }) },
  { what: `before the call of: ${step('it')}`, moment: (vm) => ({ after: `^step ${step(vm)} running` }) },
  { what: `with the call under way: ${step('it')}`, moment: (vm) => ({ after: `^call libvirt ${command(vm)}` }) },
  {
    what: `after the answer, before its record: ${step('it')}`,
    moment: (vm) => ({ before: `^step ${step(vm)} done` }),
  },
  { what: `after its record, before the log: ${step('it')}`, moment: (vm) => ({ after: `^step ${step(vm)} done` }) },
  {
    what: `after the log, before the next: ${step('it')}`,
    moment: (vm) => ({ after: `^result of libvirt ${command(vm)}` }),
  },
]);

const elsewhere: Named[] = [
  { what: 'the event is written down', moment: (vm) => ({ after: `^put inbox-open/\\S+ ${vm}$` }) },
  { what: 'before it is queued', moment: (vm) => ({ before: `^state ${vm} queued` }) },
  { what: 'queued', moment: (vm) => ({ after: `^state ${vm} queued` }) },
  { what: 'locked', moment: (vm) => ({ after: `^put lock/${vm} ` }) },
  { what: 'before it runs', moment: (vm) => ({ before: `^state ${vm} running` }) },
  { what: 'running', moment: (vm) => ({ after: `^state ${vm} running` }) },
  { what: 'the card is posted and not noted', moment: (vm) => ({ before: `^put posted/\\d+/card ${vm}` }) },
  { what: 'the card is posted and noted', moment: (vm) => ({ after: `^put posted/\\d+/card ${vm}` }) },
  { what: 'in the wait', moment: (vm) => ({ after: `^step waiting .* ${vm} running` }) },
  { what: 'before the end of the wait', moment: (vm) => ({ before: `^step waiting .* ${vm} done` }) },
  { what: 'after the wait', moment: (vm) => ({ after: `^step waiting .* ${vm} done` }) },
  { what: 'before the end', moment: (vm) => ({ before: `^state ${vm} succeeded` }) },
  { what: 'after the end', moment: (vm) => ({ after: `^state ${vm} succeeded` }) },
  {
    what: 'the closing message is posted and not noted',
    moment: (vm) => ({ before: `^put posted/\\d+/closing-succeeded ${vm}` }),
  },
  {
    what: 'the closing message is posted and noted',
    moment: (vm) => ({ after: `^put posted/\\d+/closing-succeeded ${vm}` }),
  },
];

const MOMENTS = [...aroundEffects, ...elsewhere].map((named, at) => ({ ...named, vm: `k-${at}` }));
/** A life ends at its moment; the longest way there is a start, a recovery and a whole `vm.create`. */
const LIFE_LIMIT_MS = 30_000;

let lab: Lab;
let site: RecoverySite;
let witness: Witness;
let seen: StateSeen;
const survived: string[] = [];

/** One life: starts, goes on with the last VM, is asked for the next, and is killed. */
async function liveAndDie(vm: string, moment: Moment): Promise<void> {
  const life = site.start(moment);
  const url = await life.ready;
  assert.ok(url !== null, `the life of ${vm} began: ${await site.diagnostics()}`);
  // The answer may be lost with the process: then the event was written down or not, and a person would ask again.
  await site.say(url, 'alice', `vm create ${vm} --env dev --memory 128MiB`).catch(() => {});
  await endOf(life, vm);
}

async function endOf(life: Life, vm: string): Promise<void> {
  const limit = new Promise((resolve) => setTimeout(resolve, LIFE_LIMIT_MS, 'late').unref());
  const ended = await Promise.race([life.gone, limit]);
  if (ended !== 'late' && life.child.signalCode === 'SIGKILL') return;
  survived.push(vm);
  life.child.kill('SIGKILL');
  await life.gone;
}

before(async () => {
  lab = await startLab();
  witness = await startWitness(lab);
  site = await makeRecoverySite(lab, await addBlankImage(lab));
  for (const { vm, moment } of MOMENTS) await liveAndDie(vm, moment(vm));
  const last = site.start();
  await last.ready;
  seen = await untilState(site.stateDir, 'everything to settle', isSettled);
  await endProgram(last.child);
});

after(async () => {
  witness?.stop();
  await site?.remove();
  await lab?.stop();
});

test('every moment was met, and killed', () => {
  assert.deepEqual(
    survived.map((vm) => MOMENTS.find((other) => other.vm === vm)?.what),
    [],
  );
});

for (const { what, vm } of MOMENTS) {
  test(`kill -9, ${what}: made once, told once, on record`, async () => {
    const operation = operationOf(seen, vm);
    assert.equal(operation.state, 'succeeded', JSON.stringify(operation.steps));
    assert.equal(witness.count(vm, 'Defined'), 1, 'libvirt defined it once');
    assert.equal(witness.count(vm, 'Started'), 1, 'libvirt started it once');
    await checkWorld(lab, operation);
    checkThread(seen, operation);
    await checkAudit(site.stateDir, operation);
    await checkAusearch(site.stateDir, operation);
  });
}

test('nothing is left open, locked or untold', () => checkLoose(seen));

test('the audit log of all those lives is intact', () => checkLog(site.stateDir));
