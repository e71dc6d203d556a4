/**
 * P8: `drover start` (`bot/drover.sh`) with the web chat and no other platform: from the start of the process to the
 * line that says `ready`, and its resident memory after some seconds at rest. The first start fills the compile cache
 * and is in the detail only. The peer, in turns: the same Node without a program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { endProgram, makeSite, type Site } from '../lab/site.ts';
import type { Figure } from './figure.ts';

const STARTS = 5;
const IDLE_MS = 5000;
const PROGRAM = fileURLToPath(new URL('../../bot/drover.sh', import.meta.url));

interface Sample {
  readyMs: number;
  residentMB: number;
}

export async function benchP8(): Promise<Figure[]> {
  await using resources = new AsyncDisposableStack();
  const libvirtd = await startLibvirtd();
  resources.defer(() => libvirtd.stop());
  const { uri, serialDir } = libvirtd;
  const site = await makeSite({ uri, image: 'none', serialDir });
  resources.defer(() => site.remove());
  const first = await sampleDrover(site);
  const drover: Sample[] = [];
  const bare: Sample[] = [];
  for (let round = 0; round < STARTS; round++) {
    drover.push(await sampleDrover(site));
    bare.push(await sampleBareNode());
  }
  return figures(first, drover, bare);
}

function sampleDrover(site: Site): Promise<Sample> {
  return sample('sh', [PROGRAM, 'start', '--config', site.configPath, '--state', site.stateDir]);
}

function sampleBareNode(): Promise<Sample> {
  return sample(process.execPath, ['-e', 'console.log("ready"); setInterval(() => {}, 60_000)']);
}

/** The first output is the sign that it is ready. */
async function sample(command: string, words: string[]): Promise<Sample> {
  const before = performance.now();
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`${command} ${words.join(' ')} ended with ${child.exitCode}`);
  return sampleAtRest(child, performance.now() - before);
}

async function sampleAtRest(child: ChildProcess, readyMs: number): Promise<Sample> {
  try {
    await delay(IDLE_MS);
    return { readyMs, residentMB: await residentMB(child.pid ?? 0) };
  } finally {
    await endProgram(child);
  }
}

/** MB of a million bytes. The kernel says kB and means KiB. Source: proc_pid_status(5) */
async function residentMB(pid: number): Promise<number> {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (resident === undefined) throw new Error(`process ${pid} tells no VmRSS`);
  return (Number(resident) * 1024) / 1e6;
}

function figures(first: Sample, drover: Sample[], bare: Sample[]): Figure[] {
  const common = { id: 'P8', better: 'lower' } as const;
  const what = 'drover start with the web chat';
  const of = (pick: (sample: Sample) => number) => compared(pick(first), drover.map(pick), bare.map(pick));
  return [
    { ...common, what: `${what}, to ready, median`, unit: 'ms', goal: 2000, ...of(({ readyMs }) => readyMs) },
    {
      ...common,
      what: `${what}, memory at rest, median`,
      unit: 'MB',
      goal: 120,
      ...of(({ residentMB }) => residentMB),
    },
  ];
}

function compared(first: number, drover: number[], bare: number[]): Pick<Figure, 'value' | 'detail'> {
  const [own, peer] = [median(drover), median(bare)];
  const detail = {
    samples: drover.length,
    least: round(Math.min(...drover)),
    most: round(Math.max(...drover)),
    firstStart: round(first),
    bareNode: round(peer),
    ratioToBareNode: round(own / peer),
    node: process.version,
  };
  return { value: round(own), detail };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
