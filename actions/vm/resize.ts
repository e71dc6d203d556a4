/** Gives a VM other vCPUs and other memory: now where a running guest can take them, else from its next start on. */
import { z } from 'zod';
import type { Action, EffectStep, ExecuteContext } from '../action.ts';
import { MemoryMiB, VmName, whole } from '../args.ts';
import { defineAction } from '../define.ts';
import type { When } from '../host-hardware.ts';
import { formatMiB } from '../units.ts';
import type { CreateSettings } from './create-plan.ts';
import { known, oneTarget } from './known.ts';
import { askAgain, guestFollows, lookAtMachine, machineStep } from './machine.ts';
import {
  memoryLeft,
  planResize,
  type ResizeArgs,
  ResizeFacts,
  type ResizeWork,
  sizeInfo,
  sizeOf,
  splitWork,
} from './resize-plan.ts';

/** How long a guest may take to give or take memory; a balloon moves some GiB a second. */
const BALLOON_SECONDS = 15;

export function createVmResize(settings: Pick<CreateSettings, 'memoryOvercommit'>): Action {
  return defineAction({
    name: 'vm.resize',
    summary: 'Change the vCPUs and the memory of a VM',
    risk: 'change',
    args: z.strictObject({
      vm: VmName.describe('the VM'),
      vcpus: whole({ min: 1, max: 64 }).nullable().default(null).describe('virtual CPUs, 1 to 64'),
      memory: MemoryMiB.nullable().default(null).describe('memory such as 4GiB'),
      now: z.boolean().default(false).describe('all of it now or not at all; also takes memory from a running guest'),
    }),
    positional: 'vm',
    examples: ['vm resize web-01 --vcpus 4 --memory 8GiB', 'vm resize web-01 --memory 1GiB --now'],
    facts: ResizeFacts,
    targets: oneTarget,
    observe: async (args, read) => {
      const machine = await lookAtMachine(args.vm, read);
      if (machine === null) return { facts: null, info: [] };
      const sizes = { now: sizeOf(machine.times.now), next: sizeOf(machine.times.next) };
      const [capacity, domains] = await Promise.all([read.capacity(), read.domains()]);
      const left = memoryLeft(capacity, domains, settings.memoryOvercommit, machine);
      const memoryLeftMiB =
        args.memory !== null && args.memory > machine.domain.memoryMiB && left < args.memory ? left : null;
      return { facts: { ...machine.facts, ...sizes, memoryLeftMiB }, info: sizeInfo(args.vm, sizes) };
    },
    plan: planResize,
    execute: async (args, ctx) => {
      const facts = known(ctx.facts);
      const work = splitWork(args, facts);
      for (const step of steps(args, facts.uuid, work, ctx)) await ctx.step(step);
      const given = work.nowMemoryMiB === null ? '' : await describeBalloon(work.nowMemoryMiB, facts.uuid, ctx);
      return {
        summary: summarise(args, work) + given,
        blocks: work.notNow.length === 0 ? [] : [{ kind: 'list', items: work.notNow }],
      };
    },
  });
}

function steps({ vm }: ResizeArgs, uuid: string, work: ResizeWork, { host }: ExecuteContext<unknown>): EffectStep[] {
  const vcpus = (count: number, when: When) =>
    machineStep(
      { title: `giving ${vm} ${count} vCPU ${said[when]}`, vm, uuid, resource: 'vcpu', reason: 'update' },
      () => host.setVcpus(uuid, count, when),
      askAgain,
    );
  const memory = (memoryMiB: number, when: When) =>
    machineStep(
      { title: `giving ${vm} ${formatMiB(memoryMiB)} ${said[when]}`, vm, uuid, resource: 'mem', reason: 'update' },
      () => host.setMemory(uuid, memoryMiB, when),
      askAgain,
    );
  return [
    ...(work.nowVcpus === null ? [] : [vcpus(work.nowVcpus, 'now')]),
    ...(work.nowMemoryMiB === null ? [] : [memory(work.nowMemoryMiB, 'now')]),
    ...(work.nextVcpus === null ? [] : [vcpus(work.nextVcpus, 'next')]),
    ...(work.nextMemoryMiB === null ? [] : [memory(work.nextMemoryMiB, 'next')]),
  ];
}

const said: Record<When, string> = { now: 'now', next: 'from its next start on' };

/** A guest without the driver, or one that needs its memory, does not follow; libvirt says "done" all the same. */
async function describeBalloon(wanted: number, uuid: string, ctx: ExecuteContext<unknown>): Promise<string> {
  const title = `waiting up to ${BALLOON_SECONDS} s for its guest to use ${formatMiB(wanted)}`;
  const followed = await guestFollows(
    ctx,
    title,
    uuid,
    BALLOON_SECONDS,
    (now) => now === null || now.memoryMiB === wanted,
  );
  if (followed) return '';
  const has = (await ctx.host.hardware(uuid))?.now?.memoryMiB;
  return `; its guest has not followed yet and has ${has === undefined ? 'stopped' : formatMiB(has)}`;
}

function summarise({ vm, vcpus, memory }: ResizeArgs, work: ResizeWork): string {
  const size = [...(vcpus === null ? [] : [`${vcpus} vCPU`]), ...(memory === null ? [] : [formatMiB(memory)])].join(
    ' and ',
  );
  const isNow = work.nowVcpus !== null || work.nowMemoryMiB !== null;
  if (work.notNow.length === 0) return `${vm} has ${size}`;
  return `${vm} has ${size} from its next start on${isNow ? ', and a part of it now' : ''}`;
}
