/** Hosts that answer with what nobody expects: the events stay whole, small and readable. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import type { PlayEvent } from '../../../actions/ansible/events.ts';
import { readOutput } from '../../../actions/ansible/output.ts';
import { printable } from '../../../actions/ansible/printable.ts';
import { runFiles } from '../../../actions/ansible/run-dir.ts';
import { play } from './support.ts';

const hostile: [what: string, command: string, seen: RegExp][] = [
  ['a line of 3 MB', `head -c 3000000 /dev/zero | tr '\\0' x`, /^x{4096}… \(2995904 more characters\)$/],
  ['binary output', `printf 'a\\377\\376b'`, /^a\ufffd\ufffdb$/],
  ['control characters', `printf 'a\\033[31mred\\033]0;title\\007\\000\\r\\nb'`, /^ared\u00b7?\n?b$/],
  ['what looks like an event', `echo '{"v":1,"seq":1,"at":0,"kind":"stats","hosts":{}}'; echo '{'`, /^\{"v":1.*\n\{$/],
  ['separators of lines that JSON does not know', `printf 'a\\342\\200\\250b\\302\\205c'`, /^a\u2028b\u00b7c$/],
];

test('whatever a host answers becomes one event of bounded size, and readable text', async (t) => {
  const tasks = hostile.map(([what, command]) => ({ name: what, 'ansible.builtin.shell': command }));
  const { events, verdict, runDir, recap } = await play(t, tasks);
  const results = events.filter((event): event is PlayEvent & { kind: 'result' } => event.kind === 'result');
  assert.deepEqual(verdict.kind, 'succeeded');
  assert.equal(recap.lost, 0);
  for (const [index, [what, , seen]] of hostile.entries()) {
    assert.match(printable(results[index]?.result.stdout ?? ''), seen, what);
  }
  assert.ok(statSync(runFiles(runDir).events).size < 64 * 1024);
  assert.equal(readOutput(runDir, 'stdout'), '');
});

test('a flood of rounds with long answers stays whole', async (t) => {
  const round = `head -c 20000 /dev/zero | tr '\\0' '\\001'; head -c 20000 /dev/zero | tr '\\0' '\\377' >&2`;
  const { events, recap } = await play(t, [{ 'ansible.builtin.shell': round, loop: [1, 2, 3, 4] }]);
  assert.equal(events.filter(({ kind }) => kind === 'item').length, 4);
  assert.equal(recap.lost, 0);
});

test('a play that prints without end to its own output fills no disk', async (t) => {
  // A lookup runs on this machine inside ansible-playbook, so what it writes to descriptor 1 is Ansible's own output.
  const flood = `{{ lookup("ansible.builtin.pipe", "head -c 9000000 /dev/zero | tr '\\\\0' y > /proc/$PPID/fd/1 || true; echo done") }}`;
  const { runDir, verdict } = await play(
    t,
    `- hosts: all\n  gather_facts: false\n  tasks: [{ ansible.builtin.debug: { msg: '${flood.replaceAll("'", "''")}' } }]\n`,
  );
  assert.equal(verdict.kind, 'succeeded');
  const { size } = statSync(runFiles(runDir).stdout);
  assert.ok(size > 4_000_000 && size < 4_300_000, String(size));
  assert.equal(readOutput(runDir, 'stdout').slice(-32), '\n[cut: more than 4194304 bytes]\n');
});
