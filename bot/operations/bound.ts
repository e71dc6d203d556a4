/** From an operation's record back to its action, and to the subject of its audit records. */
import type { Bound, Refusal } from '../../actions/action.ts';
import type { Registry } from '../../actions/registry.ts';
import type { Auids } from '../auids.ts';
import type { Subject } from '../record-entry.ts';
import type { Operation } from './operation.ts';

export function boundOf({ action, args, requester, receivedAt }: Operation, registry: Registry): Bound | Refusal {
  const found = registry.get(action);
  if (found === undefined) {
    return { kind: 'refused', reason: `this Drover has no action ${action}`, hint: 'ask again with vm help' };
  }
  return found.bind(args, { requester, now: receivedAt });
}

/** What the operation itself causes is recorded under the name of the person who asked for it. */
export async function subjectOf({ request, requester, place, address }: Operation, auids: Auids): Promise<Subject> {
  return { request, actor: await auids.actor(requester), account: requester, place, address };
}
