/**
 * The states of an operation and every legal transition, each with its reason. Nothing else changes a state: the
 * store's writer (`operations.ts`) refuses what is not in this table.
 */
export const OPERATION_STATES = [
  'received',
  'refused',
  'denied',
  'waiting',
  'rejected',
  'expired',
  'withdrawn',
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'unknown',
] as const;

export type OperationState = (typeof OPERATION_STATES)[number];

/** From a state to the states that may follow. */
export const TRANSITIONS = {
  received: ['refused', 'denied', 'waiting', 'queued'],
  waiting: ['rejected', 'expired', 'withdrawn', 'queued'],
  // Under the lock everything is judged again: the world may refuse, policy may deny, a changed plan waits anew.
  queued: ['running', 'waiting', 'refused', 'denied', 'cancelled'],
  running: ['succeeded', 'failed', 'cancelled', 'unknown'],
  // Left by a person's decision (adopt, retry: it runs on; mark done) or by new evidence (it runs on).
  unknown: ['running', 'succeeded'],
  refused: [],
  denied: [],
  rejected: [],
  expired: [],
  withdrawn: [],
  succeeded: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<OperationState, readonly OperationState[]>;

export function mayBecome(from: OperationState, to: OperationState): boolean {
  const following: readonly OperationState[] = TRANSITIONS[from];
  return following.includes(to);
}

/** Whether the operation has come to its end: nothing will happen any more. */
export function isOver(state: OperationState): boolean {
  return TRANSITIONS[state].length === 0;
}

/** A queued operation takes its locks before it is judged for the last time, and only then runs. */
export function mayHoldLocks(state: OperationState): boolean {
  return state === 'queued' || holdsLocks(state);
}

/** States in which an operation keeps others from its targets. An unclear outcome does so until it is settled. */
export function holdsLocks(state: OperationState): boolean {
  return state === 'running' || state === 'unknown';
}
