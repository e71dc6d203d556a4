/** Lists the snapshots of a VM as a tree: what stands on what, and where the VM stands now. */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import type { Snapshot } from '../host-snapshots.ts';
import { known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import { describeKind, formatTime } from './snapshot-facts.ts';

export const vmSnapshots = defineAction({
  name: 'vm.snapshots',
  summary: 'List the snapshots of a VM',
  risk: 'read',
  args: z.strictObject({ vm: VmName.describe('the VM') }),
  positional: 'vm',
  examples: ['vm snapshots web-01'],
  facts: z.strictObject({ uuid: z.string() }).nullable(),
  targets: oneTarget,
  observe: async ({ vm }, read) => {
    const domain = await read.domain(vm);
    return { facts: domain === null ? null : { uuid: domain.uuid }, info: [] };
  },
  plan: ({ vm }, facts) => {
    if (facts === null) return refuseMissing(vm);
    return { kind: 'plan', effects: [`List the snapshots of ${vm}`], changes: [], lost: [], cost: NO_COST, undo: null };
  },
  execute: async ({ vm }, ctx) => {
    const snapshots = await ctx.host.snapshots(known(ctx.facts).uuid);
    if (snapshots === null) throw new OpsError('not-found', `looking at the snapshots of ${vm}: it is gone`);
    if (snapshots.length === 0) return { summary: `${vm} has no snapshots`, blocks: [] };
    const count = snapshots.length === 1 ? '1 snapshot' : `${snapshots.length} snapshots`;
    const columns = ['name', 'taken', 'kind', 'then', 'note'];
    return { summary: `${vm} has ${count}`, blocks: [{ kind: 'table', columns, rows: tree(snapshots) }] };
  },
});

/** Depth first, each level two spaces further in; one whose parent is gone stands as a root. */
function tree(snapshots: Snapshot[]): string[][] {
  const names = new Set(snapshots.map(({ name }) => name));
  const below = (parent: string | null) =>
    snapshots.filter((one) => (one.parent !== null && names.has(one.parent) ? one.parent : null) === parent);
  const walk = (parent: string | null, depth: number): string[][] =>
    below(parent).flatMap((snapshot) => [toRow(snapshot, depth), ...walk(snapshot.name, depth + 1)]);
  return walk(null, 0);
}

function toRow(snapshot: Snapshot, depth: number): string[] {
  const name = `${'  '.repeat(depth)}${snapshot.name}${snapshot.isCurrent ? ' (current)' : ''}`;
  return [name, formatTime(snapshot.createdAt), describeKind(snapshot), snapshot.state, snapshot.description];
}
