/**
 * P8: `drover start` with the web chat and no other platform: from the start of the process to the line that says
 * `ready`, and its resident memory after some seconds at rest. The peer, in turns: the same Node without a program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { endProgram, makeSite, type Site } from '../lab/site.ts';
import type { Figure } from './figure.ts';

const STARTS = 5;
const IDLE_MS = 5000;

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
  const drover: Sample[] = [];
  const bare: Sample[] = [];
  for (let round = 0; round < STARTS; round++) {
    drover.push(await sampleDrover(site));
    bare.push(await sampleBareNode());
  }
  return figures(drover, bare);
}

async function sampleDrover(site: Site): Promise<Sample> {
  const before = performance.now();
  const { child } = await site.start();
  return sampleAtRest(child, performance.now() - before);
}

async function sampleBareNode(): Promise<Sample> {
  const before = performance.now();
  const program = 'console.log("ready"); setInterval(() => {}, 60_000)';
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
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

function figures(drover: Sample[], bare: Sample[]): Figure[] {
  const common = { id: 'P8', better: 'lower' } as const;
  const what = 'drover start with the web chat';
  return [
    {
      ...common,
      what: `${what}, to ready, median`,
      unit: 'ms',
      goal: 2000,
      ...compared(
        drover.map(({ readyMs }) => readyMs),
        bare.map(({ readyMs }) => readyMs),
      ),
    },
    {
      ...common,
      what: `${what}, resident memory at rest, median`,
      unit: 'MB',
      goal: 120,
      ...compared(
        drover.map(({ residentMB }) => residentMB),
        bare.map(({ residentMB }) => residentMB),
      ),
    },
  ];
}

function compared(drover: number[], bare: number[]): Pick<Figure, 'value' | 'detail'> {
  const [own, peer] = [median(drover), median(bare)];
  const detail = {
    samples: drover.length,
    least: round(Math.min(...drover)),
    most: round(Math.max(...drover)),
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
