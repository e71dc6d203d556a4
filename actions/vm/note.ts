/**
 * Writes a note on a VM. It is libvirt's own description, which virsh and virt-manager show, too.
 * Source: https://libvirt.org/formatdomain.html#general-metadata
 */
import { z } from 'zod';
import { VmName } from '../args.ts';
import { defineAction } from '../define.ts';
import { keepingPlan, keepStep, keptChange } from './keeping.ts';
import { describeDomain, known, oneTarget, refuseMissing } from './known.ts';

const MAX_NOTE = 300;
/** Line breaks and tabs, but nothing else that a terminal would follow. */
const Note = z
  .string()
  .max(MAX_NOTE)
  .refine((text) => !/[^\P{C}\n\t]/u.test(text), `a note is at most ${MAX_NOTE} printable characters`)
  .transform((text) => text.trim());

export const vmNote = defineAction({
  name: 'vm.note',
  summary: 'Write a note on a VM',
  risk: 'change',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    text: Note.describe('the note, in quotes; "" removes it'),
  }),
  positional: 'vm',
  examples: ['vm note web-01 --text "moves to rack 4 on Friday"'],
  facts: z.strictObject({ uuid: z.string(), was: z.string() }).nullable(),
  targets: oneTarget,
  observe: async ({ vm }, read) => {
    const domain = await read.domain(vm);
    const kept = domain === null ? null : await read.keeping(domain.uuid);
    if (domain === null || kept === null) return { facts: null, info: [] };
    return { facts: { uuid: domain.uuid, was: kept.note }, info: describeDomain(domain) };
  },
  plan: ({ vm, text }, facts) => {
    if (facts === null) return refuseMissing(vm);
    const { was } = facts;
    if (was === text) return { kind: 'refused', reason: `the note on ${vm} says that already`, hint: null };
    const undo =
      was.length > MAX_NOTE ? null : { action: 'vm.note', args: { vm, text: was }, holds: `until it changes` };
    const effect = text === '' ? `Remove the note on ${vm}` : `${was === '' ? 'Write' : 'Replace'} the note on ${vm}`;
    return keepingPlan([effect], keptChange(vm, 'note', was, text), undo);
  },
  execute: async ({ vm, text }, ctx) => {
    const { host } = ctx;
    const { uuid, was } = known(ctx.facts);
    await ctx.step(
      keepStep(host, {
        ...{ title: `writing the note on ${vm}`, op: 'set-description', vm, uuid, was, will: text },
        now: async () => (await host.keeping(uuid))?.note ?? '',
        write: () => host.setNote(uuid, text),
      }),
    );
    return { summary: text === '' ? `${vm} has no note` : `${vm} has a note: ${text}`, blocks: [] };
  },
});
