/**
 * libvirt's numbers as words. Rows are numbers in order; a number that is not listed is newer than this table.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html, enums virDomainState, virDomain*Reason,
 * virDomainEventType, virDomainEvent*DetailType.
 */
import { OpsError } from '../errors.ts';
import type { DomainState } from '../host.ts';

interface StateWords {
  state: DomainState;
  reasons: readonly string[];
}

const states = [
  null, // virDomainState 0, nostate: no driver that Drover can use reports it
  {
    state: 'running',
    reasons: [
      'unknown',
      'booted',
      'migrated',
      'restored',
      'from-snapshot',
      'unpaused',
      'migration-canceled',
      'save-canceled',
      'wakeup',
      'crashed',
      'postcopy',
      'postcopy-failed',
    ],
  },
  { state: 'blocked', reasons: ['unknown'] },
  {
    state: 'paused',
    reasons: [
      'unknown',
      'user',
      'migration',
      'save',
      'dump',
      'io-error',
      'watchdog',
      'from-snapshot',
      'shutting-down',
      'snapshot',
      'crashed',
      'starting-up',
      'postcopy',
      'postcopy-failed',
    ],
  },
  { state: 'shutdown', reasons: ['unknown', 'user'] },
  {
    state: 'shutoff',
    reasons: ['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot', 'daemon'],
  },
  { state: 'crashed', reasons: ['unknown', 'panicked'] },
  { state: 'pmsuspended', reasons: ['unknown'] },
] satisfies (StateWords | null)[];

const events = [
  { event: 'defined', details: ['added', 'updated', 'renamed', 'from-snapshot'] },
  { event: 'undefined', details: ['removed', 'renamed'] },
  { event: 'started', details: ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup'] },
  {
    event: 'suspended',
    details: [
      'paused',
      'migrated',
      'io-error',
      'watchdog',
      'restored',
      'from-snapshot',
      'api-error',
      'postcopy',
      'postcopy-failed',
    ],
  },
  { event: 'resumed', details: ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed'] },
  { event: 'stopped', details: ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot'] },
  { event: 'shutdown', details: ['finished', 'guest', 'host'] },
  { event: 'pmsuspended', details: ['memory', 'disk'] },
  { event: 'crashed', details: ['panicked', 'crashloaded'] },
] as const;

/** Throws `OpsError` 'bad-answer' on a state that is newer than this table: a guess could cost a guest. */
export function stateWords(state: number, reason: number): { state: DomainState; reason: string } {
  const row: StateWords | null | undefined = states[state];
  if (!row)
    throw new OpsError('bad-answer', `reading a domain's state: ${state} is not known; is Drover older than libvirt?`);
  return { state: row.state, reason: row.reasons[reason] ?? 'unknown' };
}

export function eventWords(event: number, detail: number): { event: string; detail: string } {
  const row = events[event];
  return { event: row?.event ?? `event-${event}`, detail: row?.details[detail] ?? `detail-${detail}` };
}
