/** A few actions whose arguments look like the real ones; the grammar reads nothing but their schemas. */
import { z } from 'zod';
import type { Action } from '../../../actions/action.ts';

const Text = z.string().max(512);
const Pairs = z
  .union([Text, z.array(Text), z.record(z.string(), Text)])
  .transform((raw) => (typeof raw === 'string' ? [raw] : raw));
const Seconds = z.union([Text, z.number()]).transform(Number);

function fixture(given: Pick<Action, 'name' | 'risk' | 'args' | 'positional' | 'examples'>): Action {
  return {
    ...given,
    summary: `Does ${given.name}`,
    bind: () => ({ kind: 'refused', reason: 'a fixture', hint: null }),
  };
}

export const actions: readonly Action[] = [
  fixture({
    name: 'vm.list',
    risk: 'read',
    args: z.strictObject({ selector: Pairs.default([]).describe('which ones') }),
    positional: 'selector',
    examples: ['vm list', 'vm list owner=team-a env=dev'],
  }),
  fixture({
    name: 'vm.show',
    risk: 'read',
    args: z.strictObject({ vm: Text.describe('the VM') }),
    positional: 'vm',
    examples: ['vm show web-01'],
  }),
  fixture({
    name: 'vm.create',
    risk: 'change',
    args: z.strictObject({
      name: Text.describe('its name'),
      image: Text.describe('what it boots'),
      vcpus: z.coerce.number().int().min(1).max(64).default(1).describe('processors'),
      memory: Text.default('1GiB'),
      disk: Text.default('10GiB'),
      owner: Text.optional(),
      ttl: Text.nullable().default(null),
      start: z.boolean().default(true).describe('start it at once'),
      tags: Pairs.default([]).describe('marks'),
    }),
    positional: 'name',
    examples: ['vm create web-01 --image debian-12', 'vm create web-01 --image debian-12 --tag env=dev'],
  }),
  fixture({
    name: 'vm.stop',
    risk: 'disruptive',
    args: z.strictObject({
      vm: Text.describe('the VM'),
      graceSeconds: Seconds.pipe(z.number().min(5).max(900)).default(120).describe('how long the guest may take'),
      force: z.boolean().default(false).describe('pull the plug after that'),
    }),
    positional: 'vm',
    examples: ['vm stop web-01'],
  }),
  fixture({
    name: 'vm.delete',
    risk: 'destructive',
    args: z.strictObject({ vm: Text.describe('the VM'), disks: z.enum(['keep', 'delete']).default('keep') }),
    positional: 'vm',
    examples: ['vm delete web-01 --disks keep'],
  }),
  fixture({
    name: 'vm.doctor',
    risk: 'read',
    args: z.strictObject({}),
    positional: null,
    examples: ['vm doctor'],
  }),
];

export const vmNames = ['web-01', 'db-main', 'кеш-1', '数据库-1', 'Straße'];

export function action(name: string): Action {
  const found = actions.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no fixture ${name}`);
  return found;
}
