/** Tells the network addresses of a VM: by its agent, else by the leases of libvirt's networks, else as the host saw them. */
import { z } from 'zod';
import type { Outcome } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import type { HostReader } from '../host.ts';
import type { AddressSource, GuestAddress } from '../host-guest.ts';
import { known, oneTarget } from './known.ts';
import { LookFacts, observeLook, planLook } from './look.ts';

const saidBy: Record<AddressSource, string> = {
  agent: 'by its agent',
  lease: 'by the leases of its network',
  arp: 'as its host saw them',
};

export const vmAddresses = defineAction({
  name: 'vm.addresses',
  summary: 'Tell the network addresses of a VM',
  risk: 'read',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm addresses web-01'],
  facts: LookFacts,
  targets: oneTarget,
  observe: observeLook,
  plan: ({ vm }, facts) => planLook(vm, facts, `Tell the network addresses of ${vm}`),
  execute: async ({ vm }, ctx): Promise<Outcome> => {
    const { uuid } = known(ctx.facts);
    const domain = await ctx.host.domain(vm);
    if (domain?.uuid !== uuid || domain.state === 'shutoff')
      return { summary: `${vm} is off, so it has no addresses`, blocks: [] };
    const reasons: string[] = [];
    for (const source of ['agent', 'lease', 'arp'] as const) {
      const found = await look(ctx.host, uuid, source, reasons);
      if (found.length === 0) continue;
      const rows = found.map((nic) => [nic.interface, nic.mac, nic.addresses.join(' ')]);
      const columns = ['interface', 'MAC', 'addresses'];
      return { summary: `addresses of ${vm}, ${saidBy[source]}`, blocks: [{ kind: 'table', columns, rows }] };
    }
    return { summary: `nobody knows an address of ${vm}`, blocks: [{ kind: 'list', items: reasons }] };
  },
});

/** Interfaces with addresses, without the guest's own loopback. */
async function look(read: HostReader, uuid: string, source: AddressSource, reasons: string[]): Promise<GuestAddress[]> {
  const asked = await read.addresses(uuid, source);
  const found =
    asked.kind === 'silent' ? [] : asked.value.filter((nic) => nic.addresses.length > 0 && nic.interface !== 'lo');
  reasons.push(asked.kind === 'silent' ? `${saidBy[source]}: ${asked.reason}` : `${saidBy[source]}: none`);
  return found;
}
