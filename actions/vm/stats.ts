/** Shows what a VM uses just now: two looks, a moment apart, and what came to pass between them. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Block, Field, Outcome } from '../action.ts';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import type { Usage } from '../host-guest.ts';
import { formatBytes } from '../units.ts';
import { known, oneTarget } from './known.ts';
import { LookFacts, observeLook, planLook, tableOf } from './look.ts';

/** Long enough to tell busy from idle, short enough to wait for. */
const BETWEEN_MS = 1_000;

export const vmStats = defineAction({
  name: 'vm.stats',
  summary: 'Show what a VM uses just now',
  risk: 'read',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm stats web-01'],
  facts: LookFacts,
  targets: oneTarget,
  observe: observeLook,
  plan: ({ vm }, facts) => planLook(vm, facts, `Show what ${vm} uses`),
  execute: async ({ vm }, ctx): Promise<Outcome> => {
    const { uuid } = known(ctx.facts);
    const look = async () => {
      const usage = await ctx.host.usage(uuid);
      if (usage === null) throw new OpsError('not-found', `looking at ${vm}: it is gone`);
      return { usage, at: process.hrtime.bigint() };
    };
    const domain = await ctx.host.domain(vm);
    if (domain === null || domain.state === 'shutoff')
      return { summary: `${vm} is off and uses no CPU and no memory`, blocks: [] };
    const before = await look();
    await ctx.wait('looking twice', () => delay(BETWEEN_MS, undefined, { signal: ctx.signal }).catch(() => {}));
    const after = await look();
    const ns = after.at - before.at;
    const cpu = percentOf(before.usage.cpuTimeNs, after.usage.cpuTimeNs, ns);
    return {
      summary: `${vm} uses ${cpu ?? 'an unknown part'} of one CPU and has ${domain.vcpus}`,
      blocks: [{ kind: 'fields', fields: memoryFields(after.usage) }, ...tables(before.usage, after.usage, ns)],
    };
  },
});

function percentOf(before: bigint | null, after: bigint | null, ns: bigint): string | null {
  if (before === null || after === null || ns <= 0n) return null;
  return `${((after - before) * 100n) / ns} %`;
}

function memoryFields({ balloonKiB, usableKiB, residentKiB }: Usage): Field[] {
  const fields = [
    { name: 'memory of the guest', value: balloonKiB },
    { name: 'of it still usable, as the guest says', value: usableKiB },
    { name: 'taken of the host', value: residentKiB },
  ];
  return fields.flatMap(({ name, value }) => (value === null ? [] : [{ name, value: formatBytes(value * 1024n) }]));
}

function tables(before: Usage, after: Usage, ns: bigint): Block[] {
  const rate = (was: bigint | undefined, is: bigint) =>
    `${formatBytes(((is - (was ?? is)) * 1_000_000_000n) / (ns <= 0n ? 1n : ns))}/s`;
  const disks = after.disks.map((disk) => {
    const was = before.disks.find(({ target }) => target === disk.target);
    const used = `${formatBytes(disk.allocationBytes)} of ${formatBytes(disk.capacityBytes)}`;
    return [disk.target, rate(was?.readBytes, disk.readBytes), rate(was?.writtenBytes, disk.writtenBytes), used];
  });
  const nics = after.nics.map((nic) => {
    const was = before.nics.find(({ device }) => device === nic.device);
    return [nic.device, rate(was?.receivedBytes, nic.receivedBytes), rate(was?.sentBytes, nic.sentBytes)];
  });
  return [
    ...tableOf(['disk', 'reads', 'writes', 'filled'], disks),
    ...tableOf(['interface', 'receives', 'sends'], nics),
  ];
}
