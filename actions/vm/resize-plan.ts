/**
 * What `vm.resize` would do: what takes effect now, what at the next start, and why not now. A VM is never restarted to
 * obey. What a running guest cannot do is libvirt's rule and QEMU's: its maxima stand from its start to its end, and
 * vCPUs and memory are not taken from it unless somebody says so.
 */
import { z } from 'zod';
import type { Change, Field, Plan, Refusal } from '../action.ts';
import type { Domain, NodeCapacity } from '../host.ts';
import type { Hardware } from '../host-hardware.ts';
import { formatMiB, typeMiB } from '../units.ts';
import { refuseMissing } from './known.ts';
import { type Machine, machineFacts, refuse, refuseMachine } from './machine.ts';

export interface ResizeArgs {
  vm: string;
  vcpus: number | null;
  memory: number | null;
  now: boolean;
}

const Size = z
  .strictObject({ vcpus: z.number(), maxVcpus: z.number(), memoryMiB: z.number(), maxMemoryMiB: z.number() })
  .nullable();
type Size = z.infer<typeof Size>;

export const ResizeFacts = z
  .strictObject({ ...machineFacts, now: Size, next: Size, memoryLeftMiB: z.number().nullable() })
  .nullable();
export type ResizeFacts = z.infer<typeof ResizeFacts>;
type Known = NonNullable<ResizeFacts>;

export function sizeOf(hardware: Hardware | null): Size {
  if (hardware === null) return null;
  const { vcpus, maxVcpus, memoryMiB, maxMemoryMiB } = hardware;
  return { vcpus, maxVcpus, memoryMiB, maxMemoryMiB };
}

/** Memory that is not promised to a VM that is on; this one's own counts as free. */
export function memoryLeft(capacity: NodeCapacity, domains: Domain[], overcommit: number, { domain }: Machine): number {
  const promised = domains
    .filter(({ state, uuid }) => state !== 'shutoff' && uuid !== domain.uuid)
    .reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  return Math.max(0, Math.floor(capacity.memoryMiB * overcommit) - promised);
}

/** Each part of the work: null where there is nothing to do. */
export interface ResizeWork {
  nowVcpus: number | null;
  nowMemoryMiB: number | null;
  nextVcpus: number | null;
  nextMemoryMiB: number | null;
  /** Why something waits for the next start, one sentence each. */
  notNow: string[];
}

export function splitWork(args: ResizeArgs, { now, next }: Known): ResizeWork {
  const vcpus = args.vcpus === null ? null : splitVcpus(args.vcpus, now);
  const memory = args.memory === null ? null : splitMemory(args.memory, args.now, now);
  const differs =
    next !== null && args.memory !== null && (args.memory !== next.maxMemoryMiB || args.memory !== next.memoryMiB);
  return {
    nowVcpus: vcpus?.now ?? null,
    nowMemoryMiB: memory?.now ?? null,
    nextVcpus: next !== null && args.vcpus !== null && args.vcpus !== next.vcpus ? args.vcpus : null,
    nextMemoryMiB: differs ? args.memory : null,
    notNow: [vcpus?.notNow ?? null, memory?.notNow ?? null].filter((why) => why !== null),
  };
}

interface Part {
  now: number | null;
  notNow: string | null;
}

function splitVcpus(wanted: number, now: Size): Part {
  if (now === null || wanted === now.vcpus) return { now: null, notNow: null };
  if (wanted > now.maxVcpus) return later(`a VM that was started with room for ${now.maxVcpus} vCPU takes no more`);
  if (wanted < now.vcpus) return later('vCPUs are not taken from a running guest');
  return { now: wanted, notNow: null };
}

function splitMemory(wanted: number, atOnce: boolean, now: Size): Part {
  if (now === null || wanted === now.memoryMiB) return { now: null, notNow: null };
  if (wanted > now.maxMemoryMiB)
    return later(`the maximum memory of a running VM cannot change, and it is ${formatMiB(now.maxMemoryMiB)}`);
  if (wanted < now.memoryMiB && !atOnce)
    return later('memory that is taken from a running guest may hurt its programs; --now takes it all the same');
  return { now: wanted, notNow: null };
}

function later(notNow: string): Part {
  return { now: null, notNow };
}

export function planResize(args: ResizeArgs, facts: ResizeFacts): Plan | Refusal {
  const { vm } = args;
  if (facts === null) return refuseMissing(vm);
  const work = splitWork(args, facts);
  const obstacle = refuseMachine(vm, facts) ?? refuseWork(args, facts, work);
  if (obstacle !== null) return obstacle;
  const base = facts.next ?? facts.now;
  if (base === null) throw new Error('a machine without hardware was planned');
  return {
    kind: 'plan',
    effects: describe(args, facts, work),
    changes: listChanges(vm, args, base),
    lost: [],
    cost: {
      vcpus: Math.max(0, (args.vcpus ?? 0) - base.vcpus),
      memoryMiB: Math.max(0, (args.memory ?? 0) - base.maxMemoryMiB),
      diskGiB: 0,
    },
    undo: {
      action: 'vm.resize',
      args: {
        vm,
        vcpus: args.vcpus === null ? null : base.vcpus,
        memory: args.memory === null ? null : base.maxMemoryMiB,
        now: false,
      },
      holds: `while ${vm} exists; what a running guest was given it keeps until its next start`,
    },
  };
}

function refuseWork(args: ResizeArgs, facts: Known, work: ResizeWork): Refusal | null {
  const { vm } = args;
  if (args.vcpus === null && args.memory === null)
    return refuse('nothing to change was named', `vm resize ${vm} --vcpus 2 --memory 4GiB`);
  if (work.notNow.length > 0 && args.now)
    return refuse(`${vm}: ${work.notNow.join('; ')}`, `without --now it takes effect at the next start`);
  if (work.notNow.length > 0 && facts.next === null)
    return refuse(`${vm} is transient, so it has no next start: ${work.notNow.join('; ')}`, null);
  if (facts.memoryLeftMiB !== null)
    return refuse(
      `the host has ${formatMiB(facts.memoryLeftMiB)} of memory left to promise`,
      facts.memoryLeftMiB >= 128 ? `--memory ${typeMiB(facts.memoryLeftMiB)}` : 'stop or delete a VM first',
    );
  const nothing = [work.nowVcpus, work.nowMemoryMiB, work.nextVcpus, work.nextMemoryMiB].every((part) => part === null);
  const when = work.notNow.length === 0 ? '' : ' from its next start on';
  return nothing ? refuse(`${vm} has that size${when} already`, null) : null;
}

function describe({ vm }: ResizeArgs, facts: Known, work: ResizeWork): string[] {
  const when = facts.state === 'shutoff' ? 'At its next start' : 'From its next start on';
  return [
    ...(work.nowVcpus === null
      ? []
      : [`Now: plug vCPUs into ${vm}, ${work.nowVcpus} in all; its guest brings them up`]),
    ...(work.nowVcpus === null
      ? []
      : [
          `Until its next start ${vm} takes no snapshots with memory: with plugged vCPUs they could not be gone back to`,
        ]),
    ...(work.nowMemoryMiB === null ? [] : [`Now: ask the guest of ${vm} to use ${formatMiB(work.nowMemoryMiB)}`]),
    ...work.notNow.map((why) => `Not now: ${why}`),
    ...(work.nextVcpus === null ? [] : [`${when}: ${vm} has ${work.nextVcpus} vCPU`]),
    ...(work.nextMemoryMiB === null
      ? []
      : [`${when}: ${vm} has ${formatMiB(work.nextMemoryMiB)} of memory, and no more`]),
    ...(work.notNow.length === 0 ? [] : [`${vm} is not restarted for it`]),
  ];
}

function listChanges(vm: string, { vcpus, memory }: ResizeArgs, base: NonNullable<Size>): Change[] {
  return [
    ...(vcpus === null ? [] : [{ path: `domain/${vm}/vcpus`, before: base.vcpus, after: vcpus }]),
    ...(memory === null ? [] : [{ path: `domain/${vm}/memoryMiB`, before: base.maxMemoryMiB, after: memory }]),
  ];
}

export function sizeInfo(vm: string, { now, next }: { now: Size; next: Size }): Field[] {
  const say = (size: Size) =>
    size === null
      ? null
      : `${size.vcpus} of at most ${size.maxVcpus} vCPU, ${formatMiB(size.memoryMiB)} of at most ${formatMiB(size.maxMemoryMiB)}`;
  const fields = [
    { name: `${vm} now`, value: say(now) },
    { name: `${vm} at its next start`, value: say(next) },
  ];
  return fields.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]));
}
