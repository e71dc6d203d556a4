/**
 * What a dry run (`check`, `diff`) would change, put together for a person: equal changes of several hosts once, and
 * just as plainly what it could not foresee. A task that check mode skips may do anything when it is run for real.
 */
import type { Malformed, PlayEvent, Said } from './events.ts';
import { printable } from './printable.ts';

const HOSTS_SHOWN = 5;

interface Group {
  task: string;
  /** The task's place in the play: hosts finish in any order, the text is always the same. */
  place: number;
  /** The file, or what the module names; '' where it names nothing. */
  path: string;
  /** A unified diff, or the reason. */
  text: string;
  hosts: Set<string>;
}

export interface Preview {
  changes: Map<string, Group>;
  /** Would change something, and does not say what. */
  unsaid: Map<string, Group>;
  /** Skipped because of check mode: nobody knows what they would do. */
  notForeseen: Map<string, Group>;
  /** Insist on running for real, in check mode too. */
  ranForReal: Map<string, Group>;
  failed: Map<string, Group>;
  /** `real`: runs although the play is in check mode. */
  tasks: Map<string, { place: number; real: boolean }>;
}

export function createPreview(): Preview {
  return {
    changes: new Map(),
    unsaid: new Map(),
    notForeseen: new Map(),
    ranForReal: new Map(),
    failed: new Map(),
    tasks: new Map(),
  };
}

/** Changes `preview`. For events of a play with `check` only. */
export function foldPreview(preview: Preview, event: PlayEvent | Malformed): void {
  if (event.kind === 'task') preview.tasks.set(event.taskId, { place: event.seq, real: !event.check });
  if (event.kind !== 'result' && event.kind !== 'item') return;
  if (preview.tasks.get(event.taskId)?.real) addReal(preview, event);
  else addForeseen(preview, event);
}

type OfHost = PlayEvent & { kind: 'result' | 'item' };

function addForeseen(preview: Preview, event: OfHost): void {
  if (event.status === 'changed') addChange(preview, event);
  if (event.status === 'skipped' && !isByCondition(event.result)) {
    join(preview, preview.notForeseen, event, '', event.result.msg ?? event.result.reason ?? 'skipped');
  }
  const failed = event.status === 'failed' || event.status === 'unreachable';
  if (failed && !event.ignored && event.kind === 'result')
    join(preview, preview.failed, event, '', event.result.msg ?? '');
}

function addReal(preview: Preview, event: OfHost): void {
  if (event.kind === 'result' && event.status !== 'skipped') join(preview, preview.ranForReal, event, '', '');
}

/** A loop reports each round and then the whole, which has no diff of its own. */
function addChange(preview: Preview, event: OfHost): void {
  const { diffs, diffsLeftOut, items } = event.result;
  for (const { path, text } of diffs) join(preview, preview.changes, event, path, text);
  if (diffsLeftOut > 0) join(preview, preview.unsaid, event, '', `${diffsLeftOut} more changes were too many to list`);
  else if (diffs.length === 0 && items === null)
    join(preview, preview.unsaid, event, '', event.result.censored ? 'hidden by no_log' : '');
}

/** `when` was false: it would be skipped for real too. A loop of skipped rounds has said why in each round. */
function isByCondition({ reason, msg, items }: Said): boolean {
  return reason?.startsWith('Conditional') === true || items !== null || msg === 'All items skipped';
}

function join({ tasks }: Preview, groups: Map<string, Group>, event: OfHost, path: string, text: string): void {
  const key = JSON.stringify([event.taskId, path, text]);
  const group = groups.get(key);
  if (group !== undefined) group.hosts.add(event.host);
  else
    groups.set(key, {
      task: event.task,
      place: tasks.get(event.taskId)?.place ?? event.seq,
      path,
      text,
      hosts: new Set([event.host]),
    });
}

/** Sections in the order in which they matter to whoever approves. */
export function previewText(preview: Preview): string {
  const sections = [
    section('Failed in the dry run', preview.failed),
    section('Ran for real already (check_mode: false)', preview.ranForReal),
    section('Would change', preview.changes),
    section('Would change, without saying what', preview.unsaid),
    section('Not foreseen: a dry run skips these, they may change anything', preview.notForeseen),
  ].filter((text) => text !== '');
  return sections.length === 0 ? 'Nothing would change.' : sections.join('\n\n');
}

function section(title: string, groups: Map<string, Group>): string {
  const inOrder = [...groups.values()].sort((a, b) => a.place - b.place || compare(a.path + a.text, b.path + b.text));
  return groups.size === 0 ? '' : [`${title}:`, ...inOrder.map(describe)].join('\n');
}

function describe({ task, path, text, hosts }: Group): string {
  const head = `- ${task}${path === '' ? '' : ` (${path})`} on ${nameHosts([...hosts].sort(compare))}`;
  return printable(text === '' ? head : `${head}\n${text.trimEnd().replace(/^/gm, '    ')}`);
}

function nameHosts(hosts: string[]): string {
  const shown = hosts.slice(0, HOSTS_SHOWN).join(', ');
  return hosts.length <= HOSTS_SHOWN ? shown : `${shown} and ${hosts.length - HOSTS_SHOWN} more`;
}

/** By code units: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
