/** Shows the end of what a VM printed on its serial console, or the lines of it that have a word. */
import { z } from 'zod';
import type { Outcome } from '../action.ts';
import { VmName, whole } from '../args.ts';
import { defineAction } from '../define.ts';
import { OpsError } from '../errors.ts';
import { known, oneTarget } from './known.ts';
import { LookFacts, observeLook, planLook } from './look.ts';
import { cleanLines } from './serial-text.ts';

/** A boot prints about 64 KiB; a search looks further back. */
const TAIL_BYTES = 65_536;
const SEARCH_BYTES = 1_048_576;

export const vmSerial = defineAction({
  name: 'vm.serial',
  summary: "Show the end of a VM's serial console",
  risk: 'read',
  args: z.strictObject({
    vm: VmName.describe('the VM'),
    lines: whole({ min: 1, max: 200 }).default(30).describe('how many lines, 1 to 200'),
    search: z.string().min(1).max(100).nullable().default(null).describe('only lines that have this, capitals or not'),
  }),
  positional: 'vm',
  examples: ['vm serial web-01', 'vm serial web-01 --search error --lines 50'],
  facts: LookFacts,
  targets: oneTarget,
  observe: observeLook,
  plan: ({ vm }, facts) => planLook(vm, facts, `Show what ${vm} printed on its serial console`),
  execute: async ({ vm, lines, search }, ctx): Promise<Outcome> => {
    known(ctx.facts);
    const domain = await ctx.host.domain(vm);
    if (domain === null) throw new OpsError('not-found', `looking at ${vm}: it is gone`);
    if (domain.serialLog === null) return { summary: `${vm} keeps no log of its serial console`, blocks: [] };
    const text = await ctx.host.serialTail(domain, search === null ? TAIL_BYTES : SEARCH_BYTES);
    const found = cleanLines(text).filter(
      (line) => search === null || line.toLowerCase().includes(search.toLowerCase()),
    );
    if (found.length === 0)
      return {
        summary: search === null ? `${vm} has printed nothing` : `${vm} has printed nothing with "${search}"`,
        blocks: [],
      };
    const shown = found.slice(-lines);
    const which = search === null ? 'last lines' : `lines with "${search}"`;
    const summary = `the ${which} of ${vm}${shown.length < found.length ? `, the last ${shown.length} of ${found.length}` : ''}`;
    return { summary, blocks: [{ kind: 'code', text: shown.join('\n') }] };
  },
});
