/**
 * P1: the list and all statistics of 1,000 defined domains on a warm connection, against virsh (two processes, as a
 * script would do it) and python3-libvirt (warm connection, same calls), taken in turns on one private libvirtd.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { defaultConnectionOptions, openConnection } from '../../actions/libvirt/connection.ts';
import { readAllStats } from '../../actions/libvirt/domain-reads.ts';
import { openHost } from '../../actions/libvirt/host.ts';
import type { Rpc } from '../../actions/libvirt/rpc.ts';
import { parseUri } from '../../actions/libvirt/transport.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Figure } from './figure.ts';

const DOMAINS = 1_000;
const ROUNDS = 8;
const TURNS = 6;
const WARM_UP_ROUNDS = 2;

const PYTHON = `
import sys, time, libvirt
conn = libvirt.open(sys.argv[1])
for line in sys.stdin:
    start = time.perf_counter()
    domains, stats = conn.listAllDomains(), conn.getAllDomainStats()
    print((time.perf_counter() - start) * 1000, len(domains), len(stats), flush=True)
`;

export async function benchP1(): Promise<Figure[]> {
  const libvirtd = await startLibvirtd();
  try {
    const rpc = await openConnection(parseUri(libvirtd.uri), defaultConnectionOptions, null);
    await defineDomains(rpc);
    const python = startPython(libvirtd.uri);
    const times: Times = { drover: [], virsh: [], python: [] };
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      const took = await timeRound(rpc, python, libvirtd.uri);
      if (round < WARM_UP_ROUNDS) continue;
      for (const who of contenders) times[who].push(...took[who]);
    }
    await python.stop();
    rpc.close();
    return figures(times, await timeHost(libvirtd.uri));
  } finally {
    await libvirtd.stop();
  }
}

const contenders = ['drover', 'virsh', 'python'] as const;
type Times = Record<(typeof contenders)[number], number[]>;

/** The two quick ones several times in turns, so that the machine's other work hits both alike. */
async function timeRound(rpc: Rpc, python: Python, uri: string): Promise<Times> {
  const times: Times = { drover: [], virsh: [], python: [] };
  for (let turn = 0; turn < TURNS; turn++) {
    times.drover.push(await timeDrover(rpc));
    times.python.push(await python.time());
  }
  times.virsh.push(await timeVirsh(uri));
  return times;
}

function figures(times: Times, wholeDomainsMs: number): Figure[] {
  const ms = { drover: median(times.drover), virsh: median(times.virsh), python: median(times.python) };
  const detail = { domains: DOMAINS, samples: ROUNDS * TURNS, ...rounded(ms), wholeDomainsMs: round(wholeDomainsMs) };
  const common = { id: 'P1', unit: 'x', better: 'lower', detail } as const;
  const what = `list and all statistics of ${DOMAINS} domains, median`;
  return [
    { ...common, what: `${what}, drover / virsh`, value: round(ms.drover / ms.virsh), goal: 0.12 },
    { ...common, what: `${what}, drover / python3-libvirt`, value: round(ms.drover / ms.python), goal: 0.7 },
  ];
}

async function defineDomains(rpc: Rpc): Promise<void> {
  const names = Array.from({ length: DOMAINS }, (_, i) => `bench-${i}`);
  await Promise.all(
    names.map((name) =>
      rpc.call('domainDefineXMLFlags', {
        flags: 0,
        xml: `<domain type="qemu"><name>${name}</name><memory unit="MiB">16</memory><vcpu>1</vcpu>
          <os><type arch="x86_64" machine="q35">hvm</type></os></domain>`,
      }),
    ),
  );
}

async function timeDrover(rpc: Rpc): Promise<number> {
  const start = performance.now();
  const records = await readAllStats(rpc, 0, 0);
  const took = performance.now() - start;
  mustBeAll('drover', [records.length]);
  return took;
}

async function timeVirsh(uri: string): Promise<number> {
  const start = performance.now();
  const list = await execa('virsh', ['-c', uri, 'list', '--all']);
  const stats = await execa('virsh', ['-c', uri, 'domstats']);
  const took = performance.now() - start;
  mustBeAll('virsh', [list.stdout.match(/ bench-/g)?.length ?? 0, stats.stdout.match(/Domain: /g)?.length ?? 0]);
  return took;
}

interface Python {
  time(): Promise<number>;
  stop(): Promise<void>;
}

function startPython(uri: string): Python {
  const child = spawn('/usr/bin/python3', ['-c', PYTHON, uri], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async time() {
      child.stdin.write('go\n');
      const { value = '' } = await answers.next();
      const [took = Number.NaN, ...counts] = String(value).split(' ').map(Number);
      mustBeAll('python', counts);
      return took;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}

/** For the record: what `Host.domains` takes, which also reads and checks every domain's XML. */
async function timeHost(uri: string): Promise<number> {
  const host = await openHost({ uri, virtType: 'qemu', network: { kind: 'user' }, serialDir: null });
  try {
    await host.domains();
    const start = performance.now();
    mustBeAll('host', [(await host.domains()).length]);
    return performance.now() - start;
  } finally {
    await host.close();
  }
}

function mustBeAll(who: string, counts: number[]): void {
  if (counts.some((count) => count !== DOMAINS))
    throw new Error(`${who} saw ${counts.join(' and ')} of ${DOMAINS} domains`);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function rounded({ drover, virsh, python }: Record<keyof Times, number>) {
  return { droverMs: round(drover), virshMs: round(virsh), pythonMs: round(python) };
}
