/** The hosts of a play as data, and the file that Ansible reads them from. */
import { z } from 'zod';
import type { JsonObject } from '../action.ts';
import { toUnsafeYaml, toYamlMapping } from './unsafe-yaml.ts';

const HOSTS_MAX = 5000;

/** No brackets, commas or colons: Ansible would read ranges and patterns in a name. */
export const HostName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/, 'letters, digits, dots and dashes');

/** Becomes a variable of Ansible's, so Python's rules hold. */
export const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'letters, digits and underscores');

export const Inventory = z
  .strictObject({
    /** Each host's variables: `ansible_host`, `ansible_connection` … */
    hosts: z.record(HostName, z.record(VariableName, z.json())),
    groups: z.record(HostName, z.array(HostName)).default({}),
  })
  .refine(({ hosts }) => Object.keys(hosts).length <= HOSTS_MAX, `more than ${HOSTS_MAX} hosts`)
  .refine(({ hosts, groups }) => Object.values(groups).every((members) => members.every((name) => name in hosts)), {
    error: 'a group names a host that is not among the hosts',
  });
export type Inventory = z.output<typeof Inventory>;

/**
 * `temporary` is where modules of local hosts are written with their arguments: memory, where there is such a place.
 * On other hosts they go to `~/.ansible/tmp`, for as long as the task runs.
 */
export function writeInventory({ hosts, groups }: Inventory, temporary: string): string {
  const variables = (of: JsonObject) => toUnsafeYaml(isLocal(of) ? { ansible_remote_tmp: temporary, ...of } : of);
  const members = (names: string[]) =>
    `{hosts: ${toYamlMapping(Object.fromEntries(names.map((n) => [n, null])), String)}}`;
  return `all: {hosts: ${toYamlMapping(hosts, variables)}, children: ${toYamlMapping(groups, members)}}\n`;
}

function isLocal(variables: JsonObject): boolean {
  return variables.ansible_connection === 'local' || variables.ansible_connection === 'ansible.builtin.local';
}
