/**
 * P2: from an allowed command that comes in to the call that libvirtd gets for it. A whole Drover (store and audit log
 * on disk, every record durable) and a real libvirtd; a relay on its socket says when the call to start the domain is
 * there. The peer, in turns: `virsh start`, from the start of its process to the same call.
 *
 * Most rounds are on libvirt's test driver, whose domains start and stop at once; some on QEMU, as proof that it makes
 * no difference before the call. A guest there takes 2 s to be gone again, so those find Drover's caches cold.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { defaultConnectionOptions, openConnection } from '../../actions/libvirt/connection.ts';
import { metadataXml } from '../../actions/libvirt/metadata-xml.ts';
import type { Rpc } from '../../actions/libvirt/rpc.ts';
import { parseUri } from '../../actions/libvirt/transport.ts';
import { Config } from '../../bot/config.ts';
import { openDrover } from '../../bot/drover.ts';
import { createTerminal } from '../../bot/terminal/platform.ts';
import { runAsk } from '../../bot/terminal/session.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { type CallTap, monotonicMs, startCallTap } from './call-tap.ts';
import type { Figure } from './figure.ts';

const VM = 'web-01';
const UUID = '6f8f8d0e-2b7e-4c39-9d3e-0a4b0f9f1a01';
const WARM_UP_ROUNDS = 20;
/** Of the rounds of Drover, one of so many is followed by one of virsh. */
const ROUNDS_PER_VIRSH = 5;
/** People leave pauses: the events of the last round are over before the next begins. */
const PAUSE_MS = 40;

const drivers = {
  test: { uri: 'test+unix:///default', type: 'test', os: '<type>hvm</type>', rounds: 300 },
  qemu: { uri: 'qemu+unix:///session', type: 'qemu', os: '<type arch="x86_64" machine="q35">hvm</type>', rounds: 12 },
} as const;
type Driver = (typeof drivers)[keyof typeof drivers];

interface Times {
  drover: number[];
  virsh: number[];
}

export async function benchP2(): Promise<Figure[]> {
  const libvirtd = await startLibvirtd();
  try {
    return figures(await measure(drivers.test, libvirtd.socket), await measure(drivers.qemu, libvirtd.socket));
  } finally {
    await libvirtd.stop();
  }
}

async function measure(driver: Driver, daemon: string): Promise<Times> {
  await using resources = new AsyncDisposableStack();
  const stateDir = await mkdtemp(join(tmpdir(), 'drover-p2-'));
  resources.defer(() => rm(stateDir, { recursive: true, force: true }));
  const tap = await startCallTap(daemon, join(stateDir, 'tap.sock'));
  resources.defer(() => tap.stop());
  const rpc = await openConnection(parseUri(`${driver.uri}?socket=${daemon}`), defaultConnectionOptions, null);
  resources.defer(() => rpc.close());
  await defineVm(rpc, driver);
  const uri = `${driver.uri}?socket=${tap.socket}`;
  const askDrover = await makeDrover(uri, stateDir, resources);

  const times: Times = { drover: [], virsh: [] };
  for (let round = -WARM_UP_ROUNDS; round < driver.rounds; round++) {
    if (round < 0 && driver.type === 'qemu') continue;
    const took = await timeStart(tap, rpc, askDrover);
    if (round < 0) continue;
    times.drover.push(took);
    if (round % ROUNDS_PER_VIRSH === 0) times.virsh.push(await timeStart(tap, rpc, () => askVirsh(uri)));
  }
  return times;
}

/** From just before `start` to the call that the daemon got for it; then the VM is stopped again. */
async function timeStart(tap: CallTap, rpc: Rpc, start: () => Promise<void>): Promise<number> {
  const called = tap.nextStart();
  const before = monotonicMs();
  await start();
  const at = await called;
  await rpc.call('domainDestroyFlags', { dom: { name: VM, uuid: UUID, id: -1 }, flags: 0 });
  await delay(PAUSE_MS);
  return at - before;
}

/** The policy that comes with Drover names the groups of bob. */
const PEOPLE = [{ name: 'alice' }, { name: 'bob', groups: ['approvers', 'operators'] }];

async function makeDrover(
  uri: string,
  stateDir: string,
  resources: AsyncDisposableStack,
): Promise<() => Promise<void>> {
  const config = Config.parse({ host: { uri, virtType: 'qemu' }, people: PEOPLE });
  const drover = await openDrover({ config, stateDir, log: pino({ level: 'error' }, pino.destination(2)) });
  resources.defer(async () => void (await drover.stop(10_000)));
  const terminal = createTerminal();
  drover.addPlatform(terminal);
  await drover.begin();
  const ask = { kind: 'line', as: 'alice', tty: 'cli', text: `vm start ${VM}` } as const;
  return async () => {
    const { state, request } = await runAsk(drover, terminal, ask, () => {});
    if (state !== 'succeeded') throw new Error(`request ${request}, ${ask.text}, ended as ${state}`);
  };
}

async function askVirsh(uri: string): Promise<void> {
  const [exit] = await once(spawn('virsh', ['-c', uri, 'start', VM], { stdio: 'ignore' }), 'exit');
  if (exit !== 0) throw new Error(`virsh start ${VM} ended with ${exit}`);
}

/** A guest without a disk: the firmware finds nothing to boot and idles. */
async function defineVm(rpc: Rpc, { type, os }: Driver): Promise<void> {
  const metadata = metadataXml({
    owner: 'alice',
    tags: { env: 'dev' },
    expires: null,
    protected: false,
    request: null,
  });
  await rpc.call('domainDefineXMLFlags', {
    flags: 0,
    xml: `<domain type="${type}"><name>${VM}</name><uuid>${UUID}</uuid><metadata>${metadata.xml}</metadata>
      <memory unit="MiB">16</memory><vcpu>1</vcpu><os>${os}</os></domain>`,
  });
}

function figures({ drover, virsh }: Times, qemu: Times): Figure[] {
  const detail = {
    samples: drover.length,
    p50Ms: quantile(drover, 0.5),
    p90Ms: quantile(drover, 0.9),
    p99Ms: quantile(drover, 0.99),
    virshSamples: virsh.length,
    virshP50Ms: quantile(virsh, 0.5),
    ratioToVirshP50: round(quantile(drover, 0.5) / quantile(virsh, 0.5)),
    qemuSamples: qemu.drover.length,
    qemuP50Ms: quantile(qemu.drover, 0.5),
    qemuVirshP50Ms: quantile(qemu.virsh, 0.5),
  };
  const common = { id: 'P2', unit: 'ms', better: 'lower', detail } as const;
  const what = 'allowed command in to libvirt call out';
  return [
    { ...common, what: `${what}, p50`, value: detail.p50Ms, goal: 10 },
    { ...common, what: `${what}, p99`, value: detail.p99Ms, goal: 50 },
  ];
}

function quantile(values: readonly number[], q: number): number {
  return round(values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
