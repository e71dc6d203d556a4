/**
 * P14: what the runner costs on top of ansible-playbook itself, for a play of 60 tasks. Pairs of runs one after the
 * other, in turns first, so that what slows the machine down meets both.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { followPlay } from '../../actions/ansible/follow.ts';
import { startPlay } from '../../actions/ansible/start.ts';
import { playState } from '../../actions/ansible/state.ts';
import type { Figure } from './figure.ts';

const TASKS = 60;
const PAIRS = 7;

export async function benchP14(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'drover-p14-'));
  try {
    writePlay(directory);
    await runBare(directory); // both read the same files, from memory from here on
    const pairs: { bareMs: number; ours: Ours }[] = [];
    for (let n = 0; n < PAIRS; n += 1) pairs.push(await measurePair(directory, n));
    const ratios = pairs.map(({ bareMs, ours }) => ours.ms / bareMs);
    return [
      {
        id: 'P14',
        what: `a play of ${TASKS} tasks under the runner, against bare ansible-playbook`,
        value: round(median(ratios)),
        unit: 'x',
        goal: 1.1,
        better: 'lower',
        detail: {
          ratios: ratios.map(round).join(' '),
          bareMs: Math.round(median(pairs.map(({ bareMs }) => bareMs))),
          oursMs: Math.round(median(pairs.map(({ ours }) => ours.ms))),
          ratioOfFastest: round(
            Math.min(...pairs.map(({ ours }) => ours.ms)) / Math.min(...pairs.map(({ bareMs }) => bareMs)),
          ),
          firstEventMs: Math.round(median(pairs.map(({ ours }) => ours.firstEventMs))),
          events: pairs[0]?.ours.events ?? 0,
          load: round(loadavg()[0] ?? 0),
        },
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Ours {
  ms: number;
  firstEventMs: number;
  events: number;
}

async function measurePair(directory: string, n: number): Promise<{ bareMs: number; ours: Ours }> {
  if (n % 2 === 0) {
    const ours = await runOurs(directory, n);
    return { ours, bareMs: await runBare(directory) };
  }
  const bareMs = await runBare(directory);
  return { bareMs, ours: await runOurs(directory, n) };
}

/** Half of them only say something (all of Ansible's own cost), half start a program on the host. */
function writePlay(directory: string): void {
  const tasks = Array.from({ length: TASKS }, (_, n) =>
    n % 2 === 0 ? { 'ansible.builtin.debug': { msg: `step ${n}` } } : { 'ansible.builtin.command': 'true' },
  );
  writeFileSync(join(directory, 'site.yml'), JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]));
  const host = { ansible_connection: 'local', ansible_python_interpreter: '/usr/bin/python3' };
  writeFileSync(join(directory, 'inventory.yml'), JSON.stringify({ all: { hosts: { a: host } } }));
}

async function runBare(directory: string): Promise<number> {
  const began = performance.now();
  await execa(
    '/usr/bin/ansible-playbook',
    ['--inventory', join(directory, 'inventory.yml'), join(directory, 'site.yml')],
    {
      stdio: 'ignore',
      extendEnv: false,
      env: { PATH: '/usr/bin:/bin', HOME: homedir(), LC_ALL: 'C.UTF-8' },
    },
  );
  return performance.now() - began;
}

/** From the call to having read the last event and how it ended. */
async function runOurs(directory: string, n: number): Promise<Ours> {
  const began = performance.now();
  const runDir = join(directory, 'runs', String(n));
  const spec = {
    playbook: join(directory, 'site.yml'),
    inventory: { hosts: { a: { ansible_connection: 'local' } } },
    secrets: { token: 'not-in-any-answer' },
    timeLimitSeconds: 600,
  };
  await startPlay(runDir, spec, { HOME: homedir() });
  let events = 0;
  let firstEventMs = 0;
  for await (const _ of followPlay(runDir)) {
    events += 1;
    if (events === 1) firstEventMs = performance.now() - began;
  }
  const state = await playState(runDir);
  if (state.kind !== 'finished' || state.exit.rc !== 0)
    throw new Error(`the play of the benchmark: ${JSON.stringify(state)}`);
  return { ms: performance.now() - began, firstEventMs, events };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
