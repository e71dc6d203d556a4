/** What a play is to do: everything that `startPlay` is told. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { Inventory, VariableName } from './inventory.ts';

const DAY_SECONDS = 86_400;
/** Plain and secret variables together, as JSON. The supervisor reads at most 4 MiB. */
const VARIABLES_MAX = 1024 * 1024;

const AbsolutePath = z
  .string()
  .max(4096)
  .refine((path) => isAbsolute(path) && !path.includes('\0'), 'an absolute path');

/** A host, a group or a pattern with `*`: what `--limit` takes, without its ways to read files and to compute. */
const Limit = z.string().regex(/^[A-Za-z0-9_*][A-Za-z0-9._*-]{0,252}$/, 'a host, a group or a pattern with *');

const Tag = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/, 'letters, digits, dots and dashes');

/** What changes how Ansible, Python or the loader work is set by Drover alone. */
const PassedOn = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/)
  .refine(
    (name) => !/^(ANSIBLE_|DROVER_|PYTHON|LD_)/.test(name),
    'ANSIBLE_*, DROVER_*, PYTHON* and LD_* are not passed on',
  );

/** How hosts are reached is the inventory's word: a variable of `-e` would win over it. */
const PlainName = VariableName.refine((name) => !name.startsWith('ansible_'), 'ansible_* belongs into the inventory');

/** Shorter ones could not be hidden in a text; longer ones are files. */
const Secret = z.string().min(4, 'shorter than 4 characters: it could not be hidden').max(16_384);

export const PlaySpec = z
  .strictObject({
    playbook: AbsolutePath,
    inventory: Inventory,
    /** null: all hosts. */
    limit: z.array(Limit).min(1).max(5000).nullable().default(null),
    check: z.boolean().default(false),
    diff: z.boolean().default(false),
    tags: z.array(Tag).max(100).default([]),
    skipTags: z.array(Tag).max(100).default([]),
    /** Extra variables. Texts are never templates. */
    variables: z.record(PlainName, z.json()).default({}),
    /** Extra variables whose values are on no disk, no command line, in no event. */
    secrets: z.record(VariableName, Secret).default({}),
    /** Names of environment variables that the play may see, besides PATH and what Drover sets. */
    environment: z.array(PassedOn).max(50).default(['HOME', 'TZ', 'SSH_AUTH_SOCK']),
    forks: z.int().min(1).max(200).default(5),
    timeLimitSeconds: z
      .int()
      .min(1)
      .max(7 * DAY_SECONDS),
    /** From asking (SIGINT) to SIGTERM, and from there to SIGKILL. */
    graceSeconds: z.number().min(0.1).max(600).default(2),
    /** Runs the supervisor, and the modules where the inventory says nothing else. */
    python: AbsolutePath.default('/usr/bin/python3'),
    ansiblePlaybook: AbsolutePath.default('/usr/bin/ansible-playbook'),
  })
  .refine(
    ({ variables, secrets }) => JSON.stringify([variables, secrets]).length <= VARIABLES_MAX,
    'too many variables',
  )
  .refine(({ variables, secrets }) => Object.keys(secrets).every((name) => !(name in variables)), {
    error: 'a name is both a variable and a secret',
  });
export type PlaySpec = z.output<typeof PlaySpec>;
export type PlaySpecInput = z.input<typeof PlaySpec>;
