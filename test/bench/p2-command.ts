/**
 * P2: from an allowed command that comes in to the call that libvirtd gets for it. A whole Drover (store and audit log
 * on disk, every record durable) and a real libvirtd with QEMU guests; a relay on its socket says when the call to
 * start the domain is there. The peer, in turns: `virsh start`, from the start of its process to the same call.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { defaultConnectionOptions, openConnection } from '../../actions/libvirt/connection.ts';
import { metadataXml } from '../../actions/libvirt/metadata-xml.ts';
import type { Rpc } from '../../actions/libvirt/rpc.ts';
import { parseUri } from '../../actions/libvirt/transport.ts';
import { Config } from '../../bot/config.ts';
import { type Drover, openDrover } from '../../bot/drover.ts';
import { createTerminal, type Terminal } from '../../bot/terminal/platform.ts';
import { runAsk } from '../../bot/terminal/session.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { type CallTap, monotonicMs, startCallTap } from './call-tap.ts';
import type { Figure } from './figure.ts';

const VM = 'web-01';
const UUID = '6f8f8d0e-2b7e-4c39-9d3e-0a4b0f9f1a01';
const ROUNDS = 100;
const WARM_UP_ROUNDS = 10;
/** Of the rounds of Drover, one of so many is followed by one of virsh, which is far slower. */
const ROUNDS_PER_VIRSH = 4;

export async function benchP2(): Promise<Figure[]> {
  await using resources = new AsyncDisposableStack();
  const libvirtd = await startLibvirtd();
  resources.defer(() => libvirtd.stop());
  const stateDir = await mkdtemp(join(tmpdir(), 'drover-p2-'));
  resources.defer(() => rm(stateDir, { recursive: true, force: true }));
  const rpc = await openConnection(parseUri(libvirtd.uri), defaultConnectionOptions, null);
  resources.defer(() => rpc.close());
  await defineVm(rpc);
  const tap = await startCallTap(libvirtd.socket, join(stateDir, 'tap.sock'));
  resources.defer(() => tap.stop());
  const uri = `qemu+unix:///session?socket=${tap.socket}`;
  const config = Config.parse({ host: { uri, virtType: 'qemu' }, people: [{ name: 'alice' }, ...APPROVERS] });
  const drover = await openDrover({ config, stateDir, log: pino({ level: 'error' }, pino.destination(2)) });
  resources.defer(async () => void (await drover.stop(10_000)));
  const terminal = createTerminal();
  drover.addPlatform(terminal);
  await drover.begin();

  const times = { drover: [] as number[], virsh: [] as number[] };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const took = await timeDrover(drover, terminal, tap, rpc);
    if (round < 0) continue;
    times.drover.push(took);
    if (round % ROUNDS_PER_VIRSH === 0) times.virsh.push(await timeVirsh(uri, tap, rpc));
  }
  return figures(times.drover, times.virsh);
}

/** The policy that comes with Drover names these groups. */
const APPROVERS = [{ name: 'bob', groups: ['approvers', 'operators'] }];

async function timeDrover(drover: Drover, terminal: Terminal, tap: CallTap, rpc: Rpc): Promise<number> {
  const called = tap.nextStart();
  const before = monotonicMs();
  const ended = await runAsk(
    drover,
    terminal,
    { kind: 'line', as: 'alice', tty: 'cli', text: `vm start ${VM}` },
    () => {},
  );
  if (ended.state !== 'succeeded') throw new Error(`vm start ${VM} ended as ${ended.state}, request ${ended.request}`);
  const at = await called;
  await stopVm(rpc);
  return at - before;
}

async function timeVirsh(uri: string, tap: CallTap, rpc: Rpc): Promise<number> {
  const called = tap.nextStart();
  const before = monotonicMs();
  const child = spawn('virsh', ['-c', uri, 'start', VM], { stdio: 'ignore' });
  const [exit] = await once(child, 'exit');
  if (exit !== 0) throw new Error(`virsh start ${VM} ended with ${exit}`);
  const at = await called;
  await stopVm(rpc);
  return at - before;
}

/** A guest without a disk: the firmware finds nothing to boot and idles. */
async function defineVm(rpc: Rpc): Promise<void> {
  const metadata = metadataXml({
    owner: 'alice',
    tags: { env: 'dev' },
    expires: null,
    protected: false,
    request: null,
  });
  await rpc.call('domainDefineXMLFlags', {
    flags: 0,
    xml: `<domain type="qemu"><name>${VM}</name><uuid>${UUID}</uuid><metadata>${metadata.xml}</metadata>
      <memory unit="MiB">16</memory><vcpu>1</vcpu><os><type arch="x86_64" machine="q35">hvm</type></os></domain>`,
  });
}

async function stopVm(rpc: Rpc): Promise<void> {
  await rpc.call('domainDestroyFlags', { dom: { name: VM, uuid: UUID, id: -1 }, flags: 0 });
}

function figures(drover: number[], virsh: number[]): Figure[] {
  const ms = { p50: quantile(drover, 0.5), p99: quantile(drover, 0.99), virshP50: quantile(virsh, 0.5) };
  const detail = {
    samples: drover.length,
    p50Ms: round(ms.p50),
    p90Ms: round(quantile(drover, 0.9)),
    p99Ms: round(ms.p99),
    worstMs: round(Math.max(...drover)),
    virshSamples: virsh.length,
    virshP50Ms: round(ms.virshP50),
    ratioToVirshP50: round(ms.p50 / ms.virshP50),
  };
  const common = { id: 'P2', unit: 'ms', better: 'lower', detail } as const;
  const what = 'allowed command in to libvirt call out';
  return [
    { ...common, what: `${what}, p50`, value: round(ms.p50), goal: 10 },
    { ...common, what: `${what}, p99`, value: round(ms.p99), goal: 50 },
  ];
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
