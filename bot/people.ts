/**
 * Who somebody is, and in which groups. A platform user counts only by an immutable id that the config file maps to
 * a person; groups are looked up each time they are needed. A source that cannot answer throws: the gate stays shut.
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

export interface People {
  /** null: nobody that Drover knows. */
  identify(user: PlatformUser): Promise<PolicyPerson | null>;
  /** The person of this name, with the groups of this moment. */
  person(name: string): Promise<PolicyPerson | null>;
  /** Group → names, of this moment. `everyone` holds all people. */
  members(): Promise<Record<string, string[]>>;
  all(): readonly PersonConfig[];
}

export { EVERYONE };

export function createPeople(config: readonly PersonConfig[]): People {
  const byName = new Map(config.map((person) => [person.name, person]));
  const byAccount = new Map(
    config.flatMap((person) =>
      Object.entries(person.accounts).flatMap(([platform, ids]) => ids.map((id) => [`${platform}:${id}`, person])),
    ),
  );
  const asPolicyPerson = ({ name, groups }: PersonConfig): PolicyPerson => ({ name, groups: [EVERYONE, ...groups] });

  return {
    async identify({ platform, id }) {
      const person = byAccount.get(`${platform}:${id}`);
      return person === undefined ? null : asPolicyPerson(person);
    },
    async person(name) {
      const person = byName.get(name);
      return person === undefined ? null : asPolicyPerson(person);
    },
    async members() {
      const groups: Record<string, string[]> = { [EVERYONE]: [...byName.keys()] };
      for (const person of config) {
        for (const group of person.groups) groups[group] = [...(groups[group] ?? []), person.name];
      }
      return groups;
    },
    all: () => config,
  };
}
