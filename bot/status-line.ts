/** The one line that says where a request stands: who asked, who agreed, what it waits for, what became of it. */
import type { Demand, Operation } from './operations/operation.ts';
import type { OperationState } from './operations/states.ts';

/** What the record does not hold: who could still approve, and what stands before it in the queue. */
export interface ThreadContext {
  missing: string[];
  ahead: { request: number; line: string; requester: string; state: OperationState } | null;
}

export function statusLine(operation: Operation, context: ThreadContext): string {
  const { state, requester, demand, problem, cancel } = operation;
  const asked = `Asked by ${requester}.`;
  const approved = approvals(operation);
  switch (state) {
    case 'received':
      return `Looking at what ${requester} asks for.`;
    case 'waiting':
      return sentences(
        asked,
        approved,
        waitsFor(context),
        expiry(operation),
        demand === null ? '' : demandLine(demand),
      );
    case 'queued':
      return sentences(asked, approved, queueLine(context));
    case 'running':
      return sentences(asked, approved, cancel === null ? 'Running.' : `${cancel.by} asked to cancel: ${STOPPING}`);
    case 'rejected':
      return sentences(asked, rejection(operation) ?? CLOSING[state]);
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'unknown':
      return sentences(CLOSING[state], asked, approved);
    case 'refused':
    case 'denied':
    case 'expired':
    case 'withdrawn':
      return sentences(asked, problem?.message ?? CLOSING[state]);
  }
}

const STOPPING = 'it stops at the next safe point.';

function sentences(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function approvals({ votes, digest }: Operation): string {
  const by = votes.filter(({ vote, digest: on }) => vote === 'approve' && on === digest).map(({ person }) => person);
  return by.length === 0 ? '' : `Approved by ${by.join(', ')}.`;
}

export function rejection({ votes }: Operation): string | null {
  const no = votes.findLast(({ vote }) => vote === 'reject');
  return no === undefined ? null : `rejected by ${no.person}: ${no.reason}`;
}

function waitsFor({ missing }: ThreadContext): string {
  return missing.length === 0 ? '' : `Waits for ${missing.join('; or ')}.`;
}

/** To the minute, in UTC: the record knows no reader's zone. */
function expiry({ expiresAt }: Operation): string {
  if (expiresAt === null) return '';
  return `Expires ${new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
}

function queueLine({ ahead }: ThreadContext): string {
  if (ahead === null) return 'About to begin.';
  return `Waits for #${ahead.request} (${ahead.line}, asked by ${ahead.requester}, ${ahead.state}).`;
}

export function demandLine(demand: Demand): string {
  const where = demand.rules.map(({ name, file, line }) => `${name} (${file}:${line})`).join(', ');
  return demand.kind === 'allow' ? `Rule ${where} allows it.` : `Rule ${where} asks for approval.`;
}

export const CLOSING = {
  received: 'Received.',
  refused: 'Refused.',
  denied: 'Denied.',
  waiting: 'Waiting.',
  rejected: 'Rejected.',
  expired: 'Expired: nobody decided in time. Ask again.',
  withdrawn: 'Withdrawn by the requester.',
  queued: 'Queued.',
  running: 'Running.',
  succeeded: 'Done.',
  failed: 'Failed.',
  cancelled: 'Cancelled.',
  unknown: 'Outcome unknown: nobody can tell from here whether the last step happened.',
} as const satisfies Record<OperationState, string>;
