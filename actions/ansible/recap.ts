/**
 * Adds up a play's events: how far it is, and how each host stands. Small however long the play is: one entry a host.
 * What it means at the end is in `verdict.ts`.
 */
import type { Malformed, PlayEvent, Said, TaskStatus, Totals } from './events.ts';

/** Of a problem, for one line of a table. */
const PROBLEM_CHARS = 300;

export type HostStatus = 'ok' | 'changed' | 'failed' | 'unreachable' | 'skipped' | 'rescued' | 'waiting';

export interface HostRecap {
  /** Counted from events while the play runs; Ansible's own from `stats` on, which alone knows of rescues. */
  totals: Totals;
  lastTask: { task: string; status: TaskStatus | 'running' } | null;
  /** What its last failure said, on one line; '' when nothing went wrong. */
  problem: string;
}

export interface Recap {
  /** Of the last event that was added. */
  seq: number;
  /** Lines that are missing or could not be read: then the counts are too low. */
  lost: number;
  /** Tasks that have begun, and that are known to come, those included: `n of m`. */
  done: number;
  of: number;
  /** Of plays and tasks that run now; '' before the first. */
  play: string;
  task: string;
  plays: number;
  playsWithoutHosts: number;
  hosts: Map<string, HostRecap>;
  /** null: the play has not come to its end. */
  stats: Record<string, Totals> | null;
}

export interface LastTask {
  host: string;
  task: string;
  status: TaskStatus | 'running';
}

export function createRecap(): Recap {
  return {
    seq: 0,
    lost: 0,
    done: 0,
    of: 0,
    play: '',
    task: '',
    plays: 0,
    playsWithoutHosts: 0,
    hosts: new Map(),
    stats: null,
  };
}

/** Changes `recap`. An event that was added before is left out, so it does not matter where a reader begins again. */
export function foldEvent(recap: Recap, event: PlayEvent | Malformed): void {
  if (event.kind === 'malformed') {
    // Its number is missing as well, which the next event shows; only the last line has no next.
    return;
  }
  if (event.seq <= recap.seq) return;
  recap.lost += event.seq - recap.seq - 1;
  recap.seq = event.seq;
  add(recap, event);
}

function add(recap: Recap, event: PlayEvent): void {
  switch (event.kind) {
    case 'start':
      recap.of = event.tasks;
      return;
    case 'play':
      beginPlay(recap, event);
      return;
    case 'nothing-matched':
      recap.playsWithoutHosts += 1;
      return;
    case 'nobody-left':
      return;
    case 'task':
      recap.task = event.task;
      recap.done += 1;
      recap.of = Math.max(recap.done, recap.of + (event.handler ? 1 : 0));
      return;
    case 'host-start':
      hostOf(recap, event.host).lastTask = { task: event.task, status: 'running' };
      return;
    case 'result':
      addResult(hostOf(recap, event.host), event);
      return;
    case 'item':
    case 'retry':
      return;
    case 'stats':
      recap.stats = event.hosts;
      for (const [host, totals] of Object.entries(event.hosts)) hostOf(recap, host).totals = totals;
      return;
  }
}

function beginPlay(recap: Recap, event: PlayEvent & { kind: 'play' }): void {
  recap.play = event.play;
  recap.plays += event.batch === 1 ? 1 : 0;
  recap.of += event.batch === 1 ? 0 : event.tasks;
  for (const host of event.hosts) hostOf(recap, host);
}

function hostOf(recap: Recap, name: string): HostRecap {
  const known = recap.hosts.get(name);
  if (known !== undefined) return known;
  const totals = { ok: 0, changed: 0, failures: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
  const host = { totals, lastTask: null, problem: '' };
  recap.hosts.set(name, host);
  return host;
}

function addResult(host: HostRecap, { task, status, ignored, result }: PlayEvent & { kind: 'result' }): void {
  host.lastTask = { task, status };
  const { totals } = host;
  totals.ok += status === 'ok' || status === 'changed' || (status === 'failed' && ignored) ? 1 : 0;
  totals.changed += status === 'changed' ? 1 : 0;
  totals.failures += status === 'failed' && !ignored ? 1 : 0;
  totals.unreachable += status === 'unreachable' && !ignored ? 1 : 0;
  totals.skipped += status === 'skipped' || (status === 'unreachable' && ignored) ? 1 : 0;
  totals.ignored += ignored ? 1 : 0;
  if ((status === 'failed' || status === 'unreachable') && !ignored) host.problem = problemOf(task, result);
}

/** The message; where a command says nothing but its exit code, its last line of error output. */
function problemOf(task: string, { msg, stderr, rc, censored }: Said): string {
  const lastLine = stderr?.trim().split('\n').at(-1) ?? '';
  const said = censored
    ? 'hidden by no_log'
    : [msg === 'non-zero return code' ? '' : msg, lastLine].find((text) => text);
  const words = `${task}: ${said ?? `exit code ${rc}`}`.replace(/\s+/g, ' ');
  return words.length > PROBLEM_CHARS ? `${words.slice(0, PROBLEM_CHARS)}…` : words;
}

/** The worst that happened to it; `waiting` before its first result. */
export function statusOf({ totals }: HostRecap): HostStatus {
  if (totals.unreachable > 0) return 'unreachable';
  if (totals.failures > 0) return 'failed';
  if (totals.rescued > 0) return 'rescued';
  if (totals.changed > 0) return 'changed';
  if (totals.ok > 0) return 'ok';
  return totals.skipped > 0 ? 'skipped' : 'waiting';
}

/** What each host did last: the evidence where nobody knows how the play ended. */
export function lastTasksOf(recap: Recap): LastTask[] {
  return [...recap.hosts].flatMap(([host, { lastTask }]) => (lastTask === null ? [] : [{ host, ...lastTask }]));
}
