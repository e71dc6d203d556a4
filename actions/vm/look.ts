/** What the actions share that look inside one VM: facts that hold for any VM, and a plan that changes nothing. */
import { z } from 'zod';
import type { Block, Observed, Plan, Refusal } from '../action.ts';
import type { HostReader } from '../host.ts';
import { NO_COST, refuseMissing } from './known.ts';

export const LookFacts = z.strictObject({ uuid: z.string() }).nullable();
export type LookFacts = z.infer<typeof LookFacts>;

export async function observeLook({ vm }: { vm: string }, read: HostReader): Promise<Observed<LookFacts>> {
  const domain = await read.domain(vm);
  return { facts: domain === null ? null : { uuid: domain.uuid }, info: [] };
}

export function planLook(vm: string, facts: LookFacts, effect: string): Plan | Refusal {
  if (facts === null) return refuseMissing(vm);
  return { kind: 'plan', effects: [effect], changes: [], lost: [], cost: NO_COST, undo: null };
}

/** Nothing where there is no row. */
export function tableOf(columns: string[], rows: string[][]): Block[] {
  return rows.length === 0 ? [] : [{ kind: 'table', columns, rows }];
}
