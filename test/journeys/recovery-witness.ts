/** Somebody beside Drover who counts what really happens on the host: libvirt's own events, by virsh. */
import { spawn } from 'node:child_process';
import type { Lab } from '../lab/lab.ts';

export interface Witness {
  /** How often `event` (`Defined`, `Started`) happened to the VM. */
  count(vm: string, event: string): number;
  stop(): void;
}

export async function startWitness(lab: Lab): Promise<Witness> {
  const words = ['-c', lab.uri, 'event', '--event', 'lifecycle', '--loop'];
  const child = spawn('stdbuf', ['-oL', 'virsh', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const seen: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    seen.push(...lines);
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    count: (vm, event) => seen.filter((line) => line.includes(`domain '${vm}': ${event} `)).length,
    stop: () => child.kill(),
  };
}

/** An image with nothing on it: the guest halts in its firmware, and no time is spent on booting. */
export async function addBlankImage(lab: Lab): Promise<string> {
  const name = 'blank.qcow2';
  await run(['-c', lab.uri, 'vol-create-as', 'default', name, '1M', '--format', 'qcow2']);
  return name;
}

/** Ends the guests and takes their definitions and volumes away, so that a long test does not fill the host. */
export async function clearAway(lab: Lab, vms: string[]): Promise<void> {
  for (const vm of vms) {
    await run(['-c', lab.uri, 'destroy', vm]);
    await run(['-c', lab.uri, 'undefine', vm]);
  }
}

function run(words: string[]): Promise<void> {
  const child = spawn('virsh', ['-q', ...words], { stdio: 'ignore' });
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
