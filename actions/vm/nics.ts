/** What the actions on network interfaces share: which one is meant, and what a new one is called. */
import { z } from 'zod';
import type { Observed, Refusal } from '../action.ts';
import type { HostReader } from '../host.ts';
import type { Nic } from '../host-hardware.ts';
import { describeDomain } from './known.ts';
import { lookAtMachine, machineFacts, refuse } from './machine.ts';

const NicSchema = z.strictObject({
  mac: z.string(),
  kind: z.string(),
  network: z.string().nullable(),
  link: z.enum(['up', 'down']),
});

export const NicFacts = z.strictObject({ ...machineFacts, nics: z.array(NicSchema), full: z.boolean() }).nullable();
export type NicFacts = z.infer<typeof NicFacts>;

export async function observeNics({ vm }: { vm: string }, read: HostReader): Promise<Observed<NicFacts>> {
  const machine = await lookAtMachine(vm, read);
  if (machine === null) return { facts: null, info: [] };
  const { facts, hardware, times } = machine;
  return {
    facts: { ...facts, nics: hardware.nics, full: times.now?.freePorts === 0 },
    info: describeDomain(machine.domain),
  };
}

/** The one with this address; without one, the only one. */
export function pickNic(vm: string, nics: Nic[], mac: string | null): { kind: 'picked'; nic: Nic } | Refusal {
  const found = mac === null ? nics : nics.filter((nic) => nic.mac === mac);
  const [only] = found;
  if (only !== undefined && found.length === 1) return { kind: 'picked', nic: only };
  const known = nics.map((nic) => nic.mac).join(', ');
  if (only === undefined)
    return refuse(`${vm} has no network interface ${mac ?? ''}`.trim(), known === '' ? null : `it has ${known}`);
  return refuse(`${vm} has ${nics.length} network interfaces: ${known}`, `--mac ${only.mac}`);
}

/** In a step: the plan was refused otherwise. */
export function mustPick(vm: string, nics: Nic[], mac: string | null): Nic {
  const picked = pickNic(vm, nics, mac);
  if (picked.kind === 'refused') throw new Error('an interface that was not picked is changed');
  return picked.nic;
}

/** Of QEMU's own prefix, and of the request's UUID: the same after a crash. */
export function macOf(uuid: string): string {
  const hex = uuid.replaceAll('-', '');
  return `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}

export function nameNic({ mac, kind, network }: Nic): string {
  return network === null ? `${mac} (${kind})` : `${mac} in ${network}`;
}
