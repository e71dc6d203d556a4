/**
 * What `vm.revert` would do, and when it must not be tried: QEMU does not load a memory that was saved on another
 * machine, and libvirt then leaves the VM off (seen with a plugged vCPU on libvirt 9.0.0 and QEMU 7.2).
 */
import { z } from 'zod';
import type { Observed, Plan, Refusal } from '../action.ts';
import type { HostReader } from '../host.ts';
import type { Hardware } from '../host-hardware.ts';
import type { Snapshot } from '../host-snapshots.ts';
import { formatMiB } from '../units.ts';
import { describeDomain, NO_COST, refuseMissing } from './known.ts';
import { lookAtMachine, machineFacts, refuse } from './machine.ts';
import { describeKind, EXTERNAL_REVERT_SINCE, formatTime, formatVersion } from './snapshot-facts.ts';

export interface RevertArgs {
  vm: string;
  to: string;
}

const Signature = z.strictObject({ vcpus: z.number(), memoryMiB: z.number(), devices: z.array(z.string()) });
type Signature = z.infer<typeof Signature>;

export const RevertFacts = z
  .strictObject({
    ...machineFacts,
    persistent: z.boolean(),
    snapshot: z
      .strictObject({
        createdAt: z.number(),
        state: z.string(),
        kind: z.enum(['internal', 'external']),
        hasMemory: z.boolean(),
        plugged: z.boolean(),
        machine: Signature.nullable(),
      })
      .nullable(),
    names: z.array(z.string()),
    hasExternal: z.boolean(),
    machine: Signature,
    plugged: z.boolean(),
    notQcow2: z.array(z.string()),
    libvirt: z.number(),
  })
  .nullable();
export type RevertFacts = z.infer<typeof RevertFacts>;
type Known = NonNullable<RevertFacts>;

export async function observeRevert({ vm, to }: RevertArgs, read: HostReader): Promise<Observed<RevertFacts>> {
  const machine = await lookAtMachine(vm, read);
  const snapshots = machine === null ? null : await read.snapshots(machine.domain.uuid);
  if (machine === null || snapshots === null) return { facts: null, info: [] };
  const { domain, facts, hardware, times } = machine;
  const disks = hardware.disks.filter(({ device, readOnly }) => device === 'disk' && !readOnly);
  const found = snapshots.find(({ name }) => name === to);
  return {
    facts: {
      ...facts,
      persistent: domain.persistent,
      snapshot: found === undefined ? null : describeSnapshot(found),
      names: snapshots.map(({ name }) => name),
      hasExternal: snapshots.some(({ kind }) => kind === 'external'),
      machine: signatureOf(hardware),
      plugged: (times.now?.pluggedVcpus ?? 0) > 0,
      notQcow2: disks.filter(({ format }) => format !== 'qcow2').map(({ target }) => target),
      libvirt: await read.libvirtVersion(),
    },
    info: describeDomain(domain),
  };
}

function describeSnapshot({ createdAt, state, kind, hasMemory, machine }: Snapshot): NonNullable<Known['snapshot']> {
  const plugged = (machine?.pluggedVcpus ?? 0) > 0;
  return { createdAt, state, kind, hasMemory, plugged, machine: machine === null ? null : signatureOf(machine) };
}

/** What must be the same: which CD is in a drive and whether a cable is plugged in need not. */
function signatureOf({ vcpus, maxMemoryMiB, disks, nics }: Hardware): Signature {
  const devices = [
    ...disks.map(({ device, target }) => `${device} ${target}`),
    ...nics.map(({ mac }) => `interface ${mac}`),
  ];
  return { vcpus, memoryMiB: maxMemoryMiB, devices: devices.sort() };
}

/** The snapshot that is taken first, so that going back can itself be taken back. */
export function safetyName(uuid: string): string {
  return `before-revert-${uuid.slice(0, 8)}`;
}

export function wasOn(facts: Known): boolean {
  return facts.state !== 'shutoff';
}

/** Whether libvirt leaves it off because it was off then, though it is on now. */
export function needsStart(facts: Known): boolean {
  return wasOn(facts) && facts.snapshot?.hasMemory === false;
}

export function planRevert(args: RevertArgs, facts: RevertFacts, uuid: string): Plan | Refusal {
  const { vm, to } = args;
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseNow(args, facts) ?? refuseSnapshot(args, facts);
  if (obstacle !== null) return obstacle;
  const { snapshot } = facts;
  if (snapshot === null) throw new Error('a snapshot that is missing was not refused');
  const safety = safetyName(uuid);
  return {
    kind: 'plan',
    effects: [
      `Take the snapshot ${safety} of ${vm} as it is now`,
      `Take ${vm} back to ${to} (${describeKind(snapshot)}), as of ${formatTime(snapshot.createdAt)}`,
      ...describeAfter(vm, facts, snapshot),
      `Owner, tags, lease, protection and note of ${vm} stay as they are now`,
      `If libvirt cannot do it, take ${vm} back to ${safety}${wasOn(facts) ? ', and start it if it was left off' : ''}`,
    ],
    changes: [{ path: `domain/${vm}/stands on`, before: 'now', after: to }],
    lost: [],
    cost: NO_COST,
    undo: { action: 'vm.revert', args: { vm, to: safety }, holds: `while the snapshot ${safety} is kept` },
  };
}

function describeAfter(vm: string, facts: Known, snapshot: NonNullable<Known['snapshot']>): string[] {
  const { machine } = snapshot;
  const size = machine === null ? '' : `${machine.vcpus} vCPU and ${formatMiB(machine.memoryMiB)}`;
  const differs =
    machine !== null && (machine.vcpus !== facts.machine.vcpus || machine.memoryMiB !== facts.machine.memoryMiB);
  return [
    ...(needsStart(facts) ? [`${vm} was off then, so its guest is cut off and started afresh`] : []),
    ...(snapshot.hasMemory
      ? [
          `Its guest goes on where it was${snapshot.state === 'paused' ? ', suspended' : ''}; its clock is behind until it is set`,
        ]
      : []),
    ...(snapshot.hasMemory && !wasOn(facts) ? [`${vm} is off now and runs then`] : []),
    ...(differs ? [`${vm} has ${size} again, as it had then`] : []),
  ];
}

function refuseNow({ vm }: RevertArgs, facts: Known): Refusal | null {
  if (!facts.persistent) return refuse(`${vm} is transient; only a defined VM is taken back`, null);
  if (facts.state !== 'running' && facts.state !== 'shutoff')
    return refuse(
      `${vm} is ${facts.state}; it is taken back while it runs or is off`,
      facts.state === 'paused' ? `vm resume ${vm}` : null,
    );
  if (facts.managedSave) return refuse(`${vm} has saved memory, which would be gone`, `vm start ${vm}`);
  if (facts.plugged)
    return refuse(
      `${vm} runs with plugged vCPUs, so its state of now could not be kept to come back to`,
      `vm stop ${vm}, and then again`,
    );
  if (facts.notQcow2.length === 0) return null;
  return refuse(`${facts.notQcow2.join(', ')} of ${vm} is not qcow2, so its state of now could not be kept`, null);
}

function refuseSnapshot({ vm, to }: RevertArgs, facts: Known): Refusal | null {
  const { snapshot, libvirt } = facts;
  if (snapshot === null)
    return refuse(`${vm} has no snapshot ${to}; it has ${facts.names.join(', ') || 'none'}`, `vm snapshots ${vm}`);
  if (snapshot.kind === 'external' && libvirt < EXTERNAL_REVERT_SINCE)
    return refuse(`${to} is external, and libvirt ${formatVersion(libvirt)} cannot go back to those; 9.9 can`, null);
  if (facts.hasExternal)
    return refuse(`${vm} has external snapshots, beside which its state of now cannot be kept inside its disks`, null);
  if (snapshot.machine === null) return refuse(`libvirt does not know the machine of ${to}, so it may not fit`, null);
  if (snapshot.hasMemory && snapshot.plugged)
    return refuse(`${to} was taken with plugged vCPUs; QEMU cannot load it, and ${vm} would be left off`, null);
  return refuseOtherMachine(vm, to, snapshot.machine, facts);
}

function refuseOtherMachine(vm: string, to: string, then: Signature, facts: Known): Refusal | null {
  const now = facts.machine;
  const added = now.devices.filter((device) => !then.devices.includes(device));
  const missing = then.devices.filter((device) => !now.devices.includes(device));
  if (added.length > 0)
    return refuse(
      `${vm} has ${added.join(', ')}, which it had not at ${to}; take that away first`,
      removing(vm, added[0]),
    );
  if (missing.length > 0)
    return refuse(`${vm} no longer has ${missing.join(', ')}, which it had at ${to}; give it back first`, null);
  const differs = then.vcpus !== now.vcpus || then.memoryMiB !== now.memoryMiB;
  if (!differs || !wasOn(facts)) return null;
  const had = `${then.vcpus} vCPU and ${formatMiB(then.memoryMiB)}`;
  return refuse(`${vm} had ${had} at ${to} and has another size while it runs`, `vm stop ${vm}, and then again`);
}

function removing(vm: string, device: string | undefined): string | null {
  const [kind, name] = device?.split(' ') ?? [];
  if (kind === 'disk') return `vm disk-detach ${vm} --disk ${name}`;
  return kind === 'interface' ? `vm nic-remove ${vm} --mac ${name}` : null;
}
