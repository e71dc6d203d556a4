/** Why a vote does not count, judged at the click from the record and the groups of this moment. Pure. */
import type { PolicyPerson } from '../policies/decision.ts';
import type { Inbound } from './chat/card.ts';
import type { Operation, Vote } from './operations/operation.ts';

export interface Cast {
  press: Inbound & { kind: 'press' };
  person: PolicyPerson;
  choice: Vote['vote'];
}

export interface Standing {
  /** Who may vote at this moment. */
  voters: string[];
  /** Whether the votes that are there would do at this moment. */
  met: boolean;
  /** ms since the epoch. */
  now: number;
}

export interface Objection {
  /** For the audit log. */
  code: string;
  reason: string;
  hint: string | null;
}

/** null: the vote counts. */
export function whyNoVote(
  operation: Operation,
  { press, person, choice }: Cast,
  { voters, met, now }: Standing,
): Objection | null {
  const { request, state, requester, digest, votes, expiresAt } = operation;
  if (state !== 'waiting') return { code: 'not-waiting', reason: `#${request} is ${state} already`, hint: null };
  if (expiresAt !== null && expiresAt <= now) {
    return { code: 'expired', reason: `#${request} has expired`, hint: 'ask again' };
  }
  if (press.digest !== digest) {
    return {
      code: 'stale-plan',
      reason: `the plan of #${request} has changed since that card`,
      hint: 'look at the newest card',
    };
  }
  if (person.name === requester) {
    const hint = 'somebody else must decide; you can withdraw it';
    return { code: 'self-approval', reason: `you asked for #${request} yourself`, hint };
  }
  if (!voters.includes(person.name)) {
    return {
      code: 'not-an-approver',
      reason: `you are not among those who decide #${request}`,
      hint: voters.length > 0 ? `they are ${voters.join(', ')}` : null,
    };
  }
  if (choice === 'reject' && press.input.trim() === '') {
    return { code: 'no-reason', reason: 'a rejection needs a reason', hint: null };
  }
  const before = votes.find((old) => old.person === person.name && old.digest === digest);
  // Enough votes and still waiting: somebody who had left a group is back. A click, not the return, starts it.
  if (before?.vote === choice && !met)
    return { code: 'twice', reason: `you said so already for #${request}`, hint: null };
  return null;
}
