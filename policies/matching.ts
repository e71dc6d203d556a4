/**
 * The search behind approvals: each way through the `any` branches asks for places (one for each person that a group
 * must give), and places are filled by distinct people, found by augmenting paths (bipartite matching).
 */
import type { Requirement } from './decision.ts';

export interface People {
  /** Placed first; once placed, a person stays placed. */
  approved: readonly string[];
  /** Stand in for those who have not voted. */
  waiting: readonly string[];
  members: Readonly<Record<string, readonly string[]>>;
}

/** One way in which the requirement can still be met. */
export interface Fill {
  /** People of `approved` who take a place. */
  used: string[];
  /** Groups of the places that only people of `waiting` take so far, one entry a place. */
  open: string[];
  /** People of `waiting` who would fill one place more. */
  helpers: Set<string>;
}

/** The ways that can be completed. `any` without branches has none, `all` without branches one that is complete. */
export function* fillings(requirement: Requirement, people: People): Generator<Fill> {
  for (const places of ways(requirement, [], people)) yield fill(places, people);
}

/** Every choice of branches, cut off as soon as its places cannot all be filled: more places never make that better. */
function* ways(requirement: Requirement, before: string[], people: People): Generator<string[]> {
  switch (requirement.kind) {
    case 'group': {
      const places = [...before, ...Array.from({ length: requirement.count }, () => requirement.group)];
      if (canFill(places, people)) yield places;
      return;
    }
    case 'any':
      for (const branch of requirement.of) yield* ways(branch, before, people);
      return;
    case 'all': {
      const [first, ...rest] = groupsFirst(requirement.of);
      if (first === undefined) yield before;
      else for (const places of ways(first, before, people)) yield* ways({ kind: 'all', of: rest }, places, people);
    }
  }
}

/** Branches without a choice first: they cut off most. */
function groupsFirst(branches: Requirement[]): Requirement[] {
  return [...branches].sort((a, b) => Number(a.kind !== 'group') - Number(b.kind !== 'group'));
}

function canFill(places: string[], people: People): boolean {
  return place(places, [...people.approved, ...people.waiting], people.members).size === places.length;
}

function fill(places: string[], people: People): Fill {
  const approved = place(places, people.approved, people.members);
  const all = place(places, [...people.approved, ...people.waiting], people.members);
  const helps = (person: string) => place(places, [...people.approved, person], people.members).size > approved.size;
  return {
    used: people.approved.filter((person) => [...approved.values()].includes(person)),
    open: places.filter((_, index) => !people.approved.includes(all.get(index) ?? '')),
    helpers: new Set(approved.size === places.length ? [] : people.waiting.filter(helps)),
  };
}

/** Place number to person; as many places as these people can fill. */
function place(places: string[], people: readonly string[], members: People['members']): Map<number, string> {
  const taken = new Map<number, string>();
  const groups = new Map(
    [...new Set(places)].map((group) => [group, new Set(Object.hasOwn(members, group) ? members[group] : [])]),
  );
  const seat = (person: string, tried: Set<number>): boolean =>
    places.some((group, index) => {
      if (tried.has(index) || groups.get(group)?.has(person) !== true) return false;
      tried.add(index);
      const holder = taken.get(index);
      if (holder !== undefined && !seat(holder, tried)) return false;
      taken.set(index, person);
      return true;
    });
  for (const person of people) {
    if (taken.size === places.length) break;
    seat(person, new Set());
  }
  return taken;
}
