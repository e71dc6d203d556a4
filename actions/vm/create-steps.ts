/**
 * How a VM is made, and how exactly that is taken back. Between the steps nothing is read from the world, so that the
 * same steps follow each other when an operation is taken up again after a crash.
 */
import type { EffectStep, ExecuteContext } from '../action.ts';
import { mayHaveHappened, OpsError } from '../errors.ts';
import type { NewDomain } from '../host.ts';
import { hostnameOf, nocloudSeed } from '../seed.ts';
import { type CreateArgs, type CreateFacts, diskBytes, volumeNames } from './create-plan.ts';
import { defineStep, undefineStep } from './domain-steps.ts';
import { controlStep, inState } from './known.ts';
import { leaseEnd } from './lease.ts';
import { pullPlug } from './power-off.ts';
import { fillVolume, makeVolume, removeVolume } from './volume-steps.ts';

export type CreateContext = ExecuteContext<CreateFacts>;

/** A step, and its way back once it is certain to be done; null where taking back an earlier step covers it. */
interface Making {
  step: EffectStep;
  back: EffectStep | null;
}

/** Runs all steps; adds to `made` the way back of each one that is done. */
export async function makeVm(args: CreateArgs, pool: string, ctx: CreateContext, made: EffectStep[]): Promise<void> {
  for (const { step, back } of [...volumes(args, pool, ctx), ...domain(args, pool, ctx)]) {
    await ctx.step(step);
    if (back !== null) made.push(back);
  }
}

/**
 * Removes what was made, last first, and stops at the first that does not go: what stands on something else goes first.
 * A person's cancel was delivered before; the engine lets these steps run.
 */
export async function takeBack(made: EffectStep[], ctx: CreateContext, cause: OpsError): Promise<void> {
  for (const step of made.toReversed()) {
    try {
      await ctx.step(step);
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      const code = mayHaveHappened(error.code) ? error.code : cause.code;
      throw new OpsError(code, `${cause.message}; then ${step.title}: ${error.message}; it is left behind`);
    }
  }
}

function volumes(args: CreateArgs, pool: string, { host, uuid, facts }: CreateContext): Making[] {
  if (facts.image === null) throw new Error('a plan without an image was run');
  const { name: vm } = args;
  const own = { vm, uuid };
  const names = volumeNames(vm, uuid);
  const content = nocloudSeed({ instanceId: uuid, hostname: hostnameOf(vm, uuid) });
  const backing = { name: args.image, format: facts.image.format };
  const disk = {
    pool,
    name: names.disk,
    format: 'qcow2',
    capacityBytes: diskBytes(args, facts.image),
    backing,
  } as const;
  const seed = { pool, name: names.seed, format: 'raw', capacityBytes: BigInt(content.length), backing: null } as const;
  return [
    {
      step: makeVolume(host, own, `creating the disk of ${vm}`, disk, facts.image.path),
      back: removeVolume(host, own, `removing the disk of ${vm}`, disk),
    },
    {
      step: makeVolume(host, own, `creating the seed of ${vm}`, seed, null),
      back: removeVolume(host, own, `removing the seed of ${vm}`, seed),
    },
    { step: fillVolume(host, own, `writing the seed of ${vm}`, seed, content), back: null },
  ];
}

function domain(args: CreateArgs, pool: string, ctx: CreateContext): Making[] {
  const { host, uuid } = ctx;
  const { name: vm } = args;
  return [
    { step: defineStep(host, vm, uuid, () => describeDomain(args, pool, ctx)), back: undefineStep(host, vm, uuid) },
    {
      step: controlStep(
        { title: `starting ${vm}`, vm, uuid, op: 'start', reason: 'booted' },
        () => host.start(uuid),
        () => inState(host, vm, uuid, ['running', 'blocked', 'paused']),
      ),
      back: pullPlug(host, vm, uuid),
    },
  ];
}

async function describeDomain(args: CreateArgs, pool: string, ctx: CreateContext): Promise<NewDomain> {
  const names = volumeNames(args.name, ctx.uuid);
  const [diskPath, seedPath] = await Promise.all([pathOf(ctx, pool, names.disk), pathOf(ctx, pool, names.seed)]);
  const { name, vcpus, memory: memoryMiB, owner, tags, ttl } = args;
  const expires = leaseEnd(ctx.startedAt, ttl);
  const metadata = { owner: owner ?? '', expires, tags, protected: false, request: ctx.request };
  return { name, uuid: ctx.uuid, vcpus, memoryMiB, metadata, diskPath, diskFormat: 'qcow2', seedPath };
}

async function pathOf({ host }: CreateContext, pool: string, name: string): Promise<string> {
  const volume = await host.volume(pool, name);
  if (volume === null) throw new OpsError('not-found', `looking for ${name}, just made in pool ${pool}: it is gone`);
  return volume.path;
}
