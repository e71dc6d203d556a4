/** What the tests of the runner share: real plays on local connections, in directories that go away with all their processes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { cancelPlay } from '../../../actions/ansible/cancel.ts';
import type { Malformed, PlayEvent } from '../../../actions/ansible/events.ts';
import { followPlay } from '../../../actions/ansible/follow.ts';
import { leftOvers } from '../../../actions/ansible/liveness.ts';
import { readOutput } from '../../../actions/ansible/output.ts';
import { createRecap, foldEvent, type Recap, statusOf } from '../../../actions/ansible/recap.ts';
import type { PlaySpecInput } from '../../../actions/ansible/spec.ts';
import { startPlay } from '../../../actions/ansible/start.ts';
import { type PlayState, playState } from '../../../actions/ansible/state.ts';
import { judgePlay, type Verdict } from '../../../actions/ansible/verdict.ts';

export type Task = Record<string, unknown>;

export function localHosts(...names: string[]): PlaySpecInput['inventory'] {
  return { hosts: Object.fromEntries(names.map((name) => [name, { ansible_connection: 'local' }])) };
}

/** A playbook file with one play for each list of tasks; a text is written as it is. */
export function writePlaybook(directory: string, tasks: Task[] | string, more: Record<string, unknown> = {}): string {
  const path = join(directory, 'site.yml');
  const play = { hosts: 'all', gather_facts: false, ...more, tasks };
  writeFileSync(path, typeof tasks === 'string' ? tasks : stringify([play]));
  return path;
}

export interface Stage {
  directory: string;
  runDir: string;
  spec: PlaySpecInput;
}

/** A play that is ready to start, and ended with the test. Its home is its own, so that nothing of the machine counts. */
export function stage(t: TestContext, tasks: Task[] | string, more: Partial<PlaySpecInput> = {}): Stage {
  const directory = mkdtempSync(join(tmpdir(), 'drover-play-test-'));
  const runDir = join(directory, 'runs', '1');
  t.after(async () => {
    if (existsSync(runDir)) await cancelPlay(runDir);
    rmSync(directory, { recursive: true, force: true });
  });
  const spec = {
    playbook: writePlaybook(directory, tasks),
    inventory: localHosts('a'),
    timeLimitSeconds: 120,
    ...more,
  };
  return { directory, runDir, spec };
}

export function callersOf({ directory }: Stage): Record<string, string> {
  return { HOME: directory };
}

export function begin(it: Stage) {
  return startPlay(it.runDir, it.spec, callersOf(it));
}

export interface Ended {
  events: (PlayEvent | Malformed)[];
  recap: Recap;
  state: PlayState;
  verdict: Verdict;
  hosts: Record<string, string>;
}

/** Follows it to its end, whoever started it. */
export async function finish({ runDir }: Stage): Promise<Ended> {
  const events: (PlayEvent | Malformed)[] = [];
  for await (const { event } of followPlay(runDir)) events.push(event);
  const recap = createRecap();
  for (const event of events) foldEvent(recap, event);
  const state = await playState(runDir);
  if (state.kind === 'running') throw new Error('followed to its end, and it runs');
  const hosts = Object.fromEntries([...recap.hosts].map(([name, host]) => [name, statusOf(host)]));
  return { events, recap, state, hosts, verdict: judgePlay(recap, state, readOutput(runDir, 'stderr')) };
}

export async function play(
  t: TestContext,
  tasks: Task[] | string,
  more: Partial<PlaySpecInput> = {},
): Promise<Ended & Stage> {
  const it = stage(t, tasks, more);
  await begin(it);
  return { ...it, ...(await finish(it)) };
}

/** Waits for an event, such as the first task's start, and stops listening. */
export async function until(it: Stage, seen: (event: PlayEvent | Malformed) => boolean): Promise<void> {
  for await (const { event } of followPlay(it.runDir)) if (seen(event)) return;
  throw new Error('the play ended without that event');
}

/** Waits until these commands of the task `work` run, which is some time after its start. */
export async function working(it: Stage, commands: string[]): Promise<void> {
  await until(it, (event) => event.kind === 'host-start' && event.task === 'work');
  while (!commands.every((command) => commandLines(it).some((line) => line.includes(command)))) await delay(20);
}

function commandLines({ runDir }: Stage): string[] {
  return leftOvers(runDir).flatMap((pid) => {
    const path = `/proc/${pid}/cmdline`;
    return existsSync(path) ? [readFileSync(path, 'latin1').replaceAll('\0', ' ')] : [];
  });
}
