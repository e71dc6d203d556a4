/** Explanations: what was considered, what is missing, and that nothing is told to whom it is not for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, formatExplanation } from '../../policies/explain.ts';
import { policyOf, question, vm } from './fixture.ts';

const ask = (name: string, when: string) =>
  JSON.stringify({ name, effect: 'ask', actions: ['vm.stop'], when, approve: { group: 'approvers' }, expires: '2h' });
const allow = (name: string, when: string) => JSON.stringify({ name, effect: 'allow', actions: ['vm.*'], when });
const deny = (name: string, when: string) => JSON.stringify({ name, effect: 'deny', actions: ['vm.*'], when });

const changes: { name: string; rules: string[]; part?: Parameters<typeof question>[0]; expected: string | null }[] = [
  {
    name: 'a tag',
    rules: [allow('a', 'target.env == "test"')],
    expected: 'it would be allowed by rule "a" (p.yaml:2) if target.tags.env were "test"',
  },
  {
    name: 'any tag',
    rules: [allow('a', 'has(target.tags.tier) && target.tags.tier == "low"')],
    expected: 'it would be allowed by rule "a" (p.yaml:2) if target.tags.tier were "low"',
  },
  {
    name: 'a group',
    rules: [allow('a', '"operators" in person.groups')],
    expected: 'it would be allowed by rule "a" (p.yaml:2) if person.groups had "operators"',
  },
  {
    name: 'an owner',
    rules: [allow('a', 'owns(target)')],
    part: { person: { name: 'eve', groups: [] } },
    expected: 'it would be allowed by rule "a" (p.yaml:2) if target.owner were "eve"',
  },
  {
    name: 'a channel',
    rules: [allow('a', 'request.channel == "C1"')],
    expected: 'it would be allowed by rule "a" (p.yaml:2) if request.channel were "C1"',
  },
  {
    name: 'an argument',
    rules: [allow('a', 'args.vcpus <= 4')],
    part: { args: { vcpus: 16 } },
    expected: 'it would be allowed by rule "a" (p.yaml:2) if args.vcpus were 4',
  },
  {
    name: 'protection',
    rules: [allow('a', 'owns(target)'), deny('d', 'target.protected')],
    part: { target: vm({ protected: true }) },
    expected: 'it would be allowed by rule "a" (p.yaml:2) if the VM were not protected',
  },
  {
    name: 'the next hour',
    rules: [allow('a', 'weekday(now, "Europe/Berlin") == "sat"')],
    expected: 'it would be allowed by rule "a" (p.yaml:2) if it were 2026-01-16T23:00:00.000Z',
  },
  {
    name: 'asking, where nothing allows',
    rules: [ask('a', 'target.env == "test"')],
    expected: 'it could be asked for by rule "a" (p.yaml:2) if target.tags.env were "test"',
  },
  {
    name: 'what needs no approval, where asking is possible',
    rules: [ask('a', 'true'), allow('b', 'true'), deny('d', 'target.env == "x"')],
    expected: null,
  },
  {
    name: 'two things',
    rules: [allow('a', 'target.env == "test" && target.tags.env == "test" && "operators" in person.groups')],
    expected:
      'it would be allowed by rule "a" (p.yaml:2) if target.tags.env were "test" and person.groups had "operators"',
  },
  { name: 'nothing, where nothing helps', rules: [allow('a', 'false')], expected: null },
  { name: 'nothing, where it passes', rules: [allow('a', 'true')], expected: null },
];

for (const { name, rules, part, expected } of changes) {
  test(`the smallest change: ${name}`, () => {
    assert.equal(explain(policyOf(...rules), question(part), 'operator').smallestChange, expected);
  });
}

test('every rule on the action is listed with its place, whether it matched, and the facts that decided', () => {
  const policy = policyOf(
    ask('prod', 'target.env == "prod" || target.env == ""'),
    deny('tier', 'target.tags.tier == "gold"'),
  );
  assert.deepEqual(explain(policy, question(), 'operator').considered, [
    { rule: { name: 'prod', file: 'p.yaml', line: 2 }, effect: 'ask', matched: false, why: ['target.env is "dev"'] },
    {
      rule: { name: 'tier', file: 'p.yaml', line: 3 },
      effect: 'deny',
      matched: true,
      why: ['cannot be evaluated: No such key: tier', '"target.tags.tier == "gold"" cannot be said: No such key: tier'],
    },
  ]);
});

test('as text it reads from the outcome down to the smallest change', () => {
  const policy = policyOf(allow('dev', 'target.env == "dev"'), ask('prod', 'target.env == "prod"'));
  const lines = formatExplanation(explain(policy, question({ target: vm({ tags: { env: 'prod' } }) })));
  assert.deepEqual(lines, [
    'Needs 1 of approvers within 120 min, by "prod" (p.yaml:3)',
    '  because target.env is "prod"',
    'Rules considered:',
    '  - allow "dev" (p.yaml:2): target.env is "prod"',
    '  + ask "prod" (p.yaml:3): target.env is "prod"',
    'Smallest change: it would be allowed by rule "dev" (p.yaml:2) if target.tags.env were "dev"',
  ]);
});

test('a requester without rights reads the same on every VM, and an operator does not', () => {
  const policy = policyOf(
    allow('own', 'owns(target) && target.env == "dev"'),
    ask('ops', '"operators" in person.groups && target.env == "prod"'),
    deny('eve', 'person.name == "eve"'),
    deny('guarded', 'target.protected'),
  );
  const one = question({ person: { name: 'eve', groups: [] } });
  const two = { ...one, target: vm({ exists: false, owner: '', tags: { env: 'prod' }, protected: true }) };
  assert.deepEqual(explain(policy, one), explain(policy, two));
  assert.notDeepEqual(explain(policy, one, 'operator'), explain(policy, two, 'operator'));
  assert.deepEqual(
    explain(policy, one).considered.map((each) => `${each.rule.name} ${each.matched}`),
    ['own null', 'ops false', 'eve true', 'guarded null'],
  );
});
