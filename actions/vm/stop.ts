/**
 * Asks the guest to power off and waits. A guest may not listen: then the VM is left on, unless `--force` was given.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainShutdown
 */
import { z } from 'zod';
import type { EffectStep, Evidence, ExecuteContext } from '../action.ts';
import { seconds, VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import type { Host } from '../host.ts';
import { formatSeconds } from '../units.ts';
import {
  controlStep,
  findDomain,
  known,
  lostWhenOff,
  NO_COST,
  observePower,
  oneTarget,
  PowerFacts,
  planPower,
  stateChange,
} from './known.ts';
import { pullPlug } from './power-off.ts';

export const vmStop = defineAction({
  name: 'vm.stop',
  summary: 'Shut down a VM from inside its guest',
  risk: 'disruptive',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    grace: seconds({ min: 5, max: 900 }).prefault('2m').describe('how long the guest may take, 5s to 15m'),
    force: z.boolean().default(false).describe('pull the plug when the guest is still on after that'),
  }),
  positional: 'vm',
  examples: ['vm stop web-01', 'vm stop web-01 --grace 5m --force'],
  facts: PowerFacts,
  targets: oneTarget,
  observe: observePower,
  plan: ({ vm, grace, force }, facts) =>
    planPower('stop', vm, facts, ({ state, persistent }) => ({
      kind: 'plan',
      effects: [
        `Ask the guest of ${vm} to power off`,
        `Wait up to ${formatSeconds(grace)}; if it is still on, ${force ? 'pull the plug' : 'leave it on'}`,
      ],
      changes: [stateChange(vm, state, 'shutoff')],
      lost: [
        ...(force ? [`What the guest of ${vm} has not written to disk, if the plug has to be pulled`] : []),
        ...lostWhenOff(vm, persistent),
      ],
      cost: NO_COST,
      undo: persistent ? { action: 'vm.start', args: { vm }, holds: `while ${vm} exists` } : null,
    })),
  execute: async ({ vm, grace, force }, ctx) => {
    const { uuid } = known(ctx.facts);
    await ctx.step(askToPowerOff(ctx.host, vm, uuid));
    if (await isOffInTime(vm, uuid, grace, ctx)) return { summary: `${vm} is off`, blocks: [] };
    if (!force) throw leftOn(vm, grace);
    await ctx.step(pullPlug(ctx.host, vm, uuid));
    return { summary: `${vm} is off; its guest did not listen, so the plug was pulled`, blocks: [] };
  },
});

function askToPowerOff(host: Host, vm: string, uuid: string): EffectStep {
  return controlStep(
    { title: `asking the guest of ${vm} to power off`, vm, uuid, op: 'stop', reason: 'shutdown' },
    () => host.shutdown(uuid),
    () => hasListened(host, vm, uuid),
  );
}

/** The request itself leaves no trace on the host; only a guest that follows it does. */
async function hasListened(host: Host, vm: string, uuid: string): Promise<Evidence> {
  const domain = await findDomain(host, vm, uuid);
  if (domain === null || domain.state === 'shutoff' || domain.state === 'shutdown') {
    return { kind: 'happened', evidence: `${vm} is ${domain?.state ?? 'gone'}` };
  }
  return { kind: 'cannot-know', evidence: `${vm} is ${domain.state}; a request to power off leaves no trace` };
}

function isOffInTime(vm: string, uuid: string, grace: number, ctx: ExecuteContext<unknown>): Promise<boolean> {
  return ctx.wait(`waiting up to ${formatSeconds(grace)} for ${vm} to power off`, async () => {
    try {
      await ctx.host.waitFor(uuid, (domain) => domain === null || domain.state === 'shutoff', grace * 1000, ctx.signal);
      return true;
    } catch (error) {
      if (error instanceof OpsError && error.code === 'timed-out') return false;
      throw error;
    }
  });
}

/** Not 'timed-out': the grace time is over and the VM is on, which is known. */
function leftOn(vm: string, grace: number): OpsError {
  return new OpsError(
    'failed',
    `waiting ${formatSeconds(grace)} for ${vm} to power off: its guest is still on and was left on (it may yet follow); \`vm stop ${vm} --force\` pulls the plug`,
  );
}
