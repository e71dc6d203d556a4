/**
 * Makes a VM: a disk on top of an image, a seed for cloud-init, a domain, a start, and a wait for a sign of the guest.
 * When a step is certain to have come to nothing, or a person cancels, exactly what this operation made is removed again.
 */
import { z } from 'zod';
import type { Action, Block, EffectStep, Outcome } from '../action.ts';
import { DiskGiB, MemoryMiB, Owner, seconds, Tags, VmName, VolumeName, whole } from '../args.ts';
import { defineAction } from '../define.ts';
import { mayHaveHappened, OpsError } from '../errors.ts';
import { formatSeconds } from '../units.ts';
import {
  type CreateArgs,
  CreateFacts,
  type CreateSettings,
  observeCreate,
  planCreate,
  volumeNames,
} from './create-plan.ts';
import { type CreateContext, makeVm, takeBack } from './create-steps.ts';
import { describeLease, leaseEnd } from './lease.ts';
import { type Sign, waitForSign } from './readiness.ts';

const MIN_TTL_SECONDS = 60;
const MAX_TTL_SECONDS = 3650 * 86_400;

export function createVmCreate(settings: CreateSettings & { defaultImage: string | null }): Action {
  const image = VolumeName.describe(`the image, a volume of pool ${settings.pool}`);
  return defineAction({
    name: 'vm.create',
    summary: 'Make a VM from an image and start it',
    risk: 'change',
    args: z.strictObject({
      name: VmName.describe('the name of the new VM'),
      image: settings.defaultImage === null ? image : image.default(settings.defaultImage),
      vcpus: whole({ min: 1, max: 64 }).default(1).describe('virtual CPUs, 1 to 64'),
      memory: MemoryMiB.prefault('512MiB').describe('memory such as 512MiB or 8GiB'),
      disk: DiskGiB.nullable().default(null).describe("the disk's size such as 20GiB; the image's own when left out"),
      owner: Owner.nullable().default(null).describe('person or group; whoever asks when left out'),
      ttl: seconds({ min: MIN_TTL_SECONDS, max: MAX_TTL_SECONDS })
        .nullable()
        .default(null)
        .describe('how long it is needed, such as 30d; no end when left out'),
      tags: Tags.default({}).describe('such as env=dev tier=web'),
    }),
    positional: 'name',
    examples: ['vm create web-01 --memory 2GiB --vcpus 2 --ttl 30d --tag env=dev'],
    facts: CreateFacts,
    complete: (args, { requester }) => ({ ...args, owner: args.owner ?? requester }),
    targets: ({ name, owner, tags }) => [{ vm: name, creates: { owner: owner ?? '', tags } }],
    observe: (args, read) => observeCreate(args, settings, read),
    plan: (args, facts, uuid) => planCreate(args, facts, settings, uuid),
    execute: (args, ctx) => execute(args, settings, ctx),
  });
}

async function execute(args: CreateArgs, settings: CreateSettings, ctx: CreateContext): Promise<Outcome> {
  const made: EffectStep[] = [];
  try {
    await makeVm(args, settings.pool, ctx, made);
  } catch (error) {
    // What is unclear is left as it is: whoever looks at it later must find it.
    if (error instanceof OpsError && !mayHaveHappened(error.code)) await takeBack(made, ctx, error);
    throw error;
  }
  try {
    const sign = await waitUntilReady(args.name, settings.readyTimeoutSeconds, ctx);
    return describeOutcome(args, sign, settings.readyTimeoutSeconds, ctx);
  } catch (error) {
    // The VM runs: nothing but a person's cancel takes it away again.
    if (error instanceof OpsError && error.code === 'cancelled') await takeBack(made, ctx, error);
    throw error;
  }
}

function waitUntilReady(vm: string, waitSeconds: number, ctx: CreateContext): Promise<Sign> {
  return ctx.wait(`waiting up to ${formatSeconds(waitSeconds)} for a sign from ${vm}`, () =>
    waitForSign(ctx.host, vm, ctx.uuid, waitSeconds, ctx.signal),
  );
}

function describeOutcome(args: CreateArgs, sign: Sign, waited: number, ctx: CreateContext): Outcome {
  const expires = leaseEnd(ctx.startedAt, args.ttl);
  const said = sign.kind === 'serial' ? sign.line : sign.kind === 'silent' ? sign.lastLine : '';
  const fields = [
    { name: 'UUID', value: ctx.uuid },
    { name: 'owner', value: args.owner ?? 'unknown' },
    { name: 'lease', value: describeLease(expires, ctx.startedAt) },
    { name: 'disk', value: volumeNames(args.name, ctx.uuid).disk },
    { name: 'guest', value: describeSign(sign, waited) },
  ];
  const blocks: Block[] = [{ kind: 'fields', fields }];
  if (said !== '') blocks.push({ kind: 'code', text: said });
  return { summary: summarise(args.name, sign, waited), blocks };
}

function describeSign(sign: Sign, waited: number): string {
  switch (sign.kind) {
    case 'agent':
      return 'its agent answers';
    case 'serial':
      return 'its serial console says that it is ready';
    case 'off':
      return `it is ${sign.state} already`;
    case 'silent':
      return `no sign within ${formatSeconds(waited)}`;
  }
}

function summarise(vm: string, sign: Sign, waited: number): string {
  switch (sign.kind) {
    case 'agent':
    case 'serial':
      return `${vm} is running and ready`;
    case 'off':
      return `${vm} was made and started, but is ${sign.state} now`;
    case 'silent':
      return `${vm} is running; no sign from its guest within ${formatSeconds(waited)}`;
  }
}
