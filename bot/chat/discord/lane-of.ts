/** Progress may wait; approvals, failures and results may not. */
import type { Card } from '../card.ts';
import type { Lane } from './lanes.ts';

export function laneOf(card: Card): Lane {
  return card.tone === 'running' ? 'progress' : 'urgent';
}
