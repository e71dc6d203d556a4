/**
 * How long each VM was on, by whom it was started and what was changed: what `auvirt --all-events` showed until audit 4.0
 * dropped it.
 */
import { fieldOf, type ParsedRecord } from './parse.ts';
import type { ReportOptions } from './report.ts';
import { searchLog } from './search.ts';

export type VirtEvent =
  | {
      /** From a start to the stop after it, as far as this log knows: a stop from outside has no record here. */
      kind: 'session';
      vm: string;
      uuid: string;
      /** Who started it. */
      person: string;
      startMs: number;
      /** null: no stop on record. */
      endMs: number | null;
      /** libvirt's reason of the stop: `shutdown`, `destroyed` …; '' without one. */
      reason: string;
    }
  | {
      /** Everything else: failed starts, suspend, reboot, changed resources, made and removed VMs. */
      kind: 'event';
      vm: string;
      uuid: string;
      person: string;
      timeMs: number;
      type: string;
      /** `start`, `suspend` …, for resources what was changed: `mem`. */
      what: string;
      reason: string;
      result: 'success' | 'failed';
    };

type Session = Extract<VirtEvent, { kind: 'session' }>;

/** In the order of their beginning. */
export async function reportVirt(options: ReportOptions & { vm?: string | undefined }): Promise<VirtEvent[]> {
  const events: VirtEvent[] = [];
  const open = new Map<string, Session>();
  for await (const record of searchLog(options)) {
    if (record.type.startsWith('VIRT_')) addRecord(events, open, record);
  }
  return events;
}

function addRecord(events: VirtEvent[], open: Map<string, Session>, record: ParsedRecord): void {
  const { vm, uuid, reason, what } = describe(record);
  const lifecycle = record.type === 'VIRT_CONTROL' && record.result === 'success' ? what : '';
  const session = open.get(uuid);
  if (lifecycle === 'start') {
    const { actor: person, timeMs: startMs } = record;
    const begun: Session = { kind: 'session', vm, uuid, person, startMs, endMs: null, reason: '' };
    open.set(uuid, begun);
    events.push(begun);
  } else if (lifecycle === 'stop' && session !== undefined) {
    session.endMs = record.timeMs;
    session.reason = reason;
    open.delete(uuid);
  } else {
    const { actor: person, timeMs, type, result } = record;
    events.push({ kind: 'event', vm, uuid, person, timeMs, type, what, reason, result });
  }
}

function describe(record: ParsedRecord): { vm: string; uuid: string; reason: string; what: string } {
  return {
    vm: fieldOf(record, 'vm') ?? '',
    uuid: fieldOf(record, 'uuid') ?? '',
    reason: fieldOf(record, 'reason') ?? '',
    what: fieldOf(record, 'op') ?? fieldOf(record, 'resrc') ?? '',
  };
}
