/**
 * Ends a play and everything it started: its processes here, and by that its tasks on the hosts (ssh ends, the task
 * there gets SIGHUP; a task that ignores it goes on and is beyond reach).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { OpsError } from '../errors.ts';
import { giveUpStart, isOver, leftOvers, lookAtPlay } from './liveness.ts';
import { isAlive, signalAll } from './processes.ts';
import {
  Claim,
  type Exit,
  PlayProcess,
  readRunFile,
  removeTemporary,
  runFiles,
  StoredSpec,
  writeDurably,
} from './run-dir.ts';

const LOOK_MS = 25;
/** Beyond both grace times: for the supervisor to take in what it has killed. */
const SLACK_MS = 10_000;

/**
 * Resolves when nothing of it runs any more, at once when that is so already; `playState` then tells how it ended (it
 * may have come to its own end first). Also clears what a dead supervisor could not, and keeps a play that has not
 * begun from beginning. `why` is what its end is put down to where no supervisor is left to say so.
 *
 * Throws `OpsError`: 'not-found', or 'timed-out' when something of it is still there after all signals.
 */
export async function cancelPlay(runDir: string, why: 'cancelled' | 'timed-out' = 'cancelled'): Promise<void> {
  const files = runFiles(runDir);
  const spec = readRunFile(files.spec, StoredSpec);
  const graceMs = (spec?.graceSeconds ?? 0) * 1000;
  const begun = lookAtPlay(runDir);
  if (begun.kind === 'not-started' && !begun.final) await giveUpStart(runDir);
  const claim = readRunFile(files.claim, Claim);
  if (claim?.by === 'supervisor' && isAlive(claim.process, claim.boot)) {
    signalAll([claim.process.pid], 'SIGTERM');
    await waitUntil(() => !isAlive(claim.process, claim.boot), 3 * graceMs + SLACK_MS, runDir);
  }
  if (leftOvers(runDir).length > 0) await endWithoutSupervisor(runDir, graceMs, why);
  if (spec !== null && isOver(runDir)) removeTemporary(spec);
}

async function endWithoutSupervisor(runDir: string, graceMs: number, why: Exit['why']): Promise<void> {
  const { process, exit } = runFiles(runDir);
  const play = readRunFile(process, PlayProcess);
  const playItself = play !== null && isAlive(play.process, play.boot);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    signalAll(leftOvers(runDir), signal);
    if (await within(() => leftOvers(runDir).length === 0, graceMs)) break;
  }
  await waitUntil(() => killAll(leftOvers(runDir)), SLACK_MS, runDir);
  if (!playItself || play === null) return;
  const ended: Exit & { v: 1 } = {
    v: 1,
    rc: null,
    why,
    leftOver: 0,
    survivors: 0,
    detail: 'ended without its supervisor',
    startedAt: play.startedAt,
    endedAt: Date.now(),
  };
  await writeDurably(exit, JSON.stringify(ended));
}

/** Each time anew: a process may have started another one meanwhile. */
function killAll(pids: number[]): boolean {
  signalAll(pids, 'SIGKILL');
  return pids.length === 0;
}

async function waitUntil(done: () => boolean, limitMs: number, runDir: string): Promise<void> {
  if (await within(done, limitMs)) return;
  throw new OpsError('timed-out', `ending the play in ${runDir}: something of it still runs after ${limitMs / 1000} s`);
}

async function within(done: () => boolean, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > until) return false;
    await delay(LOOK_MS);
  }
  return true;
}
