/**
 * The directory of one play, `runs/<request>/`, 0700: all that is known of the play is in its files, so that any
 * process can pick it up. Making it is the claim on the play; it is made once.
 */
import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { OpsError } from '../errors.ts';

/** One name a file; who writes it stands in supervisor.py. */
export function runFiles(runDir: string) {
  const file = (name: string) => join(runDir, name);
  return {
    spec: file('spec.json'),
    inventory: file('inventory.yml'),
    variables: file('variables.yml'),
    limit: file('limit.txt'),
    settings: file('ansible.cfg'),
    secretsFifo: file('secrets.fifo'),
    claim: file('claim.json'),
    process: file('proc.json'),
    events: file('events.jsonl'),
    stdout: file('stdout'),
    stderr: file('stderr'),
    supervisorLog: file('supervisor.log'),
    exit: file('exit.json'),
  };
}

/** Throws `OpsError` 'exists' when the play has been started, or was about to be: then `playState` tells more. */
export function makeRunDir(runDir: string): void {
  mkdirSync(dirname(runDir), { recursive: true, mode: 0o700 });
  try {
    mkdirSync(runDir, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new OpsError('exists', `starting a play in ${runDir}: it was started before`);
    throw error;
  }
}

const SHARED_MEMORY = '/dev/shm';
const TMPFS_MAGIC = 0x01021994; // linux/magic.h

/**
 * A new name for a directory for what Ansible writes while it works, secrets among it: in memory where that is
 * possible. Not in the run directory: paths of ssh's sockets must be short (unix(7): 108 bytes). It is stored before
 * the directory is made, so that none is ever left behind unknown.
 */
export function temporaryPath(): string {
  return join(hasSharedMemory() ? SHARED_MEMORY : tmpdir(), `drover-play-${randomUUID()}`);
}

function hasSharedMemory(): boolean {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    return statfsSync(SHARED_MEMORY).type === TMPFS_MAGIC;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES')) return false;
    throw error;
  }
}

/** The supervisor does it; this is for when it died. */
export function removeTemporary({ temporary }: { temporary: string }): void {
  rmSync(temporary, { recursive: true, force: true });
}

/** Writes the whole file or nothing, and waits for the disk. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const fresh = temporaryName(path);
  await writeSynced(fresh, text);
  await rename(fresh, path);
  await syncDirectory(dirname(path));
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
}

/** Makes names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

export function temporaryName(path: string): string {
  return `${path}.${randomUUID()}`;
}

const Process = z.object({ pid: z.int().positive(), start: z.int().nonnegative() });
export type ProcessIdentity = z.output<typeof Process>;

export const Claim = z.discriminatedUnion('by', [
  z.object({ by: z.literal('supervisor'), process: Process, boot: z.string() }),
  z.object({ by: z.literal('nobody') }),
]);
export const PlayProcess = z.object({ process: Process, boot: z.string(), startedAt: z.number() });
export const Exit = z.object({
  /** Exit code; minus the signal's number; null: not known, or never started. */
  rc: z.int().nullable(),
  why: z.enum(['exited', 'cancelled', 'timed-out', 'not-started']),
  /** Processes that outlived ansible-playbook and were ended, and those that could not be. */
  leftOver: z.int(),
  survivors: z.int(),
  detail: z.string(),
  /** ms since the epoch */
  startedAt: z.number(),
  endedAt: z.number(),
});
export type Exit = z.output<typeof Exit>;
export const StoredSpec = z.object({
  /** Path of the events as the play was told; its processes are known by it. */
  events: z.string(),
  timeLimitSeconds: z.number(),
  graceSeconds: z.number(),
  temporary: z.string(),
});
export type StoredSpec = z.output<typeof StoredSpec>;

/** null: there is no such file. These files are written whole, so one that does not parse is an `OpsError` 'bad-answer'. */
export function readRunFile<T>(path: string, schema: z.ZodType<T>): T | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new OpsError('bad-answer', `reading ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
