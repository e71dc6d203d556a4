/**
 * Judges votes on a requirement. A person counts once in the whole tree, excluded people (the requester, the author of
 * the plan) never, and a voter who has left the group no longer. Pure; called afresh at every click.
 */
import type { Requirement } from './decision.ts';
import { type Fill, fillings } from './matching.ts';
import { groupsIn } from './requirement.ts';

export interface Vote {
  person: string;
  vote: 'approve' | 'reject';
}

export interface Ballot {
  requirement: Requirement;
  /** In order of time: of one person's votes the last counts. */
  votes: readonly Vote[];
  excluded: readonly string[];
  /** Today's members of each group; a group that is missing has none. */
  members: Readonly<Record<string, readonly string[]>>;
}

export type Judgement =
  | { kind: 'met'; by: string[] }
  /** `missing`: one sentence for each of the shortest ways left. `who`: everybody whose approval would bring some way nearer. */
  | { kind: 'missing'; missing: string[]; who: string[] }
  | { kind: 'impossible'; why: string }
  | { kind: 'rejected'; by: string[] };

/** Ways looked at to say what is missing; whether the votes suffice is judged on all. */
const MAX_WAYS = 500;
/** Shown at most; further ways that are as short are left out. */
const MAX_WAYS_SHOWN = 4;

export function judgeVotes(ballot: Ballot): Judgement {
  const eligible = eligiblePeople(ballot);
  const last = new Map(ballot.votes.map((vote) => [vote.person, vote.vote]));
  const voted = (vote: Vote['vote']) => eligible.filter((person) => last.get(person) === vote);
  const rejected = voted('reject');
  if (rejected.length > 0) return { kind: 'rejected', by: rejected };
  const approved = voted('approve');
  const others = eligible.filter((person) => !last.has(person));
  const { requirement, members } = ballot;
  const [done] = fillings(requirement, { approved, waiting: [], members });
  if (done !== undefined) return { kind: 'met', by: done.used };
  const ways = [...fillings(requirement, { approved, waiting: others, members }).take(MAX_WAYS)];
  if (ways.length === 0) return { kind: 'impossible', why: whyImpossible(ballot) };
  return { kind: 'missing', missing: describeShortest(ways, ballot, others), who: whoHelps(ways, others) };
}

/** Members of any group that the requirement names, without the excluded, in alphabetical order. */
export function eligiblePeople({ requirement, members, excluded }: Ballot): string[] {
  const people = groupsIn(requirement).flatMap((group) => membersOf(members, group));
  return [...new Set(people)].filter((person) => !excluded.includes(person)).sort();
}

export function membersOf(members: Ballot['members'], group: string): readonly string[] {
  return Object.hasOwn(members, group) ? (members[group] ?? []) : [];
}

function whoHelps(ways: readonly Fill[], others: readonly string[]): string[] {
  return others.filter((person) => ways.some((way) => way.helpers.has(person)));
}

function describeShortest(ways: readonly Fill[], ballot: Ballot, others: readonly string[]): string[] {
  const shortest = Math.min(...ways.map((way) => way.open.length));
  const sentences = ways
    .filter((way) => way.open.length === shortest)
    .map((way) => describeOpen(way.open, ballot, others));
  return [...new Set(sentences)].slice(0, MAX_WAYS_SHOWN);
}

/** `1 more of ops (ann, ben) and 2 more of owners (cyd, dan)` */
function describeOpen(open: readonly string[], { members }: Ballot, others: readonly string[]): string {
  return [...new Set(open)]
    .map((group) => {
      const count = open.filter((each) => each === group).length;
      const people = others.filter((person) => membersOf(members, group).includes(person));
      const names = people.slice(0, 6).join(', ') + (people.length > 6 ? ` and ${people.length - 6} others` : '');
      return `${count} more of ${group} (${names})`;
    })
    .join(' and ');
}

function whyImpossible(ballot: Ballot): string {
  const groups = groupsIn(ballot.requirement).map((group) => {
    const people = membersOf(ballot.members, group);
    const left = people.filter((person) => !ballot.excluded.includes(person)).length;
    return `${group} has ${left} who may vote${left < people.length ? ` (${people.length} with those excluded)` : ''}`;
  });
  return groups.length === 0 ? 'nobody can approve this' : `too few people can approve this: ${groups.join(', ')}`;
}
