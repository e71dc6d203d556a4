/** The table of states against the map in the design: what leads where, and that nothing else does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  holdsLocks,
  isOver,
  mayBecome,
  mayHoldLocks,
  OPERATION_STATES,
  type OperationState,
} from '../../../bot/operations/states.ts';

/** Written down a second time, by hand, so that a slip in the table shows. */
const LEGAL = new Set([
  'received refused',
  'received denied',
  'received waiting',
  'received queued',
  'waiting rejected',
  'waiting expired',
  'waiting withdrawn',
  'waiting queued',
  'queued running',
  'queued waiting',
  'queued refused',
  'queued denied',
  'queued cancelled',
  'running succeeded',
  'running failed',
  'running cancelled',
  'running unknown',
  'unknown running',
  'unknown succeeded',
]);
const ENDS = ['refused', 'denied', 'rejected', 'expired', 'withdrawn', 'succeeded', 'failed', 'cancelled'];

for (const from of OPERATION_STATES) {
  for (const to of OPERATION_STATES) {
    const legal = LEGAL.has(`${from} ${to}`);
    test(`${from} ${legal ? 'may' : 'may not'} become ${to}`, () => assert.equal(mayBecome(from, to), legal));
  }
}

test('every state can be reached from the first', () => {
  const reached = new Set<OperationState>(['received']);
  for (const state of reached) for (const to of OPERATION_STATES) if (mayBecome(state, to)) reached.add(to);
  assert.deepEqual([...reached].sort(), [...OPERATION_STATES].sort());
});

test('every state that is no end leads to one', () => {
  for (const state of OPERATION_STATES) {
    const ahead = new Set<OperationState>([state]);
    for (const at of ahead) for (const to of OPERATION_STATES) if (mayBecome(at, to)) ahead.add(to);
    assert.ok([...ahead].some(isOver), `${state} never ends`);
  }
});

test('the ends are ends', () => {
  assert.deepEqual(OPERATION_STATES.filter(isOver).sort(), [...ENDS].sort());
});

test('no end holds locks, and an unclear outcome does', () => {
  assert.deepEqual(OPERATION_STATES.filter(holdsLocks), ['running', 'unknown']);
  assert.deepEqual(OPERATION_STATES.filter(mayHoldLocks), ['queued', 'running', 'unknown']);
});

test('a failure, a success or a cancel is never taken back', () => {
  for (const end of OPERATION_STATES.filter(isOver))
    for (const to of OPERATION_STATES) assert.equal(mayBecome(end, to), false);
});
