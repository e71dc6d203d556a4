/**
 * Takes a VM back to a snapshot. A snapshot of the present is taken first; if libvirt fails, the VM is taken back to
 * that one and started when it was left off. What Drover keeps about the VM is not taken back: an old owner, lease or
 * protection would open doors that were closed since.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain-snapshot.html#virDomainRevertToSnapshot
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { EffectStep, ExecuteContext } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { mayHaveHappened, OpsError } from '../errors.ts';
import { controlStep, findDomain, inState, known, oneTarget } from './known.ts';
import {
  needsStart,
  observeRevert,
  planRevert,
  type RevertArgs,
  RevertFacts,
  safetyName,
  wasOn,
} from './revert-plan.ts';
import { SnapshotName, snapshotIs, snapshotStep } from './snapshot-facts.ts';

type Context = ExecuteContext<RevertFacts>;

export const vmRevert = defineAction({
  name: 'vm.revert',
  summary: 'Take a VM back to a snapshot',
  risk: 'disruptive',
  args: z.strictObject({ vm: VmName.describe('the VM'), to: SnapshotName.describe('the snapshot') }),
  positional: 'vm',
  examples: ['vm revert web-01 --to before-upgrade'],
  facts: RevertFacts,
  targets: oneTarget,
  observe: observeRevert,
  plan: planRevert,
  execute: async (args, ctx) => {
    const { vm, to } = args;
    const facts = known(ctx.facts);
    const safety = safetyName(ctx.uuid);
    await ctx.step(takeSafetyCopy(args, ctx));
    try {
      await ctx.step(goBack(args, to, ctx));
    } catch (error) {
      if (error instanceof OpsError && !mayHaveHappened(error.code)) throw await recover(args, ctx, error);
      throw error;
    }
    await ctx.step(keepWhatIsKept(args, ctx));
    if (needsStart(facts)) await ctx.step(startAgain(args, ctx));
    const restarted = wasOn(facts) && !needsStart(facts) && (await startIfLeftOff(args, ctx));
    const said = restarted ? '; libvirt had left it off, so it was started again' : '';
    return { summary: `${vm} is back at ${to}${said}; \`vm revert ${vm} --to ${safety}\` undoes it`, blocks: [] };
  },
});

function takeSafetyCopy({ vm, to }: RevertArgs, { host, facts, uuid: reserved }: Context): EffectStep {
  const { uuid } = known(facts);
  const name = safetyName(reserved);
  const snapshot = {
    name,
    description: `before it was taken back to ${to}`,
    kind: 'internal',
    quiesce: false,
  } as const;
  return snapshotStep(
    { title: `taking snapshot ${name} of ${vm}`, op: 'create-snapshot', vm, uuid, name },
    () => host.createSnapshot(uuid, snapshot),
    () => snapshotIs(host, uuid, name, 'there'),
  );
}

function goBack({ vm }: RevertArgs, name: string, { host, facts }: Context): EffectStep {
  const { uuid } = known(facts);
  return snapshotStep(
    { title: `taking ${vm} back to ${name}`, op: 'revert-snapshot', vm, uuid, name },
    () => host.revertSnapshot(uuid, name),
    async () => {
      const current = (await host.snapshots(uuid))?.find(({ isCurrent }) => isCurrent)?.name ?? 'none';
      const domain = await findDomain(host, vm, uuid);
      const evidence = `${vm} is ${domain?.state ?? 'gone'} (${domain?.reason ?? ''}) and stands on ${current}`;
      if (domain?.reason === 'failed') return { kind: 'cannot-know', evidence };
      return { kind: current === name ? 'happened' : 'did-not', evidence };
    },
  );
}

/** The safety copy knows what was kept, also after a crash in between. */
function keepWhatIsKept({ vm }: RevertArgs, { host, facts, uuid: reserved }: Context): EffectStep {
  const { uuid } = known(facts);
  const wanted = async () => {
    const kept = await host.keptBySnapshot(uuid, safetyName(reserved));
    if (kept === null) throw new OpsError('not-found', `keeping owner and tags of ${vm}: its safety copy is gone`);
    return kept;
  };
  const present = async () => {
    const [domain, keeping] = await Promise.all([findDomain(host, vm, uuid), host.keeping(uuid)]);
    return { metadata: domain?.metadata, note: keeping?.note };
  };
  return {
    title: `keeping owner, tags, lease and note of ${vm}`,
    record: {
      ...{ type: 'VIRT_RESOURCE', op: 'set-metadata', reason: 'update', vm, uuid },
      command: `libvirt set-metadata ${vm}`,
    },
    run: async () => {
      const [will, now] = await Promise.all([wanted(), present()]);
      if (!isDeepStrictEqual(now.metadata, will.metadata)) await host.setMetadata(uuid, will.metadata);
      if (now.note !== will.note) await host.setNote(uuid, will.note);
    },
    happened: async () => ({
      kind: isDeepStrictEqual(await present(), await wanted()) ? 'happened' : 'did-not',
      evidence: `what is kept about ${vm} was compared with its safety copy`,
    }),
  };
}

function startAgain({ vm }: RevertArgs, { host, facts }: Context): EffectStep {
  const { uuid } = known(facts);
  return controlStep(
    { title: `starting ${vm} again`, vm, uuid, op: 'start', reason: 'booted' },
    () => host.start(uuid),
    () => inState(host, vm, uuid, ['running', 'blocked', 'paused']),
  );
}

/** True: it was off though it should run, and was started. */
async function startIfLeftOff(args: RevertArgs, ctx: Context): Promise<boolean> {
  const { uuid } = known(ctx.facts);
  const isOff = await ctx.wait(`looking whether ${args.vm} runs`, async () => {
    return (await findDomain(ctx.host, args.vm, uuid))?.state === 'shutoff';
  });
  if (isOff) await ctx.step(startAgain(args, ctx));
  return isOff;
}

/** Back to the safety copy, and on again; gives the error that says what became of it. */
async function recover(args: RevertArgs, ctx: Context, cause: OpsError): Promise<OpsError> {
  const { vm } = args;
  const safety = safetyName(ctx.uuid);
  const said = [cause.message];
  try {
    await ctx.step(goBack(args, safety, ctx));
    await ctx.step(keepWhatIsKept(args, ctx));
    said.push(`${vm} is as it was before`);
  } catch (error) {
    if (!(error instanceof OpsError) || mayHaveHappened(error.code)) throw error;
    said.push(`taking it back to ${safety} came to nothing either: ${error.message}`);
  }
  if (wasOn(known(ctx.facts)) && (await startIfLeftOff(args, ctx)))
    said.push(`libvirt had left it off, so it was started again; what its guest had not written to disk is gone`);
  return new OpsError(cause.code, said.join('; '), cause.libvirt);
}
