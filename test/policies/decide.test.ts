/** Decisions: which rule wins, what fails closed, and that a person without rights learns nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CelContext } from '../../policies/context.ts';
import { celContext } from '../../policies/context.ts';
import { countsAsMatch, matchRule } from '../../policies/decide.ts';
import type { Decision, PolicyQuestion } from '../../policies/decision.ts';
import type { LoadedPolicy } from '../../policies/load.ts';
import type { Rule } from '../../policies/rules.ts';
import { policyOf, question, risks, vm } from './fixture.ts';

const allow = '{ name: allow, effect: allow, actions: ["vm.*"] }';
const ask = '{ name: ask, effect: ask, actions: ["vm.*"], approve: { group: approvers }, expires: 4h }';
const deny = '{ name: deny, effect: deny, actions: ["vm.*"], reason: never, hint: wait }';
const when = (effect: string, condition: string) =>
  JSON.stringify({
    name: `${effect}-when`,
    effect,
    actions: ['vm.*'],
    when: condition,
    ...(effect === 'ask' ? { approve: { group: 'approvers' } } : {}),
  });

/** `deny deny-when`: what came, and by which rules. */
function outcome(decision: Decision): string {
  if (decision.kind === 'ask') return `ask ${decision.rules.map((rule) => rule.name).join(' ')}`;
  return `${decision.kind} ${decision.rule?.name ?? 'nothing'}`;
}

const outcomes: { name: string; rules: string[]; part?: Parameters<typeof question>[0]; expected: string }[] = [
  { name: 'nothing matched is denied', rules: [when('allow', 'target.env == "prod"')], expected: 'deny nothing' },
  { name: 'ask wins over allow', rules: [allow, ask], expected: 'ask ask' },
  { name: 'deny wins over both, wherever it stands', rules: [allow, ask, deny], expected: 'deny deny' },
  {
    name: 'an action that is not registered is denied',
    rules: [allow],
    part: { action: 'vm.explode' },
    expected: 'deny nothing',
  },
  {
    name: 'a person without a name is denied',
    rules: [allow],
    part: { person: { name: '', groups: ['approvers'] } },
    expected: 'deny nothing',
  },
  {
    name: 'a missing tag leaves an allow rule out',
    rules: [when('allow', 'target.tags.x == "y"')],
    expected: 'deny nothing',
  },
  {
    name: 'a missing tag in an ask rule denies what would have passed without asking',
    rules: [allow, when('ask', 'target.tags.x == "y"')],
    expected: 'deny ask-when',
  },
  {
    name: 'a missing tag makes a deny rule match',
    rules: [allow, when('deny', 'target.tags.x == "y"')],
    expected: 'deny deny-when',
  },
  {
    name: 'a missing argument makes a deny rule match',
    rules: [allow, when('deny', 'args.n > 3')],
    expected: 'deny deny-when',
  },
  {
    name: 'an argument of another type makes a deny rule match',
    rules: [allow, when('deny', 'args.n > 3')],
    part: { args: { n: 'x' } },
    expected: 'deny deny-when',
  },
  {
    name: 'a deny rule about a VM is not about an action without one',
    rules: [allow, when('deny', 'target.protected')],
    part: { action: 'vm.list', target: null },
    expected: 'allow allow',
  },
  {
    name: 'an allow rule about a VM is not about an action without one',
    rules: [when('allow', 'target.env != "prod"')],
    part: { action: 'vm.list', target: null },
    expected: 'deny nothing',
  },
  {
    name: 'what settles || wins over an error beside it',
    rules: [allow, when('deny', '"team-b" in person.groups || target.tags.x == "y"')],
    part: { person: { name: 'eve', groups: ['team-b'] }, target: null },
    expected: 'deny deny-when',
  },
  {
    name: 'everybody known is in everyone',
    rules: [when('allow', '"everyone" in person.groups')],
    expected: 'allow allow-when',
  },
  {
    name: "a group that owns the VM makes it its members'",
    rules: [when('allow', 'owns(target)')],
    expected: 'allow allow-when',
  },
  {
    name: "a VM without an owner is nobody's",
    rules: [when('allow', 'owns(target)')],
    part: { target: vm({ owner: '' }) },
    expected: 'deny nothing',
  },
  {
    name: 'a missing env is the empty one',
    rules: [when('allow', 'target.env == ""')],
    part: { target: vm({ tags: {} }) },
    expected: 'allow allow-when',
  },
  {
    name: 'tags inherited by every object do not count',
    rules: [when('allow', 'has(target.tags.constructor)')],
    expected: 'deny nothing',
  },
  {
    name: 'whole numbers and fractions compare',
    rules: [when('allow', 'args.a >= 4 && args.b < 2.5 && args.c[0].d == 1')],
    part: { args: { a: 4, b: 1.5, c: [{ d: 1 }] } },
    expected: 'allow allow-when',
  },
  {
    name: 'hours are those of the zone named',
    rules: [when('allow', 'hour(now, "Europe/Berlin") == 13 && weekday(now, "UTC") == "wed"')],
    expected: 'allow allow-when',
  },
  {
    name: 'a clock is compared as text, across midnight of the zone',
    rules: [when('allow', 'clock(now, "Asia/Tokyo") == "00:30" && weekday(now, "Asia/Tokyo") == "thu"')],
    part: { now: Date.UTC(2026, 0, 14, 15, 30) },
    expected: 'allow allow-when',
  },
  {
    name: 'a risk that is not named is not meant',
    rules: ['{ name: a, effect: allow, actions: ["*"], risks: [read] }'],
    expected: 'deny nothing',
  },
];

for (const { name, rules, part, expected } of outcomes) {
  test(name, () => assert.equal(outcome(policyOf(...rules).decide(question(part))), expected));
}

test('several rules that ask are joined, with the shortest expiry', () => {
  const policy = policyOf(
    '{ name: one, effect: ask, actions: ["*"], approve: { group: approvers }, expires: 4h }',
    '{ name: two, effect: ask, actions: ["*"], approve: { group: approvers, count: 2 }, expires: 2d }',
    '{ name: three, effect: ask, actions: ["*"], approve: { any: [{ group: operators }, { group: team-b }] }, expires: 30m }',
  );
  const decision = policy.decide(question());
  assert.equal(decision.kind === 'ask' && decision.expiresSeconds, 1800);
  assert.deepEqual(decision.kind === 'ask' && decision.requirement, {
    kind: 'all',
    of: [
      { kind: 'group', group: 'approvers', count: 2 },
      {
        kind: 'any',
        of: [
          { kind: 'group', group: 'operators', count: 1 },
          { kind: 'group', group: 'team-b', count: 1 },
        ],
      },
    ],
  });
});

test('a decision names the rule with file and line, and the facts that decided, not the others', () => {
  const policy = policyOf(
    allow,
    when('ask', '(target.env == "dev" || target.env == "prod") && !("operators" in person.groups)'),
  );
  const decision = policy.decide(question({ target: vm({ tags: { env: 'prod' } }) }));
  assert.deepEqual(decision.kind === 'ask' && decision.rules, [{ name: 'ask-when', file: 'p.yaml', line: 3 }]);
  assert.deepEqual(decision.facts, ['target.env is "prod"', 'person.groups has no "operators"']);
});

test('a rule that could not be evaluated is said, in each kind of decision', () => {
  const asking = policyOf(allow, when('ask', 'target.tags.x == "y"')).decide(question());
  assert.match(asking.kind === 'deny' ? asking.reason : '', /rule "ask-when" cannot be evaluated: No such key: x/);
  const skipped = policyOf(allow, `{ name: other, effect: allow, actions: ["vm.*"], when: 'target.tags.x == "y"' }`);
  assert.match(skipped.decide(question()).facts.join(), /rule "other" does not count, .*: No such key: x/);
  const closed = policyOf(allow, when('deny', 'target.tags.x == "y"')).decide(question());
  assert.match(closed.kind === 'deny' ? closed.reason : '', /rule "deny-when" cannot be evaluated: No such key: x/);
});

test('a refusal names the nearest rule, where it stands and what is missing', () => {
  const policy = policyOf(
    when('allow', '"operators" in person.groups && "team-b" in person.groups'),
    '{ name: near, effect: allow, actions: ["vm.*"], when: "\'operators\' in person.groups && target.env == \'dev\'" }',
  );
  const decision = policy.decide(question());
  assert.equal(
    decision.kind === 'deny' && decision.hint,
    `rule "near" (p.yaml:3) would allow it with 'operators' in person.groups on a VM where target.env == 'dev'`,
  );
  assert.deepEqual(decision.facts, ['person.groups has no "operators"']);
});

test('values that look like secrets, and long ones, are not told', () => {
  const policy = policyOf(when('allow', 'args.password == "hunter2" || args.note != "" || args.deep == args.none'));
  const args = { password: 'hunter2', note: 'n'.repeat(500), deep: { token: 'hunter2' } };
  const told = JSON.stringify(policy.decide(question({ args })));
  assert.ok(!told.includes('hunter2') && !told.includes('n'.repeat(81)), told);
});

const conditions = [
  'target.protected',
  'target.env == "dev"',
  'target.owner == "team-a"',
  '"team-a" in person.groups',
  'person.name == "tom"',
  'target.tags.tier == "gold"',
  'request.channel == "ops"',
  'args.n > 3',
  'owns(target)',
  'target.exists',
  'hour(now, "UTC") < 12',
];
const condition = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    fc.constantFrom(...conditions),
    fc.tuple(tie('tree'), fc.constantFrom('&&', '&&', '||'), tie('tree')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie('tree').map((inner) => `!(${inner})`),
  ),
})).tree;
/** Rules as text: `policyOf` makes the policy inside of a property, so that a counterexample stays readable. */
const ruleTexts = fc
  .array(
    fc.record({
      effect: fc.constantFrom('allow', 'ask', 'deny'),
      when: condition,
      actions: fc.subarray([...risks.keys()], { minLength: 1 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((rules) =>
    rules.map((rule, at) =>
      JSON.stringify({
        name: `r${at}`,
        ...rule,
        ...(rule.effect === 'ask' ? { approve: { group: 'approvers' } } : {}),
      }),
    ),
  );
const targets = fc.record(
  {
    name: fc.constant('web-01'),
    exists: fc.boolean(),
    owner: fc.constantFrom('', 'tom', 'team-a', 'team-b'),
    tags: fc.constantFrom<Record<string, string>[]>(
      {},
      { env: 'dev' },
      { env: 'prod', tier: 'gold' },
      { tier: 'silver' },
    ),
    state: fc.constantFrom('', 'running'),
    protected: fc.boolean(),
  },
  { noNullPrototype: true },
);
const questions: fc.Arbitrary<PolicyQuestion> = fc
  .record({
    person: fc.record({ name: fc.constantFrom('tom', 'eve'), groups: fc.subarray(['team-a', 'team-b']) }),
    action: fc.constantFrom(...risks.keys()),
    args: fc.constantFrom({}, { n: 5 }, { n: 'many' }),
    target: fc.option(targets),
    request: fc.record({ platform: fc.constant('slack'), channel: fc.constantFrom('ops', 'dev') }),
    now: fc.integer({ min: 0, max: 4e12 }),
  })
  .map(question);

test('looking at indexed rules only comes to the same as looking at all', () => {
  fc.assert(
    fc.property(ruleTexts, questions, (texts, asked) => {
      const policy = policyOf(...texts);
      const context = celContext(asked);
      const matched = policy.rules.filter(
        (rule) => rule.actions.has(asked.action.name) && countsAsMatch(rule, context),
      );
      const unclear = policy.rules.some(
        (rule) => rule.effect.kind === 'ask' && rule.actions.has(asked.action.name) && isUnclear(rule, context),
      );
      const of = (kind: string) => matched.filter((rule) => rule.effect.kind === kind).map((rule) => rule.ref.name);
      const decision = policy.decide(asked);
      const expected =
        unclear || of('deny').length > 0
          ? 'deny'
          : of('ask').length > 0
            ? 'ask'
            : of('allow').length > 0
              ? 'allow'
              : 'deny';
      assert.equal(decision.kind, expected);
      if (decision.kind === 'ask')
        assert.deepEqual(
          decision.rules.map((rule) => rule.name),
          of('ask'),
        );
    }),
    { numRuns: 1500 },
  );
});

function isUnclear(rule: Rule, context: CelContext): boolean {
  const match = matchRule(rule, context);
  return match.kind === 'error' && !match.error.noTarget;
}

function isPermitted(policy: LoadedPolicy, asked: PolicyQuestion): boolean {
  const context = celContext(asked);
  return policy.rules.some(
    (rule) => rule.effect.kind !== 'deny' && rule.actions.has(asked.action.name) && countsAsMatch(rule, context),
  );
}

test('whom no rule permits anything hears the same of every VM, existing or not, protected or not', () => {
  let compared = 0;
  fc.assert(
    fc.property(ruleTexts, questions, targets, targets, (texts, asked, one, two) => {
      const policy = policyOf(...texts);
      const first = { ...asked, target: one };
      const second = { ...asked, target: two };
      if (isPermitted(policy, first) || isPermitted(policy, second)) return;
      compared++;
      assert.deepEqual(policy.decide(first), policy.decide(second));
    }),
    { numRuns: 1500 },
  );
  assert.ok(compared > 200);
});

test('deciding changes nothing and depends on nothing else', () => {
  fc.assert(
    fc.property(ruleTexts, questions, (texts, asked) => {
      const policy = policyOf(...texts);
      const before = JSON.stringify(asked);
      assert.deepEqual(policy.decide(asked), policy.decide(asked));
      assert.equal(JSON.stringify(asked), before);
    }),
  );
});
