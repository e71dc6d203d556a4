/** A canary in every secret: it must be nowhere where anybody could find it, during a play and after any end of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cancelPlay } from '../../../actions/ansible/cancel.ts';
import { readOutput } from '../../../actions/ansible/output.ts';
import { readRunFile, runFiles, StoredSpec } from '../../../actions/ansible/run-dir.ts';
import { begin, finish, type Stage, stage, type Task, working } from './support.ts';

/** Parts that survive clipping, wrapping and splitting each give it away. */
const CANARIES = ['cAnAryToken', 'cAnAryLine', 'cAnAryLong'];

const secrets = {
  token: `${'cAnAryToken'}'"\\{{ 7 * 7 }} é€😀 $(id)`,
  key: `-----BEGIN KEY-----\n${'cAnAryLine'}0123456789\n${'cAnAryLine'}abcdefghij\n-----END KEY-----\n`,
  // Longer than a line of Ansible's warnings, which are broken in the middle of a word.
  long: 'cAnAryLong'.repeat(20),
  // A word of our own events must not break them.
  word: 'failed',
};

/** Tasks that do with secrets what careless playbooks do. */
const careless: Task[] = [
  {
    name: 'show {{ token }}',
    'ansible.builtin.debug': { msg: ['{{ token }}', '{{ key }}', '{{ long }}', '{{ word }}'] },
  },
  { 'ansible.builtin.debug': { var: 'key' } },
  {
    'ansible.builtin.debug': {
      msg: '{{ {"in json": token} | to_json }} {{ token | b64encode }} {{ token | urlencode }}',
    },
  },
  { 'ansible.builtin.command': { cmd: 'cat', stdin: '{{ token }} {{ key }} {{ long }}' } },
  { 'ansible.builtin.debug': { msg: '{{ item }}' }, loop: ['{{ token }}', '{{ long }}'] },
  { 'ansible.builtin.copy': { content: '{{ key }} {{ token }}', dest: '{{ target }}/file' }, diff: true },
  { 'ansible.builtin.debug': { msg: 'hidden' }, when: 'long', no_log: true },
  { 'ansible.builtin.debug': { msg: '{{ undefined_one }} {{ long }}' }, ignore_errors: true },
];
const failing = { 'ansible.builtin.fail': { msg: 'it was {{ token }} and {{ long }}' } };
const work = {
  name: 'work',
  'ansible.builtin.command': { cmd: 'sh -c "cat >/dev/null; sleep 60"', stdin: '{{ token }}{{ key }}{{ long }}' },
};

function stageWith(t: TestContext, tasks: Task[]): Stage {
  const it = stage(t, tasks, { secrets, diff: true });
  return { ...it, spec: { ...it.spec, variables: { target: it.directory } } };
}

/** Files below `directory` that hold a canary, but for those that the playbook itself writes. */
function filesWithCanary(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return paths.filter((path) => statSync(path).isFile() && holdsCanary(readFileSync(path, 'latin1')));
}

function holdsCanary(text: string): boolean {
  const plain = text.replace(/\s/g, '');
  const encoded = Object.values(secrets).map((secret) => Buffer.from(secret).toString('base64'));
  return [...CANARIES, ...encoded].some((canary) => plain.includes(canary));
}

/** Of every process that may be looked at. */
function processesWithCanary(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => ['cmdline', 'environ'].some((file) => holdsCanary(readProc(pid, file))));
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // ended meanwhile
  }
}

function temporaryOf({ runDir }: Stage): string {
  return readRunFile(runFiles(runDir).spec, StoredSpec)?.temporary ?? '';
}

test('the canary of these tests is found where it is', () => {
  assert.ok(holdsCanary('xcAnAryLon\ngx'));
  assert.ok(holdsCanary(Buffer.from(secrets.token).toString('base64')));
  assert.ok(!holdsCanary('nothing'));
});

test('careless tasks get the true values, and no file of the run holds them', async (t) => {
  const it = stageWith(t, careless);
  await begin(it);
  const { verdict, events } = await finish(it);
  assert.equal(verdict.kind, 'succeeded');
  assert.equal(readFileSync(join(it.directory, 'file'), 'utf8'), `${secrets.key} ${secrets.token}`);
  assert.deepEqual(filesWithCanary(it.runDir), []);
  assert.ok(!existsSync(temporaryOf(it)));
  assert.match(JSON.stringify(events), /\[hidden: token\].*\[hidden: key\].*\[hidden: long\].*\[hidden: word\]/s);
  assert.ok(events.every(({ kind }) => kind !== 'malformed'));
});

test('a failure that tells a secret does not tell it further', async (t) => {
  const it = stageWith(t, [failing]);
  await begin(it);
  const { recap } = await finish(it);
  assert.match(recap.hosts.get('a')?.problem ?? '', /it was \[hidden: token\] and \[hidden: long\]/);
  assert.deepEqual(filesWithCanary(it.runDir), []);
});

test('a warning that Ansible breaks in the middle of a secret is hidden too', async (t) => {
  const it = stage(t, `- hosts: '{{ long }}'\n  tasks: []\n`, { secrets: { long: secrets.long } });
  await begin(it);
  await finish(it);
  assert.deepEqual(filesWithCanary(it.runDir), []);
  assert.match(
    readOutput(it.runDir, 'stderr'),
    /Could not match supplied host pattern, ignoring:\s+\[hidden: secret\]/,
  );
});

test('however its bytes are cut and its lines broken, output is hidden whole and nothing else of it is lost', () => {
  const script = `
import itertools, sys
sys.path.insert(0, sys.argv[1])
from drover_redaction import StreamRedactor
secret = b'a-secret-token'
text = b'x' * 40 + secret + b' y ' + b'\\n'.join(bytes([c]) for c in secret) + b'z' * 40 + secret
expected = text.replace(b'\\n', b'').replace(secret, b'[hidden: secret]')
for one, two in itertools.combinations(range(len(text) + 1), 2):
    redactor = StreamRedactor({'name': secret.decode()})
    out, pending = b'', b''
    for part in (text[:one], text[one:two], text[two:]):
        ready, pending = redactor.split(pending + part)
        out += ready
    assert out + redactor.redact(pending) == expected, (one, two, out)
print('done')`;
  const modules = join(import.meta.dirname, '../../../actions/ansible');
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-I', '-B', '-c', script, modules], { encoding: 'utf8' });
  assert.equal(stdout, 'done\n', stderr);
});

test('while it runs, no command line, no environment and no file of the run holds a secret', async (t) => {
  const it = stageWith(t, [work]);
  await begin(it);
  await working(it, ['sleep 60']);
  assert.deepEqual(processesWithCanary(), []);
  assert.deepEqual(filesWithCanary(it.runDir), []);
  await cancelPlay(it.runDir);
  assert.deepEqual(filesWithCanary(it.directory), []);
  assert.ok(!existsSync(temporaryOf(it)));
});

test('after a crash of play and supervisor no disk holds a secret, and a cancel clears the memory', async (t) => {
  const it = stageWith(t, [work]);
  await begin(it);
  await working(it, ['sleep 60']);
  for (const path of [runFiles(it.runDir).claim, runFiles(it.runDir).process]) {
    const file: { process: { pid: number } } = JSON.parse(readFileSync(path, 'utf8'));
    process.kill(file.process.pid, 'SIGKILL');
  }
  await finish(it);
  assert.deepEqual(filesWithCanary(it.directory), []);
  await cancelPlay(it.runDir);
  assert.ok(!existsSync(temporaryOf(it)));
});

test('files of a run are for their owner alone', async (t) => {
  const it = stageWith(t, [careless[0] ?? {}]);
  await begin(it);
  await finish(it);
  assert.equal(statSync(it.runDir).mode & 0o777, 0o700);
  const open = readdirSync(it.runDir).filter((name) => (statSync(join(it.runDir, name)).mode & 0o077) !== 0);
  assert.deepEqual(open, []);
});
