/** Tables of cases, and the shipped policy with its own. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry } from '../../actions/registry.ts';
import { runCases } from '../../policies/cases.ts';
import { loadPolicy } from '../../policies/load.ts';
import { groups, policyOf, risks } from './fixture.ts';

const directory = join(import.meta.dirname, '../../policies');

const settings = { pool: 'default', defaultImage: null, readyTimeoutSeconds: 60, memoryOvercommit: 1 };
/** The shipped policy speaks of the actions that there are; the other tests here of a few. */
const shipped = new Map([...createRegistry(settings).actions.values()].map(({ name, risk }) => [name, risk]));

test('the shipped policy loads without a warning, and its cases pass and exercise every rule', async () => {
  const loaded = await loadPolicy({ directory, actionNames: [...shipped.keys()], groups });
  assert.deepEqual(loaded.kind === 'broken' ? loaded.problems : [], []);
  if (loaded.kind !== 'loaded') return;
  assert.deepEqual(loaded.warnings, []);
  const name = 'default.test.yaml';
  const ran = runCases({ name, text: await readFile(join(directory, name), 'utf8') }, loaded.policy, shipped);
  assert.equal(ran.kind, 'ran', JSON.stringify(ran));
  if (ran.kind !== 'ran') return;
  assert.deepEqual(
    ran.results.filter((result) => result.kind === 'failed'),
    [],
  );
  assert.deepEqual(ran.unexercised, []);
});

const policy = policyOf(
  '{ name: own, effect: allow, actions: ["vm.*"], when: "owns(target) && target.env == \'dev\'" }',
  '{ name: prod, effect: ask, actions: [vm.stop], when: "target.env == \'prod\'", approve: { group: approvers, count: 2 } }',
  '{ name: night, effect: deny, actions: [vm.stop], when: "hour(now, \'Europe/Berlin\') < 6" }',
);

function run(...cases: string[]) {
  return runCases({ name: 'c.yaml', text: `cases:\n${cases.map((one) => `  - ${one}\n`).join('')}` }, policy, risks);
}

test('a case that comes out otherwise says where it stands, what came, and why', () => {
  const ran = run(
    '{ name: a, person: { name: tom }, action: vm.stop, target: { owner: team-a, tags: { env: dev } }, expect: allow, rule: own }',
  );
  const [result] = ran.kind === 'ran' ? ran.results : [];
  assert.equal(result?.kind, 'failed');
  if (result?.kind !== 'failed') return;
  assert.deepEqual([result.line, result.wanted, result.came], [2, 'allow by own', 'deny']);
  assert.ok(
    result.explanation.includes(
      'Smallest change: it would be allowed by rule "own" (p.yaml:2) if target.owner were "tom"',
    ),
    result.explanation.join('\n'),
  );
});

test('the right effect by another rule, or with other approvers, is not right', () => {
  const prod = 'person: { name: tom }, action: vm.stop, target: { tags: { env: prod } }, expect: ask';
  const ran = run(
    `{ name: a, ${prod}, rule: own }`,
    `{ name: b, ${prod}, approve: { group: approvers } }`,
    `{ name: c, ${prod}, rule: prod, approve: { group: approvers, count: 2 } }`,
  );
  assert.deepEqual(ran.kind === 'ran' && ran.results.map((result) => result.kind), ['failed', 'failed', 'passed']);
});

test('the time of a case is the time that the rules see', () => {
  const stop = 'person: { name: tom }, action: vm.stop, target: { owner: tom, tags: { env: dev } }';
  const ran = run(
    `{ name: a, ${stop}, at: '2026-07-01T05:59:00+02:00', expect: deny, rule: night }`,
    `{ name: b, ${stop}, at: '2026-07-01T04:00:00Z', expect: allow }`,
  );
  assert.deepEqual(ran.kind === 'ran' && ran.results.map((result) => result.kind), ['passed', 'passed']);
});

test('rules that no case exercises are named', () => {
  const ran = run('{ name: a, person: { name: eve }, action: vm.list, expect: deny }');
  assert.deepEqual(ran.kind === 'ran' && ran.unexercised.map((rule) => `${rule.name} ${rule.line}`), [
    'own 2',
    'prod 3',
    'night 4',
  ]);
});

test('a wrong word in a table is found at its place', () => {
  const ran = run(
    '{ name: a, person: { name: eve }, action: vm.lst, expect: deny }',
    '{ name: b, person: { name: eve }, action: vm.list, expcet: deny }',
  );
  assert.deepEqual(ran.kind === 'broken' && ran.problems.map(({ line, column }) => `${line}:${column}`), [
    '3:5',
    '3:56',
  ]);
  const action = run('{ name: a, person: { name: eve }, action: vm.lst, expect: deny }');
  assert.match(
    action.kind === 'broken' ? (action.problems[0]?.problem ?? '') : '',
    /unknown action "vm.lst".*did you mean "vm.list"/,
  );
});
