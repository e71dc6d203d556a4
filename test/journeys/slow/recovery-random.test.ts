/**
 * kill -9 at 100 random instants of `vm.create` on a real libvirt: while it starts, while it goes on with what it found,
 * while several VMs are made at once. The instants come from a seed that is printed, so that a run can be had again.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
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
import { makeRecoverySite, type RecoverySite } from '../recovery-site.ts';
import { isSettled, readState, type StateSeen, untilState } from '../recovery-state.ts';
import { addBlankImage, startWitness, type Witness } from '../recovery-witness.ts';

const KILLS = 100;
/** Of the time that a start takes to be ready on this machine: about every third life ends before it is. */
const LONGEST_LIFE = 3;
/** The web chat takes 20 lines in 10 s from a person. */
const BETWEEN_LINES_MS = 600;
const SEED = Number(process.argv.find((word) => word.startsWith('--seed='))?.slice(7) ?? randomInt(2 ** 31));

let lab: Lab;
let site: RecoverySite;
let witness: Witness;
let seen: StateSeen;
let lives = 0;
let ready = 0;
/** One a life that comes to be ready while its number is even: the others only go on with what they found. */
const asked: string[] = [];

before(async () => {
  lab = await startLab();
  witness = await startWitness(lab);
  site = await makeRecoverySite(lab, await addBlankImage(lab));
  const random = mulberry(SEED);
  const longestMs = LONGEST_LIFE * (await timeToReady());
  for (; lives < KILLS; lives += 1) await liveAndDie(random() * longestMs);
  const last = site.start();
  const url = await last.ready;
  assert.ok(url !== null, await site.diagnostics());
  // A line that was never acknowledged may not have been written down: that person asks again.
  const known = (await readState(site.stateDir)).operations.flatMap(({ targets }) => targets);
  for (const vm of asked.filter((vm) => !known.includes(vm))) {
    await site.say(url, 'alice', create(vm));
    await delay(BETWEEN_LINES_MS);
  }
  seen = await untilState(
    site.stateDir,
    'everything to settle',
    (state) => state.operations.length === asked.length && isSettled(state),
    120_000,
  );
  await endProgram(last.child);
});

after(async () => {
  witness?.stop();
  await site?.remove();
  await lab?.stop();
});

const create = (vm: string) => `vm create ${vm} --env dev --memory 128MiB`;

async function timeToReady(): Promise<number> {
  const from = performance.now();
  const life = site.start();
  await life.ready;
  const took = performance.now() - from;
  life.child.kill('SIGKILL');
  await life.gone;
  return took;
}

async function liveAndDie(afterMs: number): Promise<void> {
  const life = site.start();
  const asking = life.ready.then(async (url) => {
    if (url === null) return;
    ready += 1;
    if (lives % 2 === 1) return;
    const vm = `r-${lives}`;
    asked.push(vm);
    await site.say(url, 'alice', create(vm)).catch(() => {});
  });
  await delay(afterMs);
  life.child.kill('SIGKILL');
  await Promise.all([life.gone, asking]);
}

/** A small generator with a seed; numbers from 0 to 1. Source: public domain, by Tommy Ettinger. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`${KILLS} times kill -9: every VM was made once, told once, and is on record`, async (t) => {
  t.diagnostic(`seed ${SEED}; ${ready} of ${lives} lives came to be ready; ${asked.length} VMs`);
  assert.ok(asked.length > KILLS / 10, 'enough of them did something');
  for (const vm of asked) {
    const operation = operationOf(seen, vm);
    assert.equal(operation.state, 'succeeded', JSON.stringify(operation.steps));
    assert.equal(witness.count(vm, 'Defined'), 1, `${vm}: libvirt defined it once`);
    assert.equal(witness.count(vm, 'Started'), 1, `${vm}: libvirt started it once`);
    await checkWorld(lab, operation);
    checkThread(seen, operation);
    await checkAudit(site.stateDir, operation);
    await checkAusearch(site.stateDir, operation);
  }
});

test('nothing is left open, locked or untold', () => checkLoose(seen));

test('the audit log of all those lives is intact', () => checkLog(site.stateDir));
