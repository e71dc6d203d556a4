/**
 * Starts a play once. From then on it belongs to its supervisor (supervisor.py) and goes on without us: look at it by
 * `playState`, listen by `followPlay`, end it by `cancelPlay`.
 *
 * Under systemd Drover's unit needs `KillMode=process`, or a restart of Drover ends every play.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { OpsError } from '../errors.ts';
import { writeInventory } from './inventory.ts';
import { giveUpStart } from './liveness.ts';
import {
  Exit,
  makeRunDir,
  PlayProcess,
  readRunFile,
  runFiles,
  syncDirectory,
  temporaryPath,
  writeDurably,
} from './run-dir.ts';
import { playCommand, playEnvironment } from './settings.ts';
import { PlaySpec, type PlaySpecInput } from './spec.ts';
import { toUnsafeYaml } from './unsafe-yaml.ts';

const SUPERVISOR = join(import.meta.dirname, 'supervisor.py');
const START_LIMIT_MS = 30_000;
const LOOK_MS = 10;

export interface PlayHandle {
  runDir: string;
  /** Of ansible-playbook, for a person who looks; everything else goes by `runDir`. */
  pid: number;
}

/**
 * `callers` is the environment from which the variables that the spec names are taken.
 *
 * Resolves when ansible-playbook is about to run. Throws `OpsError`: 'exists' when this run directory was used before,
 * 'failed' when nothing was started and nothing will be, 'timed-out' when that is not known.
 */
export async function startPlay(
  directory: string,
  input: PlaySpecInput,
  callers: Readonly<Record<string, string | undefined>>,
): Promise<PlayHandle> {
  const spec = PlaySpec.parse(input);
  const runDir = resolve(directory);
  makeRunDir(runDir);
  const temporary = temporaryPath();
  await writeRunFiles(runDir, spec, temporary);
  mkdirSync(temporary, { mode: 0o700 });
  const supervisor = launch(runDir, spec, playEnvironment(spec, runDir, temporary, callers));
  const pid = await whenStarted(runDir, supervisor);
  return { runDir, pid };
}

async function writeRunFiles(runDir: string, spec: PlaySpec, temporary: string): Promise<void> {
  const files = runFiles(runDir);
  const { secrets, ...plain } = spec;
  const ours = { events: files.events, temporary, command: playCommand(spec, runDir) };
  const stored = { v: 1, ...plain, secrets: Object.keys(secrets), ...ours };
  await writeDurably(files.spec, `${JSON.stringify(stored, null, 2)}\n`);
  await writeDurably(files.inventory, writeInventory(spec.inventory, temporary));
  await writeDurably(files.variables, `${toUnsafeYaml(spec.variables)}\n`);
  await writeDurably(files.settings, '');
  if (spec.limit !== null) await writeDurably(files.limit, `${spec.limit.join('\n')}\n`);
  await syncDirectory(dirname(runDir));
}

/** Gives a promise of what the supervisor said if it ends; '' for nothing. */
async function launch(runDir: string, spec: PlaySpec, environment: Record<string, string>): Promise<string> {
  const subprocess = execa(spec.python, ['-I', '-B', SUPERVISOR, runDir], {
    detached: true, // a session of its own: no signal to our group reaches it
    cleanup: false, // it outlives us
    reject: false,
    buffer: false,
    extendEnv: false,
    env: environment,
    input: JSON.stringify({ secrets: spec.secrets, variables: toUnsafeYaml(spec.secrets) }),
    // Pipes would end the play when we end.
    stdout: 'ignore',
    stderr: 'ignore',
  });
  subprocess.nodeChildProcess.unref();
  const result = await subprocess;
  return result.shortMessage ?? '';
}

async function whenStarted(runDir: string, supervisor: Promise<string>): Promise<number> {
  const files = runFiles(runDir);
  const until = performance.now() + START_LIMIT_MS;
  for (;;) {
    const said = await Promise.race([supervisor, delay(LOOK_MS, null)]);
    const play = readRunFile(files.process, PlayProcess);
    if (play !== null) return play.process.pid;
    if (said !== null || readRunFile(files.exit, Exit) !== null) throw await whyNotStarted(runDir, said ?? '');
    if (performance.now() > until) await settleLate(runDir);
  }
}

/** Takes the claim from a supervisor that is late, or says that it is not known what it does. */
async function settleLate(runDir: string): Promise<void> {
  if (await giveUpStart(runDir)) throw await whyNotStarted(runDir, `no sign of it in ${START_LIMIT_MS / 1000} s`);
  throw new OpsError('timed-out', `starting a play in ${runDir}: its supervisor is slow; it may start yet`);
}

/** The claim is taken first, so that what the error says is true. */
async function whyNotStarted(runDir: string, said: string): Promise<OpsError> {
  const never = await giveUpStart(runDir);
  const known = [readRunFile(runFiles(runDir).exit, Exit)?.detail, lastLine(runFiles(runDir).supervisorLog), said];
  const reason = known.find((text) => text) ?? 'its supervisor ended without a word';
  if (!never) return new OpsError('timed-out', `starting a play in ${runDir}: ${reason}; it may start yet`);
  return new OpsError('failed', `starting a play in ${runDir}: ${reason}; nothing was started`);
}

function lastLine(path: string): string {
  return existsSync(path) ? (readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '') : '';
}
