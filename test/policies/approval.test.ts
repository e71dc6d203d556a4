/** Votes on requirements, against a reference that tries every way to seat people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ballot, judgeVotes } from '../../policies/approval.ts';
import type { Requirement } from '../../policies/decision.ts';
import { joinRequirements } from '../../policies/requirement.ts';

const group = (name: string, count: number): Requirement => ({ kind: 'group', group: name, count });
const all = (...of: Requirement[]): Requirement => ({ kind: 'all', of });
const any = (...of: Requirement[]): Requirement => ({ kind: 'any', of });

const leaves = [group('a', 1), group('a', 2), group('b', 1), group('b', 2)];
const pairsOf = (parts: Requirement[]) => parts.flatMap((x) => parts.flatMap((y) => [all(x, y), any(x, y)]));
const small = [...leaves, ...pairsOf(leaves)];
const nested = leaves.flatMap((x) => pairsOf(leaves.slice(0, 3)).flatMap((y) => [all(x, y), any(x, y)]));
/** Who is in neither, one or both groups; the rest of the people are in none. */
const memberships: Ballot['members'][] = [
  { a: ['p', 'q'], b: ['q', 'r'] },
  { a: ['p', 'q', 'r'], b: ['q'] },
  { a: ['p', 'q', 'r', 's'], b: ['p', 'q', 'r', 's'] },
  { a: ['p'], b: [] },
  { a: ['p', 'r'] },
];
const people = ['p', 'q', 'r', 's'];

/** Seats people for each part and passes on who is left: every order, every choice. */
function leftOver(requirement: Requirement, free: string[], members: Ballot['members']): string[][] {
  if (requirement.kind === 'any') return requirement.of.flatMap((part) => leftOver(part, free, members));
  if (requirement.kind === 'all') {
    return requirement.of.reduce<string[][]>(
      (states, part) => states.flatMap((state) => leftOver(part, state, members)),
      [free],
    );
  }
  if (requirement.count === 0) return [free];
  const fitting = free.filter((person) => members[requirement.group]?.includes(person));
  return fitting.flatMap((person) =>
    leftOver(
      group(requirement.group, requirement.count - 1),
      free.filter((other) => other !== person),
      members,
    ),
  );
}

function isMet(requirement: Requirement, who: string[], members: Ballot['members']): boolean {
  return leftOver(requirement, who, members).length > 0;
}

/** Every requirement, membership, set of approvals, and one or no excluded person. */
function* everyBallot(requirements: Requirement[]): Generator<Ballot & { approved: string[] }> {
  for (const requirement of requirements)
    for (const members of memberships)
      for (let mask = 0; mask < 16; mask++)
        for (const excluded of [[], ['q']]) {
          const voters = people.filter((_, at) => (mask & (1 << at)) !== 0);
          const votes = voters.map((person) => ({ person, vote: 'approve' }) as const);
          yield { requirement, members, excluded, votes, approved: voters.filter((each) => !excluded.includes(each)) };
        }
}

test('on every small ballot the judgement is what trying every seating says', () => {
  let judged = 0;
  for (const ballot of everyBallot([...small, ...nested])) {
    const { requirement, members, excluded, approved } = ballot;
    const eligible = people.filter((person) => !excluded.includes(person));
    const expected = isMet(requirement, approved, members)
      ? 'met'
      : isMet(requirement, eligible, members)
        ? 'missing'
        : 'impossible';
    assert.equal(judgeVotes(ballot).kind, expected, JSON.stringify(ballot));
    judged++;
  }
  assert.ok(judged > 10_000);
});

test('those named by a met ballot suffice without anybody else, and none of them is excluded', () => {
  for (const ballot of everyBallot(small)) {
    const judgement = judgeVotes(ballot);
    if (judgement.kind !== 'met') continue;
    assert.ok(isMet(ballot.requirement, judgement.by, ballot.members));
    assert.ok(judgement.by.every((person) => ballot.approved.includes(person)));
  }
});

test('everybody who is named as missing may vote, and enough of them complete it', () => {
  for (const ballot of everyBallot([...small, ...nested])) {
    const judgement = judgeVotes(ballot);
    if (judgement.kind !== 'missing') continue;
    const { requirement, members, approved, excluded } = ballot;
    assert.ok(judgement.who.every((person) => !approved.includes(person) && !excluded.includes(person)));
    assert.ok(isMet(requirement, [...approved, ...judgement.who], members), JSON.stringify({ ballot, judgement }));
    assert.ok(judgement.missing.length > 0);
    for (const person of new Set([...people.filter((each) => !excluded.includes(each))])) {
      const completes = !approved.includes(person) && isMet(requirement, [...approved, person], members);
      if (completes) assert.ok(judgement.who.includes(person), `${person} would complete it`);
    }
  }
});

const ops: Ballot = { requirement: group('ops', 2), members: { ops: ['ann', 'ben', 'cyd'] }, excluded: [], votes: [] };

const judgements: { name: string; ballot: Partial<Ballot>; expected: unknown }[] = [
  {
    name: 'one of two is missing the other, and says who can give it',
    ballot: { votes: [{ person: 'ann', vote: 'approve' }] },
    expected: { kind: 'missing', missing: ['1 more of ops (ben, cyd)'], who: ['ben', 'cyd'] },
  },
  {
    name: 'two votes of one person count once',
    ballot: {
      votes: [
        { person: 'ann', vote: 'approve' },
        { person: 'ann', vote: 'approve' },
      ],
    },
    expected: { kind: 'missing', missing: ['1 more of ops (ben, cyd)'], who: ['ben', 'cyd'] },
  },
  {
    name: 'the requester does not count for his own request',
    ballot: {
      excluded: ['ann'],
      votes: [
        { person: 'ann', vote: 'approve' },
        { person: 'ben', vote: 'approve' },
      ],
    },
    expected: { kind: 'missing', missing: ['1 more of ops (cyd)'], who: ['cyd'] },
  },
  {
    name: 'a rejection by somebody entitled ends it',
    ballot: {
      votes: [
        { person: 'ann', vote: 'approve' },
        { person: 'ben', vote: 'reject' },
      ],
    },
    expected: { kind: 'rejected', by: ['ben'] },
  },
  {
    name: 'a rejection by somebody who may not approve is no vote',
    ballot: {
      votes: [
        { person: 'eve', vote: 'reject' },
        { person: 'ann', vote: 'approve' },
        { person: 'ben', vote: 'approve' },
      ],
    },
    expected: { kind: 'met', by: ['ann', 'ben'] },
  },
  {
    name: 'the vote of somebody who has left the group no longer counts',
    ballot: {
      members: { ops: ['ben', 'cyd'] },
      votes: [
        { person: 'ann', vote: 'approve' },
        { person: 'ben', vote: 'approve' },
      ],
    },
    expected: { kind: 'missing', missing: ['1 more of ops (cyd)'], who: ['cyd'] },
  },
  {
    name: 'too few people left is said to be impossible, with the numbers',
    ballot: { excluded: ['ann', 'ben'] },
    expected: {
      kind: 'impossible',
      why: 'too few people can approve this: ops has 1 who may vote (3 with those excluded)',
    },
  },
  {
    name: 'one person in two groups fills one place only',
    ballot: {
      requirement: all(group('ops', 1), group('owners', 1)),
      members: { ops: ['ann'], owners: ['ann', 'tom'] },
      votes: [{ person: 'ann', vote: 'approve' }],
    },
    expected: { kind: 'missing', missing: ['1 more of owners (tom)'], who: ['tom'] },
  },
  {
    name: 'either way is named where both are as near',
    ballot: { requirement: any(group('ops', 1), group('owners', 1)), members: { ops: ['ann'], owners: ['tom'] } },
    expected: { kind: 'missing', missing: ['1 more of ops (ann)', '1 more of owners (tom)'], who: ['ann', 'tom'] },
  },
  {
    name: 'a group that is not known has nobody',
    ballot: { requirement: group('constructor', 1), members: {} },
    expected: { kind: 'impossible', why: 'too few people can approve this: constructor has 0 who may vote' },
  },
];

for (const { name, ballot, expected } of judgements) {
  test(name, () => assert.deepEqual(judgeVotes({ ...ops, ...ballot }), expected));
}

const requirements = fc.letrec<{ tree: Requirement }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2 },
    fc.record({
      kind: fc.constant('group' as const),
      group: fc.constantFrom('a', 'b', 'c'),
      count: fc.integer({ min: 1, max: 2 }),
    }),
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).tree;

test('whoever meets a joined requirement meets each of its parts', () => {
  const members = { a: ['p', 'q', 'r'], b: ['q', 'r', 's'], c: ['s', 't'] };
  const voters = fc.subarray(['p', 'q', 'r', 's', 't']);
  fc.assert(
    fc.property(fc.array(requirements, { minLength: 1, maxLength: 3 }), voters, (parts, who) => {
      if (!isMet(joinRequirements(parts), who, members)) return;
      for (const part of parts) assert.ok(isMet(part, who, members));
    }),
  );
});

test('joining the same group keeps the larger number, and the same branch once', () => {
  const either = any(group('a', 1), group('b', 1));
  assert.deepEqual(joinRequirements([group('a', 1), group('a', 2)]), group('a', 2));
  assert.deepEqual(joinRequirements([either, group('a', 1), either]), all(either, group('a', 1)));
  assert.deepEqual(joinRequirements([all(group('a', 1), group('a', 1)), group('a', 1)]), group('a', 2));
});
