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
/** A VM is asked for in every second life, so that some lives only go on with what they found. */
const VMS = KILLS / 2;
/** From the start of the process; it is ready after about a third of that on a quiet machine. */
const LONGEST_LIFE_MS = 1800;
const SEED = Number(process.argv.find((word) => word.startsWith('--seed='))?.slice(7) ?? randomInt(2 ** 31));

let lab: Lab;
let site: RecoverySite;
let witness: Witness;
let seen: StateSeen;
let lives = 0;
let ready = 0;
const asked: string[] = [];

before(async () => {
  lab = await startLab();
  witness = await startWitness(lab);
  site = await makeRecoverySite(lab, await addBlankImage(lab));
  const random = mulberry(SEED);
  for (; lives < KILLS; lives += 1) await liveAndDie(random() * LONGEST_LIFE_MS, lives % 2 === 0 ? `r-${lives}` : null);
  const last = site.start();
  const url = await last.ready;
  assert.ok(url !== null, await site.diagnostics());
  // A line that was never acknowledged may not have been written down: that person asks again.
  const known = (await readState(site.stateDir)).operations.flatMap(({ targets }) => targets);
  for (const vm of asked.filter((vm) => !known.includes(vm))) await site.say(url, 'alice', create(vm));
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

async function liveAndDie(afterMs: number, vm: string | null): Promise<void> {
  const life = site.start();
  if (vm !== null) asked.push(vm);
  const asking = life.ready.then(async (url) => {
    if (url === null) return;
    ready += 1;
    if (vm !== null) await site.say(url, 'alice', create(vm)).catch(() => {});
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
  assert.equal(asked.length, VMS);
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
