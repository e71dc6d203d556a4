/**
 * P16: memory for following a large play: 200 hosts, 100 tasks, read from the file and added up. In a process of its
 * own, so that nothing else counts.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { runFiles } from '../../actions/ansible/run-dir.ts';
import type { Figure } from './figure.ts';

const HOSTS = 200;
const TASKS = 100;
const GOAL_MIB = 64;
const hosts = Array.from({ length: HOSTS }, (_, n) => `web-${n}.example.org`);

const Measured = z.object({
  baseMiB: z.number(),
  peakMiB: z.number(),
  events: z.number(),
  hosts: z.number(),
  ms: z.number(),
});

export async function benchP16(): Promise<Figure[]> {
  const runDir = mkdtempSync(join(tmpdir(), 'drover-p16-'));
  try {
    // Nobody runs it and nobody will, so that following ends with the file.
    writeFileSync(runFiles(runDir).claim, JSON.stringify({ v: 1, by: 'nobody' }));
    writeEvents(runFiles(runDir).events);
    const { stdout } = await execa(process.execPath, [join(import.meta.dirname, 'p16-fold.ts'), runDir]);
    const measured = Measured.parse(JSON.parse(stdout));
    const fileMiB = statSync(runFiles(runDir).events).size / 1024 ** 2;
    return [
      {
        id: 'P16',
        what: `memory on top for the events of ${HOSTS} hosts, at its peak`,
        value: Math.round((measured.peakMiB - measured.baseMiB) * 10) / 10,
        unit: 'MB',
        goal: GOAL_MIB,
        better: 'lower',
        detail: {
          ...measured,
          fileMiB: Math.round(fileMiB),
          eventsPerSecond: Math.round((measured.events * 1000) / measured.ms),
        },
      },
    ];
  } finally {
    rmSync(runDir, { recursive: true, force: true });
  }
}

/** As the callback writes them: each host begins and ends each task, every tenth answer is as long as one may be. */
function writeEvents(path: string): void {
  const file = openSync(path, 'w');
  let seq = 0;
  const put = (kind: string, fields: object) => {
    seq += 1;
    writeSync(file, `${JSON.stringify({ v: 1, seq, at: 1_800_000_000_000 + seq, kind, ...fields })}\n`);
  };
  put('start', { playbook: '/etc/drover/playbooks/site.yml', tasks: TASKS, pid: 4242, ansible: '2.14.18' });
  put('play', { play: 'all', playId: 'p1', hosts, hostCount: HOSTS, tasks: TASKS, batch: 1 });
  for (let n = 0; n < TASKS; n += 1) writeTask(put, n);
  const totals = { ok: TASKS, changed: 10, failures: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
  put('stats', { hosts: Object.fromEntries(hosts.map((host) => [host, totals])) });
  closeSync(file);
}

function writeTask(put: (kind: string, fields: object) => void, n: number): void {
  const task = { task: `Install what the service needs (${n})`, taskId: `0242ac11-0002-${n}` };
  put('task', {
    ...task,
    action: 'ansible.builtin.command',
    path: `/etc/drover/playbooks/site.yml:${n}`,
    handler: false,
    check: false,
  });
  for (const host of hosts) put('host-start', { host, ...task });
  for (const [index, host] of hosts.entries()) {
    const stdout = (index + n) % 10 === 0 ? `${host} `.repeat(250).slice(0, 4096) : `done on ${host}`;
    put('result', { host, ...task, status: 'changed', ignored: false, result: resultOf(stdout) });
  }
}

function resultOf(stdout: string) {
  const nothing = { msg: '', stderr: '', reason: null, items: null, attempts: null, retries: null };
  return { ...nothing, rc: 0, stdout, censored: false, warnings: [], diffs: [], diffsLeftOut: 0 };
}
