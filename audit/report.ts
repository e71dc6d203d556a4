/** What happened in a stretch of time, counted by person, VM and action. */
import { fieldOf, type ParsedRecord } from './parse.ts';
import { type Malformed, searchLog } from './search.ts';

export interface ReportOptions {
  directory: string;
  /** ms since the epoch, this moment included. */
  since?: number | undefined;
  /** ms since the epoch, this moment not included. */
  until?: number | undefined;
}

export interface Tally {
  name: string;
  records: number;
  failed: number;
  /** Different requests among them. */
  requests: number;
}

export interface Summary {
  records: number;
  failed: number;
  /** ms since the epoch; null: no records. */
  firstMs: number | null;
  lastMs: number | null;
  /** Most records first, as are the others. */
  persons: Tally[];
  vms: Tally[];
  /** By `op` (`start`, `policy`, `exec` …), for resources by what was changed. */
  actions: Tally[];
  /** The newest failed records, oldest first. */
  failures: ParsedRecord[];
  malformed: Malformed[];
}

const MAX_FAILURES = 100;
const MAX_MALFORMED = 100;

export async function summarizeLog(options: ReportOptions): Promise<Summary> {
  const persons = createCount();
  const vms = createCount();
  const actions = createCount();
  const malformed: Malformed[] = [];
  const failures: ParsedRecord[] = [];
  const summary = { records: 0, failed: 0 };
  const times: { firstMs: number | null; lastMs: number | null } = { firstMs: null, lastMs: null };
  const onMalformed = (line: Malformed) => {
    if (malformed.length < MAX_MALFORMED) malformed.push(line);
  };
  for await (const record of searchLog({ ...options, onMalformed })) {
    summary.records += 1;
    times.firstMs ??= record.timeMs;
    times.lastMs = record.timeMs;
    if (record.actor !== 'unset') persons.add(record.actor, record);
    vms.add(fieldOf(record, 'vm'), record);
    actions.add(fieldOf(record, 'op') ?? fieldOf(record, 'resrc'), record);
    if (record.result === 'success') continue;
    summary.failed += 1;
    failures.push(record);
    if (failures.length > MAX_FAILURES) failures.shift();
  }
  const tallies = { persons: persons.tallies(), vms: vms.tallies(), actions: actions.tallies() };
  return { ...summary, ...times, ...tallies, failures, malformed };
}

function createCount() {
  const entries = new Map<string, { records: number; failed: number; requests: Set<number> }>();
  return {
    add: (name: string | null, { result, request }: ParsedRecord) => {
      if (name === null || name === '') return;
      const entry = entries.get(name) ?? { records: 0, failed: 0, requests: new Set<number>() };
      entry.records += 1;
      if (result === 'failed') entry.failed += 1;
      if (request !== null) entry.requests.add(request);
      entries.set(name, entry);
    },
    tallies: (): Tally[] =>
      [...entries]
        .map(([name, { records, failed, requests }]) => ({ name, records, failed, requests: requests.size }))
        .sort((a, b) => b.records - a.records || (a.name < b.name ? -1 : 1)),
  };
}
