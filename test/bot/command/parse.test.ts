/** The grammar as a table: what people type, and what it means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../actions/action.ts';
import type { Parsed } from '../../../bot/command/command.ts';
import { parseLine } from '../../../bot/command/parse.ts';
import { actions, vmNames } from './fixtures.ts';

function parse(text: string, addressed = false): Parsed {
  return parseLine(text, { actions, vmNames, addressed });
}

function action(name: string, args: JsonObject, dryRun = false): Parsed {
  return { kind: 'command', command: { kind: 'action', action: name, args, dryRun } };
}

function help(verb: string | null): Parsed {
  return { kind: 'command', command: { kind: 'help', verb } };
}

const show = action('vm.show', { vm: 'web-01' });
const forced = action('vm.stop', { vm: 'web-01', force: true });

const commands: [line: string, meant: Parsed][] = [
  // the address
  ['vm show web-01', show],
  ['  VM   Show\tweb-01 ', show],
  ['/vm show web-01', show],
  ['@drover vm show web-01', show],
  ['@Drover: show web-01', show],
  ['drover vm show web-01', show],
  ['drover, /vm show web-01', show],
  ['`vm show web-01`', show],
  ['```\nvm show web-01\n```', show],
  ['@drover `vm show web-01`', show],
  ['\u200evm show web-01\u200b', show],
  // what keyboards and pastes do
  ['ｖｍ　ｓｈｏｗ　web-01', show],
  ['vm\u00a0show\u202fweb-01', show],
  ['vm show `web-01`', show],
  ['vm show “web-01”', show],
  ['vm show „web-01“', show],
  ['vm show «web-01»', show],
  ["vm show 'web-01'", show],
  ['vm show web\\-01', show],
  ['vm stop web-01 —force', forced],
  ['vm stop web-01 –force', forced],
  ['vm stop web-01 ––force', forced],
  ['vm stop web-01 －－force', forced],
  ['vm stop web-01 --ＦＯＲＣＥ', forced],
  ['vm stop web-01 --dry‑run', action('vm.stop', { vm: 'web-01' }, true)],
  // aliases
  ['vm info web-01', show],
  ['vm ls', action('vm.list', {})],
  ['vm poweroff web-01', action('vm.stop', { vm: 'web-01' })],
  ['vm rm web-01', action('vm.delete', { vm: 'web-01' })],
  // options
  ['vm stop --force web-01', forced],
  ['vm stop web-01 --force=yes', forced],
  ['vm stop web-01 --no-force', action('vm.stop', { vm: 'web-01', force: false })],
  ['vm stop web-01 --no-force=no', forced],
  ['vm stop --vm web-01 --force', forced],
  ['vm stop web-01 --grace 60', action('vm.stop', { vm: 'web-01', graceSeconds: '60' })],
  ['vm stop web-01 --grace=60', action('vm.stop', { vm: 'web-01', graceSeconds: '60' })],
  ['vm stop web-01 --grace-seconds 60', action('vm.stop', { vm: 'web-01', graceSeconds: '60' })],
  ['vm stop web-01 grace=60', action('vm.stop', { vm: 'web-01', graceSeconds: '60' })],
  ['vm stop web-01 --grace＝60', action('vm.stop', { vm: 'web-01', graceSeconds: '60' })],
  ['vm stop web-01 --grace -5', action('vm.stop', { vm: 'web-01', graceSeconds: '-5' })],
  ['vm stop web-01 --grace ""', action('vm.stop', { vm: 'web-01', graceSeconds: '' })],
  ['vm stop web-01 --grace=""', action('vm.stop', { vm: 'web-01', graceSeconds: '' })],
  ['vm show -- --help', action('vm.show', { vm: '--help' })],
  ['vm show "--help"', action('vm.show', { vm: '--help' })],
  ['vm create x --owner "team \\"a\\" b"', action('vm.create', { name: 'x', owner: 'team "a" b' })],
  ["vm create x --owner=o'neil", action('vm.create', { name: 'x', owner: "o'neil" })],
  ['vm create x --memory ８GiB', action('vm.create', { name: 'x', memory: '８GiB' })],
  ['vm create x --dry-run --no-start', action('vm.create', { name: 'x', start: false }, true)],
  // lists, tags, selectors
  ['vm list owner=team-a env=dev', action('vm.list', { selector: ['owner=team-a', 'env=dev'] })],
  ['vm list owner="team a"', action('vm.list', { selector: ['owner=team a'] })],
  ['vm create x --tag env=dev --tags tier=web', action('vm.create', { name: 'x', tags: ['env=dev', 'tier=web'] })],
  ['vm create x --env dev', action('vm.create', { name: 'x', tags: ['env=dev'] })],
  // names in any script
  ['vm show кеш-1', action('vm.show', { vm: 'кеш-1' })],
  ['vm show 数据库-1', action('vm.show', { vm: '数据库-1' })],
  ['vm create cafe\u0301', action('vm.create', { name: 'caf\u00e9' })],
  ['vm show entirely-else', action('vm.show', { vm: 'entirely-else' })],
  // help and explain
  ['vm help', help(null)],
  ['vm ?', help(null)],
  ['@drover', help(null)],
  ['vm help stop', help('stop')],
  ['vm help vm rm', help('delete')],
  ['vm stop --help', help('stop')],
  ['vm stop web-01 -h', help('stop')],
  [
    'vm explain stop web-01 --force',
    {
      kind: 'command',
      command: {
        kind: 'explain',
        of: { kind: 'action', action: 'vm.stop', args: { vm: 'web-01', force: true }, dryRun: false },
      },
    },
  ],
  [
    'vm explain "vm show web-01"',
    {
      kind: 'command',
      command: { kind: 'explain', of: { kind: 'action', action: 'vm.show', args: { vm: 'web-01' }, dryRun: false } },
    },
  ],
];

test('every way to type a command gives the same value', async (t) => {
  for (const [line, meant] of commands) {
    await t.test(JSON.stringify(line), () => assert.deepEqual(parse(line), meant));
  }
});

const wrong: [line: string, reason: RegExp, suggestion: string | null][] = [
  ['vm shwo web-01', /no command "shwo"/, 'vm show web-01'],
  ['vm halt web-01', /no command "halt"/, 'vm stop web-01'],
  ['vm remove web-01', /no command "remove"/, 'vm delete web-01'],
  ['vm web-01 stop --force', /no command "web-01"/, 'vm stop web-01 --force'],
  ['vm constructor', /no command/, 'vm help'],
  ['vm __proto__', /no command/, 'vm help'],
  ['vm help stpo', /no command "stpo"/, 'vm help stop'],
  ['vm stop', /stop needs a target/, 'vm stop web-01'],
  ['vm stop web-01 web-02', /takes one target, "web-02" is one too many/, 'vm stop web-01'],
  ['vm doctor web-01', /takes no target/, 'vm doctor'],
  ['vm stop web-01 --froce', /no option "--froce"/, 'vm stop web-01 --force'],
  ['vm stop web-01 -force', /no option "-force"/, 'vm stop web-01 --force'],
  ['vm stop web-01 --gracee=60', /no option "--gracee"/, 'vm stop web-01 --grace=60'],
  ['vm create web-02 --mem 8GiB', /no option "--mem"/, 'vm create web-02 --memory 8GiB'],
  ['vm create web-02 memry="8 GiB"', /no option "memry"/, 'vm create web-02 --memory="8 GiB"'],
  ['vm create web-02 tier=web', /no option "tier"/, 'vm create web-02 --tag tier=web'],
  ['vm stop web-01 --constructor', /no option/, 'vm help stop'],
  ['vm list --owner team-a', /no option "--owner"/, 'vm list owner=team-a'],
  ['vm list --owner="team a"', /no option "--owner"/, 'vm list owner="team a"'],
  ['vm stop web-01 --grace', /--grace needs a value/, 'vm help stop'],
  ['vm stop web-01 --grace=', /--grace needs a value/, 'vm help stop'],
  ['vm stop web-01 --grace --force', /--grace needs a value/, 'vm help stop'],
  ['vm stop web-01 --force=maybe', /takes no value/, 'vm stop web-01 --force'],
  ['vm stop web-01 --grace 5 --grace 6', /grace is given twice/, 'vm stop web-01 --grace 5'],
  ['vm stop web-01 --force --no-force', /force is given twice/, 'vm stop web-01 --force'],
  ['vm stop web-01 --vm db-main', /vm is given twice/, 'vm stop web-01'],
  ['vm stop wbe-01', /no VM "wbe-01"; the nearest name is web-01/, 'vm stop web-01'],
  ['vm stop WEB-01', /the nearest name is web-01/, 'vm stop web-01'],
  ['vm stop wеb-01', /its е is U\+0435.*nearest name is web-01/, 'vm stop web-01'],
  ['vm stop ｗeb-01 --dry-run', /nearest name is web-01/, 'vm stop web-01 --dry-run'],
  ['vm show strasse', /nearest name is Straße/, 'vm show Straße'],
  ['vm stpo wbe-01 --froce', /no command "stpo"/, 'vm stop web-01 --force'],
  ['vm show "web-01', /quote " is not closed/, 'vm show "web-01"'],
  ['vm show web\u202e-01', /nobody can see \(U\+202E\)/, 'vm show web-01'],
  ['vm show web\u{e0041}-01', /nobody can see \(U\+E0041\)/, 'vm show web-01'],
  ['vm show web\ud800-01', /nobody can see \(U\+D800\)/, 'vm show web-01'],
  ['vm \ud800', /nobody can see \(U\+D800\)/, null],
  ['vm explain', /explain needs a command/, 'vm explain vm list'],
  ['vm explain stpo web-01', /no command "stpo"/, 'vm explain vm stop web-01'],
  [`vm show ${'x'.repeat(2000)}`, /more than 2000 characters/, null],
  [`vm list ${'a=b '.repeat(64)}`, /more than 64 words/, null],
];

test('a refusal says what is wrong and offers the whole corrected line', async (t) => {
  for (const [line, reason, suggestion] of wrong) {
    await t.test(JSON.stringify(line.slice(0, 60)), () => {
      const parsed = parse(line);
      assert.equal(parsed.kind, 'refusal');
      assert.match(parsed.kind === 'refusal' ? parsed.reason : '', reason);
      assert.equal(parsed.kind === 'refusal' ? parsed.suggestion : '', suggestion);
    });
  }
});

test('talk among people is ignored', () => {
  const talk = [
    '',
    ' ',
    'hello',
    'vm',
    'vm \u202e',
    'vm \u00a0\u200b',
    'vms are slow',
    'drover is slow today',
    'the vm show was fine',
    'drover',
    `${'x'.repeat(9000)} vm list`,
  ];
  for (const text of talk) assert.deepEqual(parse(text), { kind: 'ignored' }, JSON.stringify(text));
});

test('where the platform says that we are meant, `vm` may be left out', () => {
  assert.deepEqual(parse('show web-01', true), show);
  assert.deepEqual(parse('drover show web-01', true), show);
  assert.deepEqual(parse('', true), help(null));
  assert.equal(parse('good morning', true).kind, 'refusal');
});

test('suggestions name no VM that the person may not see', () => {
  const blind = parseLine('vm stop wbe-01', { actions, vmNames: [], addressed: false });
  assert.deepEqual(blind, action('vm.stop', { vm: 'wbe-01' }));
});

test('a new VM may be called nearly as an old one', () => {
  assert.deepEqual(parse('vm create web-02'), action('vm.create', { name: 'web-02' }));
});

test('two names that look alike are two names', () => {
  const both = { actions, vmNames: ['web-01', 'wеb-01', 'ｗeb-01'], addressed: false };
  assert.deepEqual(parseLine('vm show ｗeb-01', both), action('vm.show', { vm: 'ｗeb-01' }));
  assert.deepEqual(parseLine('vm show wеb-01', both), action('vm.show', { vm: 'wеb-01' }));
  assert.deepEqual(parseLine('vm show web-01', both), show);
});

test('a verb that the person may not use is no verb', () => {
  const few = { actions: actions.filter(({ risk }) => risk === 'read'), vmNames, addressed: false };
  const parsed = parseLine('vm stop web-01', few);
  assert.deepEqual(parsed, { kind: 'refusal', reason: 'there is no command "stop"', suggestion: 'vm help' });
});
