/**
 * P5: how many audit records a second become durable. The peer, in the same run and on the same disk, is a bare group
 * commit of the same bytes: write, fdatasync, next batch, with no encoding, chain or seal.
 */
import { closeSync, fdatasync, openSync, write } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { auidOf } from '../../audit/auid.ts';
import { openAuditLog } from '../../audit/log.ts';
import type { AuditEntry } from '../../audit/record.ts';
import type { Figure } from './figure.ts';

const SECONDS = 3;
const GOAL = 10_000;

interface Run {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Records a second with 64 callers at once; one caller and the bare peer are in the detail. */
export async function benchP5(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'drover-p5-'));
  try {
    const log = await openAuditLog({ directory: join(directory, 'audit'), warn: () => {} });
    let request = 0;
    const append = () => log.append(entryOf(++request));
    await measure(64, 0.5, append);
    const many = await measure(64, SECONDS, append);
    const one = await measure(1, SECONDS, append);
    await log.close();
    const line = await lastLine(join(directory, 'audit', 'audit.log'));
    const bare = await measureBare(join(directory, 'bare.log'), line);
    return [
      {
        id: 'P5',
        what: 'durable audit records, 64 callers',
        value: Math.round(many.perSecond),
        unit: '1/s',
        goal: GOAL,
        better: 'higher',
        detail: {
          ...label('callers64', many),
          ...label('callers1', one),
          ...label('bare64', bare.many),
          ...label('bare1', bare.one),
          ratioToBare64: round(many.perSecond / bare.many.perSecond),
          ratioToBare1: round(one.perSecond / bare.one.perSecond),
          lineBytes: line.length,
          seconds: SECONDS,
        },
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureBare(path: string, line: Buffer): Promise<{ many: Run; one: Run }> {
  const fd = openSync(path, 'a', 0o600);
  try {
    const append = createBareGroupCommit(fd, line);
    await measure(64, 0.5, append);
    return { many: await measure(64, SECONDS, append), one: await measure(1, SECONDS, append) };
  } finally {
    closeSync(fd);
  }
}

function createBareGroupCommit(fd: number, line: Buffer): () => Promise<void> {
  const writeTo = promisify(write);
  const sync = promisify(fdatasync);
  let waiting: (() => void)[] = [];
  let pumping = false;
  const pump = async () => {
    pumping = true;
    while (waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const batch = waiting;
      waiting = [];
      await writeTo(fd, Buffer.concat(batch.map(() => line)));
      await sync(fd);
      for (const done of batch) done();
    }
    pumping = false;
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (!pumping) void pump();
    });
}

async function measure(callers: number, seconds: number, append: () => Promise<unknown>): Promise<Run> {
  const times: number[] = [];
  const start = performance.now();
  const call = async () => {
    while (performance.now() - start < seconds * 1000) {
      const before = performance.now();
      await append();
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const perSecond = times.length / ((performance.now() - start) / 1000);
  times.sort((a, b) => a - b);
  return { perSecond, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

function label(name: string, { perSecond, p50Ms, p99Ms }: Run): Record<string, number> {
  return {
    [`${name}PerSecond`]: Math.round(perSecond),
    [`${name}P50Ms`]: round(p50Ms),
    [`${name}P99Ms`]: round(p99Ms),
  };
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

async function lastLine(path: string): Promise<Buffer> {
  const lines = (await readFile(path, 'latin1')).split('\n');
  return Buffer.from(`${lines.at(-3) ?? ''}\n`, 'latin1');
}

function entryOf(request: number): AuditEntry {
  return {
    type: 'USER_CMD',
    fields: [
      ['op', 'exec'],
      ['cmd', 'libvirt start web-01'],
      ['vm', 'web-01'],
      ['uuid', '6f8f8d0e-2b7e-4c39-9d3e-0a4b0f9f1a01'],
      ['uri', 'qemu:///system'],
      ['attempt', 1],
    ],
    actor: { auid: auidOf(1), name: 'alice' },
    account: 'alice',
    request,
    address: '10.0.0.7',
    terminal: 'slack/C042OPS',
    result: 'success',
  };
}
