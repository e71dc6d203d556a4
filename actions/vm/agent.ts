/**
 * Asks the guest agent of a VM who it is. No channel, an agent that is not up, and one that hangs are different things,
 * and each has another cure.
 */
import { z } from 'zod';
import type { Block, Outcome } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import type { GuestInfo } from '../host-guest.ts';
import { formatBytes } from '../units.ts';
import { known, oneTarget } from './known.ts';
import { LookFacts, observeLook, planLook, tableOf } from './look.ts';

export const vmAgent = defineAction({
  name: 'vm.agent',
  summary: 'Ask the guest agent of a VM',
  risk: 'read',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm agent web-01'],
  facts: LookFacts,
  targets: oneTarget,
  observe: observeLook,
  plan: ({ vm }, facts) => planLook(vm, facts, `Ask the guest agent of ${vm} who it is`),
  execute: async ({ vm }, ctx): Promise<Outcome> => {
    const { uuid } = known(ctx.facts);
    const domain = await ctx.host.domain(vm);
    if (domain === null) throw new OpsError('not-found', `looking at ${vm}: it is gone`);
    if (domain.state !== 'running' && domain.state !== 'blocked')
      return { summary: `${vm} is ${domain.state}, so its agent hears nothing`, blocks: [] };
    if (domain.agent === 'none') return { summary: `${vm} was made without a channel for an agent`, blocks: [] };
    if (domain.agent === 'disconnected')
      return { summary: `the agent of ${vm} is not up: not yet, or it is not installed`, blocks: [] };
    const asked = await ctx.host.guestInfo(uuid);
    if (asked.kind === 'silent')
      return {
        summary: `the agent of ${vm} is up and does not answer`,
        blocks: [{ kind: 'text', text: asked.reason }],
      };
    return { summary: `the agent of ${vm} answers`, blocks: describe(asked.value) };
  },
});

function describe({ hostname, os, kernel, timezone, users, fileSystems }: GuestInfo): Block[] {
  const fields = [
    { name: 'hostname', value: hostname },
    { name: 'system', value: os },
    { name: 'kernel', value: kernel },
    { name: 'time zone', value: timezone },
    { name: 'logged in', value: users === null ? '' : String(users) },
  ].filter(({ value }) => value !== '');
  const rows = fileSystems.map(({ mountpoint, totalBytes, usedBytes }) => [
    mountpoint,
    formatBytes(totalBytes),
    totalBytes === 0n ? '' : `${(usedBytes * 100n) / totalBytes} %`,
  ]);
  const told: Block[] = fields.length === 0 ? [] : [{ kind: 'fields', fields }];
  return [...told, ...tableOf(['file system', 'size', 'used'], rows)];
}
