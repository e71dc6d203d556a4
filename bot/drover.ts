/**
 * The wiring: one plain object of ports, made from the config and handed down. What is opened here is closed here, in
 * the opposite order. No decision is taken in this file.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Host } from '../actions/host.ts';
import { openHost } from '../actions/libvirt/host.ts';
import { createRegistry, type Registry } from '../actions/registry.ts';
import type { AuditLog } from '../audit/record.ts';
import { type LoadedPolicy, loadPolicy } from '../policies/load.ts';
import { openAnchoredLog } from './audit-anchor.ts';
import { createAuids } from './auids.ts';
import type { ChatPlatform } from './chat/card.ts';
import type { Config } from './config.ts';
import { createDesk, type Desk } from './desk.ts';
import { startExpiry } from './expiry.ts';
import { createInbox } from './inbox.ts';
import { createInventory, type Inventory } from './inventory.ts';
import { createJourney } from './journey.ts';
import { createLinks } from './links.ts';
import { createExecutor } from './operations/executor.ts';
import type { Operation } from './operations/operation.ts';
import { createOperations, type Operations } from './operations/operations.ts';
import { createOutbox, mirrorsOf, type Outbox } from './outbox.ts';
import { createPeople, type Directory, EVERYONE, type People, type PeopleOptions } from './people.ts';
import { holdPolicy, SHIPPED_POLICIES } from './policy.ts';
import { createRecorder } from './record.ts';
import { startReminders } from './reminders.ts';
import { openSqliteStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';

export const VERSION = '0.1.0';

export interface DroverOptions {
  config: Config;
  stateDir: string;
  log: Logger;
  /** Other parts than the config asks for: the tests' fakes. */
  host?: Host;
  audit?: AuditLog;
  /** Stands between the journey and the people of the config: a directory service, groups that change. */
  peopleSource?: (configured: People) => People;
  now?: () => number;
}

export interface Drover {
  config: Config;
  registry: Registry;
  people: People;
  operations: Operations;
  store: Store;
  host: Host;
  inventory: Inventory;
  outbox: Outbox;
  audit: AuditLog;
  desk: Desk;
  /** For platforms: whether no process can have tried to post this key before. */
  isFirstTry(key: string): boolean;
  policy(): LoadedPolicy;
  /** `directory`: what the platform knows of its users. */
  addPlatform(platform: ChatPlatform, directory?: Directory): void;
  reloadPolicy(): Promise<void>;
  /** Goes on with what a former process left, and takes new work. */
  begin(): Promise<void>;
  /** Lets what runs end within `graceMs`, then closes everything. Gives the requests that a next process goes on with. */
  stop(graceMs: number): Promise<number[]>;
}

/** Throws when the policy is broken, the state is in use, or the host cannot be reached. */
export async function openDrover(options: DroverOptions): Promise<Drover> {
  const { config, stateDir, log, now = Date.now } = options;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await using opening = new AsyncDisposableStack();
  const store = openSqliteStore(join(stateDir, 'drover.db'));
  opening.defer(() => store.close());
  const registry = createRegistry(vmSettings(config));
  const { peopleSource = (configured) => configured } = options;
  const directories: Directory[] = [];
  const configured = { ...identitiesOf(config), directories: () => directories, links: createLinks(store) };
  const people = peopleSource(createPeople(configured));
  const policyFiles = {
    directory: config.policies ?? SHIPPED_POLICIES,
    actionNames: [...registry.actions.keys()],
    groups: people.namedGroups(),
  };
  const policy = await firstPolicy(policyFiles, log);
  const audit = options.audit ?? (await openAudit(config, stateDir, store, log));
  opening.defer(() => audit.close());
  const host = options.host ?? (await openHost(hostOptions(config)));
  opening.defer(() => host.close());
  const recorder = createRecorder(audit, log);
  const auids = createAuids(store, recorder.person);
  const holder = holdPolicy(policy, policyFiles, recorder, log);
  const inventory = createInventory(host, (error) => log.warn({ err: error }, 'inventory not brought up to date'));
  await inventory.load();

  const platforms = new Map<string, ChatPlatform>();
  const platform = (name: string) => platforms.get(name);
  const operations = createOperations(store);
  const inbox = createInbox(store);
  const judging = { policy: holder.policy, inventory, host, people, now };
  const ports = { ...judging, auids, registry, operations, inbox, audit, recorder, log, store, platform };
  const executor = createExecutor(ports);
  const journey = createJourney({ ...ports, pump: executor.pump });
  const desk = createDesk({ ...ports, ...executor, journey });
  const mirrors = config.approvals.places.map((place) => ({ ...place, thread: null }));
  const outbox = createOutbox({ ...ports, mirrors });
  const places = (operation: Operation) => [operation.place, ...mirrorsOf(operation, mirrors)];
  const { remindAfterMinutes: afterMinutes, quietHours, escalate } = config.approvals;
  const reminders = startReminders({ ...ports, places, settings: { afterMinutes, quietHours, escalate } });
  const expiry = startExpiry(ports);
  const kept = opening.move();
  let begun = false;

  return {
    config,
    registry,
    people,
    operations,
    store,
    host,
    inventory,
    outbox,
    audit,
    desk,
    isFirstTry: (key) => outbox.isFirstTry(key) || desk.isFirstTry(key),
    policy: holder.policy,
    addPlatform(added, directory) {
      platforms.set(added.name, added);
      if (directory !== undefined) directories.push(directory);
    },
    reloadPolicy: async () => void (await holder.reload()),
    async begin() {
      begun = true;
      await recorder.started(VERSION, policy.version);
      await desk.recover();
      await executor.start();
      await outbox.start();
    },
    async stop(graceMs) {
      desk.close();
      expiry.stop();
      reminders.stop();
      holder.stop();
      await desk.idle();
      const left = await executor.drain(graceMs);
      await Promise.race([outbox.settled(), new Promise((resolve) => setTimeout(resolve, OUTBOX_GRACE_MS).unref())]);
      outbox.stop();
      inventory.stop();
      for (const one of platforms.values()) await one.close();
      if (begun) await recorder.stopped();
      await kept.disposeAsync();
      return left;
    },
  };
}

/** A platform that does not answer must not hold up the stop. */
const OUTBOX_GRACE_MS = 2000;

async function firstPolicy(files: Parameters<typeof loadPolicy>[0], log: Logger): Promise<LoadedPolicy> {
  const result = await loadPolicy(files);
  if (result.kind === 'broken') {
    const lines = result.problems.map(({ file, line, column, problem }) => `${file}:${line}:${column}: ${problem}`);
    throw new Error(`the policy in ${files.directory} is broken:\n${lines.join('\n')}`);
  }
  for (const warning of result.warnings) log.warn(warning, 'policy');
  return result.policy;
}

function openAudit({ audit }: Config, stateDir: string, store: Store, log: Logger): Promise<AuditLog> {
  const { maxLogFileMiB } = audit;
  const warn = (message: string) => log.warn({ part: 'audit' }, message);
  return openAnchoredLog({ directory: join(stateDir, 'audit'), maxLogFileMiB, warn }, store);
}

export function vmSettings({ host }: Config) {
  const { pool, image, readySeconds, memoryOvercommit } = host;
  return { pool, defaultImage: image, readyTimeoutSeconds: readySeconds, memoryOvercommit };
}

export function hostOptions({ host: { uri, virtType, network, serialDir } }: Config) {
  const nic = network === null ? ({ kind: 'user' } as const) : ({ kind: 'network', name: network } as const);
  return { uri, virtType, serialDir, network: nic };
}

/** Everybody may use the terminal under the own name: who can write the state directory owns it. */
export function identitiesOf({ people, groups }: Config): Pick<PeopleOptions, 'people' | 'groups'> {
  const known = people.map(({ name, groups, accounts }) => ({
    name,
    groups: groups.filter((group) => group !== EVERYONE),
    accounts: { ...accounts, terminal: [name] },
  }));
  return { people: known, groups };
}

/** People as the config file alone knows them: for looking at a policy without any platform. */
export function configuredPeople(config: Config): People {
  const links = { personOf: async () => null };
  return createPeople({ ...identitiesOf(config), directories: () => [], links });
}

export function groupsOf(config: Config): Record<string, string[]> {
  return configuredPeople(config).namedGroups();
}
