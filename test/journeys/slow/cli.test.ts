/** The program as scripts and people run it: exit codes, JSON lines, with a daemon and without. On a real libvirtd. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { type Lab, startLab } from '../../lab/lab.ts';
import { terminalStage } from '../stage-terminal.ts';

const PROGRAM = fileURLToPath(new URL('../../../bot/drover.sh', import.meta.url));
const POLICY = `rules:
  - { name: look, effect: allow, actions: [vm.list, vm.show] }
  - { name: power, effect: allow, actions: [vm.start], when: owns(target) }
  - { name: agreed, effect: ask, actions: [vm.delete], when: owns(target), approve: { group: approvers } }
`;

let lab: Lab;
const directory = mkdtempSync(join(tmpdir(), 'drover-cli-'));
const configPath = join(directory, 'drover.yaml');

/** A domain without its disk: everything is fine until it is started. */
const domain = (name: string, disk: string) => `<domain type='qemu'><name>${name}</name><memory unit='MiB'>128</memory>
<metadata><drover:vm xmlns:drover="urn:drover:vm:1" owner="alice"/></metadata><os><type>hvm</type></os>
<devices><disk type='file'><source file='${disk}'/><target dev='vda' bus='virtio'/></disk></devices></domain>`;

before(async () => {
  lab = await startLab();
  for (const name of ['broken-01', 'spare-01', 'spare-02', 'spare-03']) {
    const file = join(directory, `${name}.xml`);
    writeFileSync(file, domain(name, '/nowhere/disk.qcow2'));
    await execa('virsh', ['-c', lab.uri, 'define', file]);
  }
  mkdirSync(join(directory, 'policies'));
  writeFileSync(join(directory, 'policies', 'rules.yaml'), POLICY);
  writeFileSync(
    configPath,
    `host: { uri: "${lab.uri}", virtType: qemu, image: tiny.qcow2 }
people:
  - { name: alice, groups: [owners] }
  - { name: bob, groups: [approvers] }
policies: policies
`,
  );
});
after(async () => {
  await lab.stop();
  rmSync(directory, { recursive: true });
});

interface Ran {
  exit: number | undefined;
  out: string;
  err: string;
}

async function drover(words: string[], { state = 'state', config = configPath, cwd = directory } = {}): Promise<Ran> {
  const flags = ['--config', config, '--state', join(directory, state)];
  const ran = await execa(PROGRAM, [...words, ...flags], { cwd, reject: false, stdin: 'ignore' });
  return { exit: ran.exitCode, out: ran.stdout, err: ran.stderr };
}

/** Ends with the test. */
async function daemon(t: { after(end: () => Promise<void>): void }, state: string): Promise<void> {
  const flags = ['--config', configPath, '--state', join(directory, state)];
  const child = spawn(PROGRAM, ['start', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(async () => {
    child.kill();
    await new Promise((resolve) => child.once('exit', resolve));
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

const SUCCESSES: [words: string[], says: RegExp][] = [
  [['do', 'vm list', '--as', 'alice'], /spare-01/],
  [['do', 'vm', 'show', 'spare-01', '--as', 'bob'], /spare-01 is shutoff/],
  [['do', 'vm delete spare-01 --dry-run', '--as', 'alice'], /nothing was done/],
  [['do', 'vm help', '--as', 'alice'], /vm list/],
  [['explain', 'vm delete spare-01', '--as', 'alice'], /agreed.*rules\.yaml:4/],
  [['policy', 'check'], /3 rules are right/],
  [['doctor'], /ok {3}host/],
];
for (const [words, says] of SUCCESSES) {
  test(`drover ${words.join(' ')} exits 0 and says ${says.source}`, async () => {
    const ran = await drover(words);
    assert.equal(ran.exit, 0, ran.err);
    assert.match(ran.out, says);
  });
}

test('what fails on the host exits 1 with its reason', async () => {
  const ran = await drover(['do', 'vm start broken-01', '--as', 'alice']);
  assert.equal(ran.exit, 1, ran.out);
  assert.match(ran.out.replace(/\s+/g, ' '), /#\d+ failed: .*\/nowhere\/disk\.qcow2/);
});

const REFUSED: [words: string[], says: RegExp][] = [
  [['do', 'vm stop spare-01', '--as', 'alice'], /Not allowed: vm stop spare-01/],
  [['do', 'vm sotp spare-01', '--as', 'alice'], /Did you mean\s+\| vm stop spare-01/],
  [['do', 'vm list', '--as', 'mallory'], /does not know you/],
  [['do', 'vm show gone-77', '--as', 'alice'], /there is no VM gone-77/],
];
for (const [words, says] of REFUSED) {
  test(`drover ${words.join(' ')} is refused: exits 3`, async () => {
    const ran = await drover(words);
    assert.equal(ran.exit, 3, ran.err);
    assert.match(ran.out, says);
  });
}

const Line = z.looseObject({
  kind: z.enum(['said', 'ended']),
  exit: z.number().optional(),
  request: z.number().nullish(),
});
const jsonLines = (text: string) => text.split('\n').map((line) => Line.parse(JSON.parse(line)));

test('a request that waits exits 4; without a daemon it is decided from a terminal, and exits 0 when done', async () => {
  const asked = await drover(['do', 'vm delete spare-01', '--as', 'alice', '--json'], { state: 'waits' });
  assert.equal(asked.exit, 4, asked.err);
  const ended = jsonLines(asked.out).at(-1);
  assert.equal(ended?.exit, 4);
  const request = String(ended?.request);
  assert.equal((await drover(['approve', request, '--as', 'alice'], { state: 'waits' })).exit, 3);
  const looked = await drover(['request', request], { state: 'waits' });
  assert.equal(looked.exit, 4);
  assert.match(looked.out, /Waits for 1 more of approvers \(bob\)/);
  const approved = await drover(['approve', request, '--as', 'bob'], { state: 'waits' });
  assert.equal(approved.exit, 0, approved.out);
  assert.match(approved.out, /#\d+ succeeded: spare-01 is deleted/);
  assert.equal((await drover(['request', request], { state: 'waits' })).exit, 0);
  const { stdout } = await execa('virsh', ['-c', lab.uri, 'list', '--all', '--name']);
  assert.doesNotMatch(stdout, /spare-01/);
  assert.equal((await drover(['audit', 'verify'], { state: 'waits' })).exit, 0);
});

test('a rejection is what the one who rejects wants (0), and a refusal for the one who asked (3)', async () => {
  const asked = await drover(['do', 'vm delete spare-02', '--as', 'alice', '--json'], { state: 'rejects' });
  const request = String(jsonLines(asked.out).at(-1)?.request);
  assert.equal((await drover(['reject', request, '--as', 'bob'], { state: 'rejects' })).exit, 3, 'without a reason');
  const rejected = await drover(['reject', request, '--as', 'bob', '--reason', 'in use'], { state: 'rejects' });
  assert.equal(rejected.exit, 0, rejected.out);
  const looked = await drover(['request', request], { state: 'rejects' });
  assert.equal(looked.exit, 3);
  assert.match(looked.out, /rejected by bob: in use/);
});

test('a request whose outcome nobody knows exits 5', async (t) => {
  const stage = await terminalStage(t);
  stage.host.fault({ method: 'shutdown', name: 'deaf-01', drop: true });
  const alice = await stage.person('alice');
  await alice.say('vm stop deaf-01');
  const { request } = await alice.until('the unknown', ({ text }) => /#\d+ unknown: /.test(text));
  await stage.drover.stop(1000);
  const ran = await execa(PROGRAM, ['request', String(request), '--config', configPath, '--state', stage.stateDir], {
    reject: false,
  });
  assert.equal(ran.exitCode, 5, ran.stderr);
  assert.match(ran.stdout, /unknown: /);
});

test('a running daemon is asked through its socket, and a second one does not start', async (t) => {
  await daemon(t, 'served');
  const asked = await drover(['do', 'vm delete spare-03', '--as', 'alice', '--json'], { state: 'served' });
  assert.equal(asked.exit, 4, asked.err);
  const second = await drover(['start'], { state: 'served' });
  assert.equal(second.exit, 1);
  assert.match(second.err, /another Drover has it/);
  const request = String(jsonLines(asked.out).at(-1)?.request);
  const both = await Promise.all([
    drover(['approve', request, '--as', 'bob'], { state: 'served' }),
    drover(['do', 'vm list', '--as', 'alice'], { state: 'served' }),
  ]);
  assert.deepEqual(
    both.map(({ exit }) => exit),
    [0, 0],
  );
  const elsewhere = await drover(['do', 'vm list', '--as', 'alice'], { state: 'served', config: '/nowhere.yaml' });
  assert.equal(elsewhere.exit, 0, 'the daemon has its own config');
});

test('two commands at once without a daemon both end well', async () => {
  const both = await Promise.all([1, 2].map(() => drover(['do', 'vm list', '--as', 'alice'], { state: 'two' })));
  assert.deepEqual(
    both.map(({ exit, err }) => [exit, err]),
    [
      [0, ''],
      [0, ''],
    ],
  );
});

test('every line of --json is JSON, and the last tells the exit code', async () => {
  const ran = await drover(['do', 'vm show broken-01', '--as', 'alice', '--json']);
  const lines = jsonLines(ran.out);
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['said', 'ended'],
  );
  assert.equal(lines.at(-1)?.exit, 0);
  for (const words of [['doctor'], ['policy', 'check'], ['audit', 'verify'], ['explain', 'vm list', '--as', 'bob']]) {
    const { out } = await drover([...words, '--json']);
    assert.doesNotThrow(() => JSON.parse(out), `${words.join(' ')}: ${out}`);
  }
});

test('a new user in an empty folder is told what to write, and what is told works', async () => {
  const cwd = mkdtempSync(join(directory, 'new-'));
  const ran = await drover(['do', 'vm list', '--as', 'alice'], { config: 'drover.yaml', state: 'new', cwd });
  assert.equal(ran.exit, 2);
  assert.match(ran.err, /there is no such file; name another by --config or DROVER_CONFIG/);
  const example = ran.err.slice(ran.err.indexOf('host:'));
  writeFileSync(join(cwd, 'drover.yaml'), example.replace('host: {', `host: { uri: "${lab.uri}",`));
  const check = await drover(['policy', 'check'], { config: 'drover.yaml', state: 'new', cwd });
  assert.equal(check.exit, 0, check.err);
  assert.equal(
    (await drover(['do', 'vm list', '--as', 'alice'], { config: 'drover.yaml', state: 'new', cwd })).exit,
    0,
  );
  const verified = await drover(['audit', 'verify'], { config: 'drover.yaml', state: 'never-begun', cwd });
  assert.equal(verified.exit, 1);
  assert.match(verified.err, /there is no audit log in .*never-begun/);
});
