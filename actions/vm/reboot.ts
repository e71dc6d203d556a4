/**
 * Asks the guest to reboot. It may not listen, and libvirt does not say when it is back: only the request is promised.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainReboot
 */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { controlStep, findDomain, known, NO_COST, observePower, oneTarget, PowerFacts, planPower } from './known.ts';

export const vmReboot = defineAction({
  name: 'vm.reboot',
  summary: 'Ask the guest of a VM to reboot',
  risk: 'disruptive',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm reboot web-01'],
  facts: PowerFacts,
  targets: oneTarget,
  observe: observePower,
  plan: ({ vm }, facts) =>
    planPower('reboot', vm, facts, () => ({
      kind: 'plan',
      effects: [`Ask the guest of ${vm} to reboot`],
      changes: [],
      lost: [],
      cost: NO_COST,
      undo: null,
    })),
  execute: async ({ vm }, ctx) => {
    const { uuid } = known(ctx.facts);
    await ctx.step(
      controlStep(
        { title: `asking the guest of ${vm} to reboot`, vm, uuid, op: 'reboot', reason: '' },
        () => ctx.host.reboot(uuid),
        async () => {
          const state = (await findDomain(ctx.host, vm, uuid))?.state ?? 'gone';
          return { kind: 'cannot-know', evidence: `${vm} is ${state}; a reboot leaves no trace on the host` };
        },
      ),
    );
    return { summary: `${vm} was asked to reboot`, blocks: [] };
  },
});
