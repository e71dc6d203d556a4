/** Real plays on local connections: what each way to end looks like to whoever asked for it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PlayEvent } from '../../../actions/ansible/events.ts';
import type { PlaySpecInput } from '../../../actions/ansible/spec.ts';
import { startPlay } from '../../../actions/ansible/start.ts';
import { begin, finish, localHosts, play, stage, type Task } from './support.ts';

const say = (msg: string): Task => ({ name: `say ${msg}`, 'ansible.builtin.debug': { msg } });
const run = (command: string): Task => ({ name: `run ${command}`, 'ansible.builtin.command': command });
const fail = { name: 'give up', 'ansible.builtin.fail': { msg: 'no room' } };
const on = (host: string, task: Task): Task => ({ ...task, when: `inventory_hostname == '${host}'` });

test('every host has a status of its own, and one that failed makes the play a failure', async (t) => {
  const rescued = { name: 'try', block: [on('rescued', fail)], rescue: [on('rescued', say('again'))] };
  const { hosts, verdict, recap, state } = await play(
    t,
    [on('ok', say('hello')), on('changed', run('true')), on('failed', fail), rescued],
    { inventory: localHosts('ok', 'changed', 'failed', 'rescued', 'skipped') },
  );
  assert.deepEqual(hosts, { ok: 'ok', changed: 'changed', failed: 'failed', rescued: 'rescued', skipped: 'skipped' });
  assert.deepEqual(verdict, { kind: 'failed', reason: '1 of 5 hosts failed' });
  assert.equal(recap.hosts.get('failed')?.problem, 'give up: no room');
  assert.equal(state.kind === 'finished' && state.exit.rc, 2);
});

test('a play that rescued its failure has succeeded', async (t) => {
  const { hosts, verdict } = await play(t, [{ block: [fail], rescue: [say('again')] }]);
  assert.deepEqual(hosts, { a: 'rescued' });
  assert.equal(verdict.kind, 'succeeded');
});

test('an ignored failure is none', async (t) => {
  const { hosts, verdict, recap } = await play(t, [{ ...fail, ignore_errors: true }, say('on')]);
  assert.deepEqual(hosts, { a: 'ok' });
  assert.equal(recap.hosts.get('a')?.totals.ignored, 1);
  assert.equal(verdict.kind, 'succeeded');
});

test('a host that cannot be reached is named with the reason', async (t) => {
  // Port 1 of this machine: nobody listens there.
  const away = { ansible_host: '127.0.0.1', ansible_port: 1, ansible_connection: 'ssh' };
  const inventory = { hosts: { near: { ansible_connection: 'local' }, away } };
  const { hosts, verdict, recap } = await play(t, [run('true')], { inventory });
  assert.deepEqual(hosts, { near: 'changed', away: 'unreachable' });
  assert.deepEqual(verdict, { kind: 'unreachable', reason: '1 of 2 hosts could not be reached' });
  assert.match(recap.hosts.get('away')?.problem ?? '', /Connection refused/);
});

const nobody = `
- hosts: nowhere
  gather_facts: false
  tasks: [{ ansible.builtin.debug: { msg: x } }]
`;

test('hosts that match nobody are no success, though Ansible ends with 0', async (t) => {
  const { verdict, state } = await play(t, nobody);
  assert.equal(state.kind === 'finished' && state.exit.rc, 0);
  assert.deepEqual(verdict, { kind: 'nothing-matched', reason: 'no host matched, so nothing was done' });
});

test('a success says which plays matched nobody', async (t) => {
  const { verdict } = await play(
    t,
    `${nobody}- hosts: all\n  gather_facts: false\n  tasks: [{ ansible.builtin.debug: { msg: x } }]\n`,
  );
  assert.deepEqual(verdict, { kind: 'succeeded', reason: '1 of 1 hosts are done; 1 of the plays matched no host' });
});

test('a limit that matches nobody is told from a failure', async (t) => {
  const { verdict } = await play(t, [say('x')], { limit: ['web-*'] });
  assert.equal(verdict.kind, 'nothing-matched');
});

test('a limit leaves the other hosts alone', async (t) => {
  const { hosts } = await play(t, [say('x')], { inventory: localHosts('web-1', 'web-2', 'db-1'), limit: ['web-*'] });
  assert.deepEqual(hosts, { 'web-1': 'ok', 'web-2': 'ok' });
});

test('a playbook that is not YAML fails with the place of the error, and nothing was done', async (t) => {
  const { verdict } = await play(t, '- hosts: all\n  tasks: [\n');
  assert.equal(verdict.kind, 'failed');
  assert.match(verdict.reason, /^ansible-playbook ended with 4; nothing was done: .*YAML/);
});

test('a playbook that is not there fails, and nothing was done', async (t) => {
  const { verdict } = await play(t, [], { playbook: '/nonexistent/site.yml' });
  assert.equal(verdict.kind, 'failed');
  assert.match(verdict.reason, /^ansible-playbook ended with 1; nothing was done: .*could not be found/);
});

test('each round of a loop and each retry is told', async (t) => {
  const { events } = await play(t, [
    { ...run('echo {{ item }}'), loop: ['one', 'two'] },
    { ...run('false'), register: 'out', until: 'out.rc == 0', retries: 2, delay: 0, ignore_errors: true },
  ]);
  const items = events.filter((event): event is PlayEvent & { kind: 'item' } => event.kind === 'item');
  const retries = events.filter((event): event is PlayEvent & { kind: 'retry' } => event.kind === 'retry');
  const last = events.findLast((event): event is PlayEvent & { kind: 'result' } => event.kind === 'result');
  assert.deepEqual(
    items.map(({ item, status, result }) => [item, status, result.stdout]),
    [
      ['one', 'changed', 'one'],
      ['two', 'changed', 'two'],
    ],
  );
  assert.deepEqual(
    retries.map(({ result }) => [result.attempts, result.retries]),
    [
      [1, 3],
      [2, 3],
    ],
  );
  assert.equal(last?.ignored, true);
});

test('progress counts the tasks that will run, and handlers as they come', async (t) => {
  const playbook = `
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.command: 'true'
      notify: after
    - ansible.builtin.meta: flush_handlers
    - block:
        - ansible.builtin.debug: { msg: '1' }
        - ansible.builtin.debug: { msg: '2' }
      rescue:
        - ansible.builtin.debug: { msg: not counted }
    - ansible.builtin.debug: { msg: not wanted }
      tags: [never]
  handlers:
    - name: after
      ansible.builtin.debug: { msg: handled }
`;
  const { recap, events } = await play(t, playbook);
  assert.equal(events[0]?.kind === 'start' && events[0].tasks, 3);
  assert.deepEqual([recap.done, recap.of, recap.lost], [4, 4, 0]);
});

test('texts of variables and of the inventory are never templates', async (t) => {
  const evil = '{{ lookup("ansible.builtin.pipe", "id") }}';
  const { events } = await play(t, [say('{{ note }} {{ tag }}')], {
    inventory: { hosts: { a: { ansible_connection: 'local', tag: evil } } },
    variables: { note: evil },
  });
  const said = events.find((event): event is PlayEvent & { kind: 'result' } => event.kind === 'result');
  assert.equal(said?.result.msg, `${evil} ${evil}`);
});

test("only the named variables of the caller's environment reach the play", async (t) => {
  process.env.DROVER_TEST_INHERITED = 'x';
  t.after(() => {
    delete process.env.DROVER_TEST_INHERITED;
  });
  const it = stage(t, [run('env')], { environment: ['HOME', 'NAMED', 'NOT_THERE'] });
  await startPlay(it.runDir, it.spec, { HOME: it.directory, NAMED: 'yes', SLACK_BOT_TOKEN: 'xoxb' });
  const { events } = await finish(it);
  const said = events.find((event): event is PlayEvent & { kind: 'result' } => event.kind === 'result');
  const names = said?.result.stdout?.split('\n').map((line) => line.split('=')[0] ?? '') ?? [];
  assert.ok(names.includes('NAMED') && names.includes('HOME'));
  assert.deepEqual(
    names.filter(
      (name) => !/^(NAMED|HOME|PATH|LC_ALL|PWD|SHLVL|_|PYTHONDONTWRITEBYTECODE|ANSIBLE_.*|DROVER_.*)$/.test(name),
    ),
    [],
  );
  assert.ok(!names.includes('DROVER_TEST_INHERITED'));
});

const refused: [why: string, spec: Partial<PlaySpecInput>][] = [
  ['a relative playbook', { playbook: 'site.yml' }],
  ['a limit that reads a file', { limit: ['@/etc/passwd'] }],
  ['a host name with a range', { inventory: { hosts: { 'web-[1:9]': {} } } }],
  ['a group of unknown hosts', { inventory: { hosts: {}, groups: { web: ['a'] } } }],
  ['a variable that would change the connection', { variables: { ansible_connection: 'local' } }],
  ['a setting of Ansible from the caller', { environment: ['ANSIBLE_PIPELINING'] }],
  ['a secret too short to hide', { secrets: { pin: '123' } }],
  ['a name that is a secret and a variable', { variables: { pin: 1 }, secrets: { pin: '1234' } }],
];

for (const [why, spec] of refused) {
  test(`${why} is refused before anything is made`, async (t) => {
    const it = stage(t, [], spec);
    await assert.rejects(begin(it), { name: 'ZodError' });
    assert.ok(!existsSync(it.runDir));
  });
}

test('a task on another host runs on a terminal, which hangs up on it when the play is ended', async (t) => {
  const it = stage(t, [run('true')]);
  const [ssh, calls] = [join(it.directory, 'ssh'), join(it.directory, 'calls')];
  // Runs here what it is told to run there, and notes whether a terminal was asked for.
  const script = `#!/bin/bash\n[[ $* == *AnsiballZ* ]] && printf '%s ' "$@" >> ${calls}\nexec sh -c "\${@: -1}"\n`;
  writeFileSync(ssh, script, { mode: 0o755 });
  const host = { ansible_connection: 'ssh', ansible_ssh_executable: ssh, ansible_ssh_transfer_method: 'piped' };
  const spec = { ...it.spec, inventory: { hosts: { far: host } } };
  await begin({ ...it, spec });
  assert.equal((await finish(it)).verdict.kind, 'succeeded');
  assert.match(readFileSync(calls, 'utf8'), / -tt far .*python3.*AnsiballZ_command\.py/);
});
