/** The first record of an operation: everything that is known when a line has been bound, and nothing decided. */
import { randomUUID } from 'node:crypto';
import type { Bound } from '../../actions/action.ts';
import type { Place } from '../chat/card.ts';
import type { Admitted } from '../inbox.ts';
import type { Operation } from './operation.ts';

export function newOperation(
  { request, inbound, at }: Admitted,
  asked: { requester: string; line: string; bound: Bound; place: Place },
): Operation {
  const { requester, line, bound, place } = asked;
  return {
    request,
    state: 'received',
    uuid: randomUUID(),
    requester,
    from: inbound.from,
    address: inbound.address,
    place,
    line,
    action: bound.action.name,
    args: bound.args,
    targets: bound.targets.map(({ vm }) => vm),
    receivedAt: at,
    demand: null,
    plan: null,
    facts: null,
    info: [],
    digest: '',
    digested: null,
    votes: [],
    expiresAt: null,
    cancel: null,
    steps: [],
    startedAt: null,
    endedAt: null,
    outcome: null,
    problem: null,
    notes: [],
  };
}
