/**
 * Whether a play runs, by its run directory and the process table alone. Asked anew each time; nothing is remembered,
 * so the answer is the same for whoever started the play and for whoever found it after a crash.
 */
import { existsSync, linkSync, unlinkSync } from 'node:fs';
import { OpsError } from '../errors.ts';
import { isAlive, processesWith } from './processes.ts';
import {
  Claim,
  Exit,
  hasCode,
  PlayProcess,
  readRunFile,
  removeTemporary,
  runFiles,
  StoredSpec,
  syncDirectory,
  temporaryName,
  writeDurably,
} from './run-dir.ts';

export type Liveness =
  /** `final`: nothing was done and nothing will be. Otherwise a supervisor may still begin; see `giveUpStart`. */
  | { kind: 'not-started'; final: boolean; reason: string }
  /** `supervised` false: nobody keeps the time limit (`deadline`, ms since the epoch); `cancelPlay` still ends it. */
  | { kind: 'running'; supervised: boolean; deadline: number }
  | { kind: 'finished'; exit: Exit }
  /** It was started, it does not run, and nobody wrote how it ended. */
  | { kind: 'silent' };

/** Throws `OpsError` 'not-found' where there is no such run directory: that play was never about to start. */
export function lookAtPlay(runDir: string): Liveness {
  const files = runFiles(runDir);
  const claim = readRunFile(files.claim, Claim);
  if (claim === null) return notClaimed(runDir);
  if (claim.by === 'nobody') return neverStarted('the start was given up');
  // Who lives is asked before what was written: an end in between is then seen in the files.
  const supervised = isAlive(claim.process, claim.boot);
  const play = readRunFile(files.process, PlayProcess);
  const alive = play !== null && isAlive(play.process, play.boot);
  const exit = readRunFile(files.exit, Exit);
  if (exit !== null) return exit.why === 'not-started' ? neverStarted(exit.detail) : { kind: 'finished', exit };
  if (supervised || alive)
    return { kind: 'running', supervised, deadline: deadlineOf(runDir, play?.startedAt ?? Date.now()) };
  // The play's process says who it is before it becomes Ansible, and does not become it once its supervisor is dead.
  return play === null ? neverStarted('the supervisor ended before it began the play') : { kind: 'silent' };
}

/** Whether nothing more will be written. */
export function isOver(runDir: string): boolean {
  const known = lookAtPlay(runDir);
  return known.kind === 'not-started' ? known.final : known.kind !== 'running';
}

/** Processes that the play started and that are alive, also when its own are gone. */
export function leftOvers(runDir: string): number[] {
  const spec = readRunFile(runFiles(runDir).spec, StoredSpec);
  return spec === null ? [] : processesWith(`DROVER_EVENTS_FILE=${spec.events}`);
}

/**
 * Makes sure that a play that has not begun never will, by taking the claim that a supervisor needs. Gives whether
 * that is so; false: a supervisor was faster, look again.
 */
export async function giveUpStart(runDir: string): Promise<boolean> {
  const { claim } = runFiles(runDir);
  const ours = temporaryName(claim);
  await writeDurably(ours, JSON.stringify({ v: 1, by: 'nobody' }));
  try {
    linkSync(ours, claim);
    await syncDirectory(runDir);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(ours);
  }
  const known = lookAtPlay(runDir);
  if (known.kind !== 'not-started' || !known.final) return false;
  const spec = readRunFile(runFiles(runDir).spec, StoredSpec);
  if (spec !== null) removeTemporary(spec);
  return true;
}

function neverStarted(reason: string): Liveness {
  return { kind: 'not-started', final: true, reason };
}

function notClaimed(runDir: string): Liveness {
  if (!existsSync(runDir)) throw new OpsError('not-found', `looking for the play in ${runDir}: there is none`);
  return { kind: 'not-started', final: false, reason: 'no supervisor has begun it' };
}

function deadlineOf(runDir: string, startedAt: number): number {
  const spec = readRunFile(runFiles(runDir).spec, StoredSpec);
  return startedAt + (spec?.timeLimitSeconds ?? 0) * 1000;
}
