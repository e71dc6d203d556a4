/** What Debian's audit tools make of a log: they accept every line, find every record, and no text fools them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { auidOf, NOBODY } from '../../audit/auid.ts';
import { openAuditLog } from '../../audit/log.ts';
import type { AuditEntry, RecordType } from '../../audit/record.ts';
import { auditTools } from '../lab/audit-tools.ts';
import { hostileTexts } from './hostile.ts';
import { entryOf, linesOf, problemsOf, tempDirectory, UUID, verify } from './support.ts';

const TYPES: RecordType[] = [
  ...(['SERVICE_START', 'SERVICE_STOP', 'CRYPTO_KEY_USER', 'CRYPTO_REPLAY_USER', 'USYS_CONFIG', 'USER_AUTH'] as const),
  ...([
    'USER_LOGIN',
    'USER_LOGOUT',
    'ADD_USER',
    'DEL_USER',
    'ROLE_ASSIGN',
    'ROLE_REMOVE',
    'USER_CMD',
    'USER_ACCT',
  ] as const),
  ...([
    'VIRT_CONTROL',
    'VIRT_RESOURCE',
    'VIRT_CREATE',
    'VIRT_DESTROY',
    'ANOM_RBAC_INTEGRITY_FAIL',
    'RESP_ALERT',
  ] as const),
];

/** The tools read standard input when it is a pipe: it is nothing here. ausearch ends with 1 when nothing matches. */
function run(tool: string, ...args: string[]): Promise<string> {
  const child = spawn(tool, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.resume();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || code === 1) resolve(Buffer.concat(chunks).toString('latin1'));
      else reject(new Error(`${tool} ${args.join(' ')} ended with ${code}`));
    });
  });
}

async function writeLog(t: TestContext, entries: Iterable<AuditEntry>, maxLogFileMiB = 8): Promise<string> {
  const directory = tempDirectory(t);
  const log = await openAuditLog({ directory, maxLogFileMiB, warn: assert.fail });
  await Promise.all([...entries].map((entry) => log.append(entry)));
  await log.close();
  return directory;
}

const withFeeds = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

test('every type of record in every rotated file comes back from ausearch byte for byte, and is counted', async (t) => {
  const { ausearch, aureport } = await auditTools();
  const entries = TYPES.flatMap((type) => [entryOf(1, { type }), entryOf(2, { type, result: 'failed' })]);
  const directory = await writeLog(t, [...entries, ...entries, ...entries], 0.01);
  const lines = linesOf(directory);
  assert.ok(lines.length > 120);
  assert.equal(await run(ausearch, '-if', directory, '--raw'), withFeeds(lines));
  assert.match(await run(aureport, '-if', directory, '--summary'), new RegExp(`Number of events: ${lines.length}\\n`));
});

test('a request is found whole by its number', async (t) => {
  const { ausearch } = await auditTools();
  const story = [1, 2, 3, 2, 3, 1, 3].map((request) => entryOf(request));
  const directory = await writeLog(t, [...story, entryOf(3, { actor: { auid: auidOf(2), name: 'bob' } })]);
  const expected = linesOf(directory).filter((line) => line.includes(' ses=3 '));
  assert.equal(expected.length, 4);
  assert.equal(await run(ausearch, '-if', directory, '--session', '3', '--raw'), withFeeds(expected));
});

function effect(op: string, reason: string, result: 'success' | 'failed'): AuditEntry {
  const fields = [
    ['virt', 'kvm'],
    ['op', op],
    ['reason', reason],
    ['vm', '数据库-01'],
    ['uuid', UUID],
    ['vm-pid', 0],
  ] as const;
  return entryOf(1, { type: 'VIRT_CONTROL', fields, result });
}

test('people and VMs are shown by their names, and each effect is counted once', async (t) => {
  const { ausearch, aureport, auvirt } = await auditTools();
  const effects = [
    effect('start', 'booted', 'success'),
    effect('stop', 'shutdown', 'success'),
    effect('start', 'booted', 'failed'),
  ];
  const directory = await writeLog(t, [entryOf(1, { actor: { auid: auidOf(1), name: '王伟' } }), ...effects]);
  const text = Buffer.from(
    await run(ausearch, '-if', directory, '--session', '1', '--format', 'text'),
    'latin1',
  ).toString();
  assert.match(text, /王伟, acting as \S+, successfully ran-command libvirt start web-1/);
  assert.match(text, /alice, acting as \S+, unsuccessfully issued-vm-control start to 数据库-01/);
  const virt = await run(aureport, '-if', directory, '--virt', '-i');
  assert.equal(virt.split('\n').filter((line) => line.includes('VIRT_CONTROL')).length, 3);
  const sessions = await run(auvirt, '--file', join(directory, 'audit.log'), '--all-events', '--show-uuid');
  assert.deepEqual(
    sessions
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/)[0]),
    ['start', 'stop', 'start'],
  );
  assert.ok(sessions.includes(UUID));
});

const PERSONS = 20;
const TEXTS = 20_000;

function* hostileEntries(): Generator<AuditEntry> {
  let n = 0;
  for (const text of hostileTexts(TEXTS, 20261122)) {
    n += 1;
    const actor = { auid: auidOf(1 + (n % PERSONS)), name: n % 3 === 0 ? text : `person-${n % PERSONS}` };
    const fields = [
      ['op', n % 7 === 0 ? text : 'request'],
      ['cmd', text],
      ['vm', n % 5 === 0 ? text : `web-${n % 10}`],
      ['uuid', n % 11 === 0 ? text : UUID],
      ['rule', text],
      ['info', text],
    ] as const;
    yield entryOf(1 + (n % 4000), {
      ...{ fields, actor, account: n % 2 === 0 ? text : null, terminal: n % 13 === 0 ? text : 'web/ops' },
      ...{ address: n % 17 === 0 ? text : '10.0.0.7', result: n % 3 === 0 ? 'failed' : 'success' },
    });
  }
}

test(`${TEXTS} hostile texts hide and forge no record`, async (t) => {
  const { ausearch, aureport } = await auditTools();
  const directory = await writeLog(t, hostileEntries());
  const lines = linesOf(directory);
  const search = (...args: string[]) => run(ausearch, '-if', directory, ...args, '--raw');
  const having = (text: string) => withFeeds(lines.filter((line) => line.includes(text)));

  assert.equal(lines.filter((line) => line.includes('op=checkpoint') || line.includes('op=')).length, lines.length);
  assert.equal(await search(), withFeeds(lines));
  assert.equal(await search('-ui', String(process.getuid?.() ?? 0)), withFeeds(lines));
  assert.equal(await search('-sv', 'no'), having(' res=failed chain='));
  assert.equal(await search('-sv', 'yes'), having(' res=success chain='));
  assert.equal(await search('-ul', String(auidOf(4))), having(` auid=${auidOf(4)} ses=`));
  assert.equal(await search('--session', '77'), having(' ses=77 '));
  assert.equal(await search('-x', '/usr/bin/drover'), withFeeds(lines));
  assert.equal(await search('-vm', 'web-3'), having(' vm="web-3" '));
  assert.equal(await search('-tm', 'web/ops'), having(' terminal=web/ops '));
  const failed = lines.filter((line) => line.includes(' res=failed chain=')).length;
  assert.match(
    await run(aureport, '-if', directory, '--summary', '--failed'),
    new RegExp(`Number of events: ${failed}\\n`),
  );
  assert.deepEqual(problemsOf(await verify(directory)), []);
});

test('nobody is shown as unset', async (t) => {
  const { ausearch } = await auditTools();
  const directory = await writeLog(t, [entryOf(5, { actor: NOBODY, account: null, address: null })]);
  assert.match(await run(ausearch, '-if', directory, '--session', '5', '-i'), / auid=unset /);
});
