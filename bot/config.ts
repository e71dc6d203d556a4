/** The config file: its shape with every limit, and a reader that says file, line and what is allowed. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type Problem, readDocument } from '../policies/document.ts';

const Name = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u)
  .max(63);
const Seconds = z.number().int().min(1).max(86_400);

const AccountIds = z
  .union([z.string().min(1), z.array(z.string().min(1)).max(10)])
  .default([])
  .transform((ids) => [ids].flat());

const Person = z.strictObject({
  name: Name,
  groups: z.array(Name).max(50).default([]),
  /** Platform → immutable user id there, or several. The terminal needs none: there one is who one says. */
  accounts: z.strictObject({ web: AccountIds, slack: AccountIds, discord: AccountIds }).prefault({}),
});

const HostSettings = z.strictObject({
  /** libvirt URI. */
  uri: z.string().default('qemu:///system'),
  /** kvm only where a guest has been proven to boot with it. */
  virtType: z.enum(['kvm', 'qemu']).default('kvm'),
  pool: z.string().default('default'),
  /** Volume that `vm create` boots when no image is named. */
  image: z.string().nullable().default(null),
  /** libvirt network of new VMs; null: QEMU's user network. */
  network: z.string().nullable().default(null),
  /** Directory on the host for serial logs; null: none. */
  serialDir: z.string().nullable().default(null),
  readySeconds: Seconds.default(120),
  memoryOvercommit: z.number().min(1).max(10).default(1),
});

const WebSettings = z.strictObject({
  port: z.number().int().min(0).max(65_535).default(8088),
  channels: z.array(Name).min(1).max(50).default(['ops']),
  /** The only sign-in there is so far: everybody on this machine who has the address may be anybody. */
  demo: z.literal(true),
  /** Reference to a token of at least 32 hexadecimal digits; null: a new one at each start. */
  token: z.string().nullable().default(null),
});

/** A reference to a secret, `env:NAME` or `file:PATH`: the config file itself holds none. */
const Secret = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'a reference, env:NAME or file:PATH');

const SlackSettings = z.strictObject({
  botToken: Secret.default('env:SLACK_BOT_TOKEN'),
  /** Two outgoing sockets, or signed calls that come in through an HTTPS proxy. */
  mode: z.enum(['socket', 'http']).default('socket'),
  appToken: Secret.default('env:SLACK_APP_TOKEN'),
  signingSecret: Secret.default('env:SLACK_SIGNING_SECRET'),
  /** Mode http: where Drover listens. */
  host: z.string().default('127.0.0.1'),
  port: z.number().int().min(0).max(65_535).default(3000),
});

const DiscordSettings = z.strictObject({
  token: Secret.default('env:DISCORD_TOKEN'),
  /** The one server that Drover serves. */
  guild: z.string().regex(/^\d{17,20}$/),
});

const ApprovalSettings = z.strictObject({
  /** Channels where every request that needs approval is shown, beside where it was asked. */
  places: z
    .array(z.strictObject({ platform: z.enum(['web', 'slack', 'discord']), channel: z.string().min(1) }))
    .max(10)
    .default([]),
  remindAfterMinutes: z.array(z.number().int().min(1).max(10_080)).max(10).default([15, 60, 240]),
  quietHours: z
    .strictObject({
      from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
      to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
      zone: z.string().refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone), 'an IANA time zone'),
    })
    .nullable()
    .default(null),
  escalate: z
    .strictObject({ afterMinutes: z.number().int().min(1).max(10_080), group: Name })
    .nullable()
    .default(null),
});

export const Config = z.strictObject({
  host: HostSettings.prefault({}),
  people: z.array(Person).max(5000).default([]),
  /** Group → the user group of Slack or role of Discord whose members are in it, too. */
  groups: z.record(Name, z.strictObject({ slack: z.string(), discord: z.string() }).partial()).default({}),
  /** Directory of policy files, relative to the config file; null: the policy that comes with Drover. */
  policies: z.string().nullable().default(null),
  web: WebSettings.nullable().default(null),
  slack: SlackSettings.nullable().default(null),
  discord: DiscordSettings.nullable().default(null),
  approvals: ApprovalSettings.prefault({}),
  audit: z.strictObject({ maxLogFileMiB: z.number().min(1).max(1024).default(8) }).prefault({}),
  /** How long SIGTERM waits for running operations. */
  drainSeconds: Seconds.default(30),
});
export type Config = z.output<typeof Config>;

export type ConfigResult = { kind: 'config'; config: Config } | { kind: 'broken'; problems: Problem[] };

export async function readConfig(path: string): Promise<ConfigResult> {
  const read = await readText(path);
  if (read.kind === 'broken') return read;
  const document = readDocument(basename(path), read.text, Config);
  if (document.kind === 'broken') return document;
  const twice = findTwice(document.value);
  if (twice !== null)
    return { kind: 'broken', problems: [{ file: basename(path), line: 1, column: 1, problem: twice }] };
  return { kind: 'config', config: inPlace(document.value, dirname(resolve(path))) };
}

const NO_FILE = `there is no such file; name another by --config or DROVER_CONFIG. The least that works:

host: { image: debian.qcow2 }   # a volume of the pool "default" of qemu:///system, which VMs are made from
people:
  - { name: alice, groups: [operators], accounts: { web: alice } }
  - { name: bob, groups: [approvers], accounts: { web: bob } }
web: { demo: true }   # a chat on http://127.0.0.1:8088 where one says who one is
`;

async function readText(
  path: string,
): Promise<{ kind: 'text'; text: string } | { kind: 'broken'; problems: Problem[] }> {
  try {
    return { kind: 'text', text: await readFile(path, 'utf8') };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const problem = why.startsWith('ENOENT') ? NO_FILE : `reading the config file: ${why}`;
    return { kind: 'broken', problems: [{ file: path, line: 1, column: 1, problem }] };
  }
}

/** Two people of one name, or one account of two people, would make a vote ambiguous. */
function findTwice({ people }: Config): string | null {
  const seen = new Map<string, string>();
  for (const { name, accounts } of people) {
    const ids = Object.entries(accounts).flatMap(([platform, all]) => all.map((id) => `${platform}: ${id}`));
    for (const key of [`name ${name}`, ...ids]) {
      if (seen.has(key)) return `people: ${key} stands for both ${seen.get(key)} and ${name}`;
      seen.set(key, name);
    }
  }
  return null;
}

function inPlace(config: Config, directory: string): Config {
  return { ...config, policies: config.policies === null ? null : resolve(directory, config.policies) };
}
