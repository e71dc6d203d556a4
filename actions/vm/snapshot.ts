/**
 * Takes a snapshot of a VM: with its memory inside the disk's file, or of the disks only beside it.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain-snapshot.html#virDomainSnapshotCreateXML
 */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { known, oneTarget } from './known.ts';
import { SnapshotName, snapshotIs, snapshotStep } from './snapshot-facts.ts';
import { observeSnapshot, planSnapshot, SnapshotFacts } from './snapshot-plan.ts';

/** `2026-11-22-140501` */
function nameOfTime(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}

export const vmSnapshot = defineAction({
  name: 'vm.snapshot',
  summary: 'Take a snapshot of a VM',
  risk: 'disruptive',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    name: SnapshotName.nullable().default(null).describe('its name; the time when left out'),
    note: z
      .string()
      .max(200)
      .refine((text) => !/\p{C}/u.test(text), 'a note is at most 200 printable characters')
      .default('')
      .describe('what it is for, in quotes'),
    diskOnly: z.boolean().default(false).describe('the disks only, in new files beside them; its guest goes on'),
  }),
  positional: 'vm',
  examples: ['vm snapshot web-01 --name before-upgrade', 'vm snapshot web-01 --disk-only --note "for the copy"'],
  facts: SnapshotFacts,
  complete: (args, { now }) => ({ ...args, name: args.name ?? nameOfTime(now) }),
  targets: oneTarget,
  observe: observeSnapshot,
  plan: planSnapshot,
  execute: async ({ vm, name, note, diskOnly }, ctx) => {
    const { uuid, agent, state } = known(ctx.facts);
    if (name === null) throw new Error('a snapshot without a name was run');
    const { host } = ctx;
    const snapshot = {
      name,
      description: note,
      kind: diskOnly ? 'external' : 'internal',
      quiesce: diskOnly && agent && state === 'running',
    } as const;
    await ctx.step(
      snapshotStep(
        { title: `taking snapshot ${name} of ${vm}`, op: 'create-snapshot', vm, uuid, name },
        () => host.createSnapshot(uuid, snapshot),
        () => snapshotIs(host, uuid, name, 'there'),
      ),
    );
    return { summary: `${vm} has the snapshot ${name}`, blocks: [] };
  },
});
