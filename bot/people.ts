/**
 * Who somebody is, and in which groups. A platform user counts only by an immutable id that the config file or a
 * confirmed link maps to a person; groups are looked up each time they are needed. A source that cannot answer
 * throws `OpsError`: the gate stays shut.
 */
import { EVERYONE } from '../policies/context.ts';
import type { PolicyPerson } from '../policies/decision.ts';
import type { PlatformUser } from './chat/card.ts';

export interface PersonConfig {
  name: string;
  groups: string[];
  /** Platform → user ids there. */
  accounts: Record<string, string[]>;
}

/** What a platform knows of its users. Answers may be as old as a minute, never older. */
export interface Directory {
  platform: string;
  /** Why this user may do nothing, such as a guest, a bot or a deactivated account; null: an ordinary member. */
  whyRefused(user: string): Promise<string | null>;
  /** Those of `users` that are in the platform's group `group` now. */
  among(group: string, users: readonly string[]): Promise<string[]>;
}

/** Accounts that people linked themselves. */
export interface Links {
  /** Name of the person; null: not linked. */
  personOf(user: PlatformUser): Promise<string | null>;
}

export interface PeopleOptions {
  people: readonly PersonConfig[];
  /** Group → platform → group there: its members are members of ours, too. */
  groups: Record<string, Partial<Record<string, string>>>;
  directories(): readonly Directory[];
  links: Links;
}

export type Identified = { kind: 'known'; person: PolicyPerson } | { kind: 'stranger'; reason: string };

export interface People {
  identify(user: PlatformUser): Promise<Identified>;
  /** The person of this name, with the groups of this moment; null: nobody of that name. */
  person(name: string): Promise<PolicyPerson | null>;
  /** Group → names, of this moment. `everyone` holds all people. */
  members(): Promise<Record<string, string[]>>;
  /** The groups that there are, with the members that the config file names: for checking a policy. */
  namedGroups(): Record<string, string[]>;
  all(): readonly PersonConfig[];
}

export { EVERYONE };

export function createPeople({ people, groups, directories, links }: PeopleOptions): People {
  const byName = new Map(people.map((person) => [person.name, person]));
  const byAccount = new Map(
    people.flatMap((person) =>
      Object.entries(person.accounts).flatMap(([platform, ids]) => ids.map((id) => [`${platform}:${id}`, person])),
    ),
  );

  async function asPolicyPerson({ name }: PersonConfig): Promise<PolicyPerson> {
    const all = await members();
    return { name, groups: Object.keys(all).filter((group) => all[group]?.includes(name)) };
  }

  function namedGroups(): Record<string, string[]> {
    const named: Record<string, string[]> = { [EVERYONE]: [...byName.keys()] };
    for (const group of Object.keys(groups)) named[group] = [];
    for (const person of people) {
      for (const group of person.groups) named[group] = [...(named[group] ?? []), person.name];
    }
    return named;
  }

  async function members(): Promise<Record<string, string[]>> {
    const all = namedGroups();
    for (const [group, elsewhere] of Object.entries(groups)) {
      for (const directory of directories()) {
        const there = elsewhere[directory.platform];
        if (there === undefined) continue;
        const found = await peopleIn(there, directory);
        all[group] = [...new Set([...(all[group] ?? []), ...found])];
      }
    }
    return all;
  }

  async function peopleIn(group: string, directory: Directory): Promise<string[]> {
    const users = new Map(
      people.flatMap((person) => (person.accounts[directory.platform] ?? []).map((id) => [id, person.name])),
    );
    const found = await directory.among(group, [...users.keys()]);
    return found.map((id) => users.get(id)).filter((name) => name !== undefined);
  }

  return {
    async identify(user) {
      const linked = await links.personOf(user);
      const person = byAccount.get(`${user.platform}:${user.id}`) ?? (linked === null ? undefined : byName.get(linked));
      if (person === undefined) return { kind: 'stranger', reason: 'Drover does not know you' };
      const directory = directories().find(({ platform }) => platform === user.platform);
      const refused = (await directory?.whyRefused(user.id)) ?? null;
      if (refused !== null) return { kind: 'stranger', reason: refused };
      return { kind: 'known', person: await asPolicyPerson(person) };
    },
    async person(name) {
      const person = byName.get(name);
      return person === undefined ? null : asPolicyPerson(person);
    },
    members,
    namedGroups,
    all: () => people,
  };
}
