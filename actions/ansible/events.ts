/**
 * What a play says while it runs, as `callback/drover_events.py` writes it: one JSON object a line. Reading is total:
 * a line that cannot be understood becomes a `malformed` event, whatever is in it, and nothing is thrown.
 */
import { z } from 'zod';

/** Bytes of a line. The callback keeps results below 64 KiB; the totals of 10,000 hosts take about 1 MiB. */
export const LINE_MAX_BYTES = 1024 * 1024;

const count = z.int().nonnegative();
const text = z.string().nullable();
const common = {
  v: z.literal(1),
  /** 1, 2, 3 … without a hole: a hole is a line that was lost. */
  seq: z.int().positive(),
  /** ms since the epoch, by the clock of the machine that runs Ansible. */
  at: z.number(),
};
const host = z.string().max(255);
const task = { task: z.string(), taskId: z.string() };

/** What came back from one host. Texts are clipped, secrets are hidden, control characters are as they came. */
const said = z.object({
  msg: text,
  rc: z.int().nullable(),
  stdout: text,
  stderr: text,
  /** Why it was skipped, in Ansible's words. */
  reason: text,
  /** `no_log`: there was more, and it is nobody's business. */
  censored: z.boolean(),
  warnings: z.array(z.string()),
  /** Rounds of a loop; null: no loop. */
  items: count.nullable(),
  attempts: count.nullable(),
  retries: count.nullable(),
  /** Unified diffs without file headers. `path` is as the module names it, '' where it does not. */
  diffs: z.array(z.object({ path: z.string(), text: z.string() })),
  diffsLeftOut: count,
});
export type Said = z.output<typeof said>;

const status = z.enum(['ok', 'changed', 'failed', 'unreachable', 'skipped']);
export type TaskStatus = z.output<typeof status>;

const result = { host, ...task, status, ignored: z.boolean(), result: said };

/** Ansible's totals of one host. `ok` counts `changed` too; a rescued failure is not among the `failures`. */
const totals = z.object({
  ok: count,
  changed: count,
  failures: count,
  unreachable: count,
  skipped: count,
  rescued: count,
  ignored: count,
});
export type Totals = z.output<typeof totals>;

export const PlayEvent = z.discriminatedUnion('kind', [
  /** `tasks`: known so far, of all plays; includes and handlers come on top. */
  z.object({
    kind: z.literal('start'),
    ...common,
    playbook: z.string(),
    tasks: count,
    pid: count,
    ansible: z.string(),
  }),
  /** `batch`: 2 and more for the next hosts of a play with `serial`. `hosts` holds the first 1,000 names. */
  z.object({
    kind: z.literal('play'),
    ...common,
    play: z.string(),
    playId: z.string(),
    hosts: z.array(host),
    hostCount: count,
    tasks: count,
    batch: count,
  }),
  z.object({ kind: z.literal('nothing-matched'), ...common }),
  z.object({ kind: z.literal('nobody-left'), ...common }),
  /** `check`: whether it only tells what it would do; a task may insist on running for real in check mode. */
  z.object({
    kind: z.literal('task'),
    ...common,
    ...task,
    action: z.string(),
    path: z.string(),
    handler: z.boolean(),
    check: z.boolean(),
  }),
  z.object({ kind: z.literal('host-start'), ...common, host, ...task }),
  z.object({ kind: z.literal('result'), ...common, ...result }),
  /** One round of a loop; the result of the whole loop follows. */
  z.object({ kind: z.literal('item'), ...common, ...result, item: z.string() }),
  z.object({ kind: z.literal('retry'), ...common, ...result }),
  /** The last event. Without it nobody knows how the play ended. */
  z.object({ kind: z.literal('stats'), ...common, hosts: z.record(host, totals) }),
]);
export type PlayEvent = z.output<typeof PlayEvent>;

/** Says nothing of the line's content: it was not written by us, and may hold anything. */
export interface Malformed {
  kind: 'malformed';
  reason: string;
  bytes: number;
}

export function parseEventLine(line: Uint8Array): PlayEvent | Malformed {
  if (line.length > LINE_MAX_BYTES) return malformed(line.length, `longer than ${LINE_MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8'));
  } catch {
    return malformed(line.length, 'not JSON');
  }
  const event = PlayEvent.safeParse(value);
  if (event.success) return event.data;
  const issue = event.error.issues[0];
  return malformed(
    line.length,
    `not an event: ${issue?.code ?? ''} at ${issue?.path.join('.').slice(0, 100) || 'its top'}`,
  );
}

export function malformed(bytes: number, reason: string): Malformed {
  return { kind: 'malformed', reason, bytes };
}
