/** Lists VMs that fit a selector. Shows only those that the person may see, and does not say how many others there are. */
import { z } from 'zod';
import type { Block } from '../action.ts';
import { Selector } from '../args.ts';
import { defineAction } from '../define.ts';
import type { Domain } from '../host.ts';
import { formatMiB } from '../units.ts';
import { NO_COST } from './known.ts';
import { describeLease } from './lease.ts';
import { settle } from './states.ts';

export const vmList = defineAction({
  name: 'vm.list',
  summary: 'List VMs',
  risk: 'read',
  args: z.strictObject({
    select: Selector.default({}).describe('which ones: owner=, state=, name= or a tag such as env=dev; all must fit'),
  }),
  positional: 'select',
  examples: ['vm list', 'vm list owner=team-a env=dev state=running'],
  facts: z.null(),
  targets: () => [],
  observe: async () => ({ facts: null, info: [] }),
  plan: ({ select }) => ({
    kind: 'plan',
    effects: [`List the VMs that you may see${describeSelector(select)}`],
    changes: [],
    lost: [],
    cost: NO_COST,
    undo: null,
  }),
  execute: async ({ select }, ctx) => {
    const domains = (await ctx.host.domains())
      .filter((domain) => ctx.maySee(domain.name) && fits(domain, select))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (domains.length === 0) return { summary: `no VM that you may see${describeSelector(select)}`, blocks: [] };
    const count = domains.length === 1 ? '1 VM' : `${domains.length} VMs`;
    return { summary: `${count}${describeSelector(select)}`, blocks: [toTable(domains, ctx.startedAt)] };
  },
});

function describeSelector(select: Record<string, string>): string {
  const pairs = Object.entries(select).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '' : ` with ${pairs.join(' ')}`;
}

function fits(domain: Domain, select: Record<string, string>): boolean {
  return Object.entries(select).every(([key, value]) => fact(domain, key) === value);
}

function fact(domain: Domain, key: string): string | null {
  if (key === 'owner') return domain.metadata.owner;
  if (key === 'name') return domain.name;
  if (key === 'state') return settle(domain.state);
  return Object.hasOwn(domain.metadata.tags, key) ? (domain.metadata.tags[key] ?? null) : null;
}

function toTable(domains: Domain[], now: number): Block {
  const rows = domains.map((domain) => [
    domain.name,
    domain.state,
    String(domain.vcpus),
    formatMiB(domain.memoryMiB),
    domain.metadata.owner,
    fact(domain, 'env') ?? '',
    domain.metadata.expires === null ? '' : describeLease(domain.metadata.expires, now),
  ]);
  return { kind: 'table', columns: ['name', 'state', 'vCPU', 'memory', 'owner', 'env', 'lease'], rows };
}
