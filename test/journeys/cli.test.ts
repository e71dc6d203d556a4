/** What the program says to wrong command lines, wrong config files and people who have neither. Needs no host. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const PROGRAM = fileURLToPath(new URL('../../bot/drover.sh', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'drover-usage-'));
after(() => rmSync(directory, { recursive: true }));

async function drover(words: string[], config = 'drover.yaml') {
  const flags = ['--config', config, '--state', join(directory, 'state')];
  const ran = await execa(PROGRAM, [...words, ...flags], { cwd: directory, reject: false, stdin: 'ignore' });
  return { exit: ran.exitCode, out: ran.stdout, err: ran.stderr };
}

test('help tells commands, options and exit codes, and exits 0', async () => {
  for (const words of [['--help'], ['help'], ['do', '--help']]) {
    const ran = await drover(words);
    assert.equal(ran.exit, 0);
    assert.match(ran.out, /drover start[\s\S]*--json[\s\S]*Exit codes: 0 done, 1 failed, 2 usage/);
  }
});

const WRONG: [words: string[], says: RegExp][] = [
  [[], /drover start/],
  [['frobnicate'], /there is no drover frobnicate/],
  [['do'], /do what\?/],
  [['do', 'vm list'], /who asks\? --as <person>/],
  [['do', 'vm list', '--as', 'alice', '--wat'], /--wat/],
  [['approve', '1'], /who decides\? --as/],
  [['approve', 'one', '--as', 'bob'], /which request\?/],
  [['request', '0'], /which request\?/],
  [['policy', 'mend'], /check\|test/],
  [['audit', 'burn'], /verify\|search\|report\|key/],
  [['explain', 'vm list', '--as', 'alice', '--at', 'noon'], /not a time with a zone/],
];
for (const [words, says] of WRONG) {
  test(`drover ${words.join(' ')} is a wrong command line: exits 2`, async () => {
    const ran = await drover(words);
    assert.equal(ran.exit, 2, ran.out);
    assert.match(ran.out + ran.err, says);
  });
}

const MISTAKES: [what: string, text: string, says: RegExp][] = [
  ['a key that there is not', 'host:\n  urii: qemu:///system\n', /\.yaml:2:\d+: .*urii/],
  ['a value that is not allowed', 'people: []\nhost:\n  virtType: xen\n', /\.yaml:3:\d+: .*kvm.*qemu/],
  ['no YAML', 'host: {\n', /\.yaml:\d+:\d+: /],
  [
    'one account of two people',
    'people:\n  - { name: a, accounts: { web: x } }\n  - { name: b, accounts: { web: x } }\n',
    /both a and b/,
  ],
];
for (const [what, text, says] of MISTAKES) {
  test(`a config with ${what} is named by file, line and what is allowed, and every command exits 2`, async () => {
    const config = join(directory, `${encodeURIComponent(what)}.yaml`);
    writeFileSync(config, text);
    for (const words of [['start'], ['do', 'vm list', '--as', 'a'], ['policy', 'check']]) {
      const ran = await drover(words, config);
      assert.equal(ran.exit, 2, ran.out);
      assert.match(ran.err, says);
    }
  });
}

test('somebody without a config file is told what to write, where to put it, and that nothing was done', async () => {
  for (const words of [
    ['do', 'vm list', '--as', 'alice'],
    ['start'],
    ['request', '1'],
    ['approve', '1', '--as', 'bob'],
  ]) {
    const ran = await drover(words);
    assert.equal(ran.exit, 2);
    assert.match(ran.err, /there is no such file; name another by --config or DROVER_CONFIG/);
    assert.match(ran.err, /people:\n {2}- \{ name: alice/);
    assert.equal(ran.out, '');
  }
  const doctor = await drover(['doctor']);
  assert.equal(doctor.exit, 1);
  assert.match(doctor.out, /BAD {2}config: drover\.yaml/);
});
