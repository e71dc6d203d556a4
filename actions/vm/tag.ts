/**
 * Sets and removes tags of a VM; those that are not named stay. Policies judge by tags, by `env` above all, so a change
 * of that one is a policy's own matter.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { Tags, VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { keepingPlan, keptChange, metadataStep, observeMetadata } from './keeping.ts';
import { known, oneTarget, refuseMissing } from './known.ts';

/** As many as a selector can ask for. */
const MAX_TAGS = 16;

interface TagArgs {
  vm: string;
  tags: Record<string, string>;
  remove: string[];
}

export const vmTag = defineAction({
  name: 'vm.tag',
  summary: 'Set and remove tags of a VM',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    tags: Tags.default({}).describe('tags to set, such as env=dev'),
    remove: z.array(z.string().max(63)).max(MAX_TAGS).default([]).describe('keys of tags to remove'),
  }),
  positional: 'vm',
  examples: ['vm tag web-01 --tag tier=web', 'vm tag web-01 --tag env=dev --remove tier'],
  facts: z.strictObject({ uuid: z.string(), was: z.record(z.string(), z.string()) }).nullable(),
  targets: oneTarget,
  observe: ({ vm }, read) => observeMetadata(vm, 'tags', read),
  plan: (args, facts) => {
    const { vm } = args;
    if (facts === null) return refuseMissing(vm);
    const { was } = facts;
    const strange = args.remove.find((key) => !Object.hasOwn(was, key));
    if (strange !== undefined) return { kind: 'refused', reason: `${vm} has no tag ${strange}`, hint: null };
    const will = retag(args, was);
    if (isDeepStrictEqual(will, was))
      return { kind: 'refused', reason: `nothing would change on ${vm}`, hint: `vm tag ${vm} --tag env=dev` };
    if (Object.keys(will).length > MAX_TAGS)
      return {
        kind: 'refused',
        reason: `${vm} would have more than ${MAX_TAGS} tags`,
        hint: '--remove one that nobody needs',
      };
    return keepingPlan(describe(args, was), keptChange(vm, 'tags', was, will), undo(vm, was, will));
  },
  execute: async (args, ctx) => {
    const { vm } = args;
    const { uuid, was } = known(ctx.facts);
    const will = retag(args, was);
    await ctx.step(metadataStep(ctx.host, 'tags', { title: `writing the tags of ${vm}`, vm, uuid, was, will }));
    const said = Object.entries(will).map(([key, value]) => `${key}=${value}`);
    return { summary: `${vm} has ${said.length === 0 ? 'no tags' : said.join(' ')}`, blocks: [] };
  },
});

/** Keys sorted: what is written must read back equal, and people find them again. */
function retag({ tags, remove }: TagArgs, was: Record<string, string>): Record<string, string> {
  const kept = Object.entries(was).filter(([key]) => !remove.includes(key) && !Object.hasOwn(tags, key));
  return Object.fromEntries([...kept, ...Object.entries(tags)].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describe({ vm, tags, remove }: TagArgs, was: Record<string, string>): string[] {
  return [
    ...Object.entries(tags).map(([key, value]) =>
      Object.hasOwn(was, key)
        ? `Change the tag ${key} of ${vm} from ${was[key]} to ${value}`
        : `Set ${key}=${value} on ${vm}`,
    ),
    ...remove.map((key) => `Remove the tag ${key} of ${vm}`),
  ];
}

function undo(vm: string, was: Record<string, string>, will: Record<string, string>) {
  const back = Object.fromEntries(Object.entries(was).filter(([key, value]) => will[key] !== value));
  const added = Object.keys(will).filter((key) => !Object.hasOwn(was, key));
  return { action: 'vm.tag', args: { vm, tags: back, remove: added }, holds: `until these tags change again` };
}
