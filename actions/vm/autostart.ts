/**
 * Sets whether a VM starts together with its host.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainSetAutostart
 */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { keepingPlan, keepStep, keptChange } from './keeping.ts';
import { describeDomain, known, oneTarget, refuseMissing } from './known.ts';

export const vmAutostart = defineAction({
  name: 'vm.autostart',
  summary: 'Start a VM whenever its host starts, or no longer',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    off: z.boolean().default(false).describe('no longer start it with its host'),
  }),
  positional: 'vm',
  examples: ['vm autostart web-01', 'vm autostart web-01 --off'],
  facts: z.strictObject({ uuid: z.string(), was: z.boolean(), persistent: z.boolean() }).nullable(),
  targets: oneTarget,
  observe: async ({ vm }, read) => {
    const domain = await read.domain(vm);
    const kept = domain === null ? null : await read.keeping(domain.uuid);
    if (domain === null || kept === null) return { facts: null, info: [] };
    const { uuid, persistent } = domain;
    return { facts: { uuid, was: kept.autostart, persistent }, info: describeDomain(domain) };
  },
  plan: ({ vm, off }, facts) => {
    if (facts === null) return refuseMissing(vm);
    if (!facts.persistent)
      return { kind: 'refused', reason: `${vm} is transient: it is gone when its host stops`, hint: null };
    if (facts.was === !off)
      return {
        kind: 'refused',
        reason: `${vm} ${off ? 'does not start' : 'starts'} with its host already`,
        hint: null,
      };
    return keepingPlan(
      [off ? `No longer start ${vm} with its host` : `Start ${vm} whenever its host starts`],
      keptChange(vm, 'autostart', facts.was, !off),
      { action: 'vm.autostart', args: { vm, off: !off }, holds: `while ${vm} exists` },
    );
  },
  execute: async ({ vm, off }, ctx) => {
    const { host } = ctx;
    const { uuid, was } = known(ctx.facts);
    await ctx.step(
      keepStep(host, {
        ...{ title: `setting the autostart of ${vm}`, op: 'set-autostart', vm, uuid, was, will: !off },
        now: async () => (await host.keeping(uuid))?.autostart ?? false,
        write: () => host.setAutostart(uuid, !off),
      }),
    );
    return { summary: `${vm} ${off ? 'no longer starts' : 'starts'} with its host`, blocks: [] };
  },
});
