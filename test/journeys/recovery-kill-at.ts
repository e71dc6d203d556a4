/**
 * Preloaded into a Drover under test (`--import recovery-kill-at.ts?after=…`): the process gets kill -9 from itself at
 * a moment named by what it has just made durable, or sent, or is about to. The product knows nothing of it: what is
 * wrapped is Node's own writing to files, to SQLite and to sockets.
 *
 * Moments, as a regular expression finds them:
 *   `intent <command>` `result of <command>` `audit <op>`   a line of the audit log; before: not written, after: synced
 *   `state <vm> <state>` `step <title> <status>` `put <key> <vm>`   a commit of the store
 *   `call <command>`   the effect's call to libvirt has left for the daemon
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import { fieldOf, parseLine } from '../../audit/parse.ts';

const params = new URL(import.meta.url).searchParams;
const before = params.get('before');
const after = params.get('after');

function happening(phase: 'before' | 'after', labels: string[]): void {
  const wanted = phase === 'before' ? before : after;
  if (wanted !== null && labels.some((label) => new RegExp(wanted).test(label))) process.kill(process.pid, 'SIGKILL');
}

/** The command under way of each request: several may be, since a start goes on with what the last life left. */
const underWay = new Map<number | null, string>();

function auditLabels(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) => {
      const parsed = parseLine(line);
      return parsed.kind === 'record' ? [parsed.record] : [];
    })
    .map((record) => {
      const op = fieldOf(record, 'op') ?? '';
      if (record.type.startsWith('VIRT_')) return `result of ${underWay.get(record.request) ?? ''}`;
      if (op !== 'exec') return `audit ${op}`;
      const command = fieldOf(record, 'cmd') ?? '';
      underWay.set(record.request, command);
      return `intent ${command}`;
    });
}

let written: string[] = [];
fs.write = new Proxy(fs.write, {
  apply(target, self, args) {
    const [, bytes] = args;
    if (Buffer.isBuffer(bytes) && bytes.subarray(0, 5).toString() === 'type=') {
      written = auditLabels(bytes.toString('latin1'));
      happening('before', written);
    }
    return Reflect.apply(target, self, args);
  },
});
fs.fdatasync = new Proxy(fs.fdatasync, {
  apply(target, self, [fd, done]) {
    const labels = written;
    const synced = (error: unknown) => {
      happening('after', labels);
      done(error);
    };
    return Reflect.apply(target, self, [fd, synced]);
  },
});
syncBuiltinESMExports();

const Record = z.object({
  request: z.number(),
  state: z.string(),
  targets: z.array(z.string()),
  steps: z.array(z.object({ title: z.string(), status: z.string() })),
});
const known = new Map<string, z.output<typeof Record>>();

function storeLabels(key: string, value: string): string[] {
  if (!key.startsWith('op/')) {
    const request = /^(?:posted|unsynced|open)\/0*(\d+)/.exec(key)?.[1] ?? '';
    const own = [...known.values()].find((record) => String(record.request) === request)?.targets[0];
    return [`put ${key} ${own ?? /\b[a-z]-\d+\b/.exec(value)?.[0] ?? ''}`];
  }
  const record = Record.parse(JSON.parse(value));
  const old = known.get(key);
  known.set(key, record);
  const was = new Map(old?.steps.map(({ title, status }) => [title, status]));
  const steps = record.steps.filter(({ title, status }) => was.get(title) !== status);
  return [
    ...(old?.state === record.state ? [] : [`state ${record.targets[0]} ${record.state}`]),
    ...steps.map(({ title, status }) => `step ${title} ${status}`),
  ];
}

let putting: string[] = [];
StatementSync.prototype.run = new Proxy(StatementSync.prototype.run, {
  apply(target, self, args) {
    const [key, value] = args;
    if (typeof key === 'string' && typeof value === 'string') putting.push(...storeLabels(key, value));
    return Reflect.apply(target, self, args);
  },
});
DatabaseSync.prototype.exec = new Proxy(DatabaseSync.prototype.exec, {
  apply(target, self, args) {
    const [sql] = args;
    if (sql === 'BEGIN IMMEDIATE') putting = [];
    if (sql === 'COMMIT') happening('before', putting);
    const result = Reflect.apply(target, self, args);
    if (sql === 'COMMIT') happening('after', putting);
    return result;
  },
});

/** Procedure → the word in the intent. Source: libvirt's remote_protocol.x */
const EFFECTS = new Map([
  [93, 'create-volume'],
  [94, 'delete-volume'],
  [208, 'upload-volume'],
  [196, 'start'],
  [234, 'destroy'],
  [231, 'undefine'],
  [350, 'define'],
]);
const LIBVIRT_PROGRAM = 0x20008086;
net.Socket.prototype.write = new Proxy(net.Socket.prototype.write, {
  apply(target, self, args) {
    const sent = Reflect.apply(target, self, args);
    const [bytes] = args;
    if (bytes instanceof Uint8Array && bytes.length >= 28) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const effect = view.getUint32(4) === LIBVIRT_PROGRAM ? EFFECTS.get(view.getUint32(12)) : undefined;
      const commands = [...underWay.values()].filter((command) => command.startsWith(`libvirt ${effect} `));
      if (effect !== undefined)
        happening(
          'after',
          commands.map((command) => `call ${command}`),
        );
    }
    return sent;
  },
});
