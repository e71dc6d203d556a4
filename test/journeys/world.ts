/**
 * A Drover in this process with a fake host that counts its effects, a real store and a real audit log in a temporary
 * directory, a policy of the test's choice and a clock that can be moved on. Ends with its test.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { Domain, VmMetadata } from '../../actions/host.ts';
import { Config } from '../../bot/config.ts';
import { type Drover, openDrover } from '../../bot/drover.ts';
import type { Operation } from '../../bot/operations/operation.ts';
import type { People } from '../../bot/people.ts';
import { createFakeHost, type FakeHost } from '../fakes/host.ts';

export interface WorldOptions {
  /** Rules in YAML; without them, the policy that comes with Drover. */
  policy?: string;
  /** Lines of people instead of `PEOPLE`. */
  people?: typeof PEOPLE;
  /** Stands between the journey and the people of the config: groups that change, a directory that fails. */
  peopleSource?: (real: People) => People;
  host?: FakeHost;
  /** A directory that outlives this Drover, so that another one goes on with its state. */
  directory?: string;
  /** What must be there before Drover opens its state. */
  prepare?(stateDir: string): void;
}

export interface World {
  drover: Drover;
  host: FakeHost;
  stateDir: string;
  policyFile: string;
  /** Reboots wait until the function that this gives is called: time to do things while a VM is taken. */
  holdReboots(): () => void;
  /** Moves Drover's clock on. */
  forward(ms: number): void;
  now(): number;
  operation(request: number): Promise<Operation>;
  /** Lines of the audit log, oldest first. */
  audit(): string[];
  /** Diagnostics of level error. */
  faults: string[];
}

export const PEOPLE: { name: string; groups: string[]; accounts: { web: string[] } }[] = [
  { name: 'alice', groups: ['team-a'], accounts: { web: ['alice', 'alice-phone'] } },
  { name: 'bob', groups: ['approvers'], accounts: { web: ['bob', 'bob-phone'] } },
  { name: 'carol', groups: ['approvers', 'operators'], accounts: { web: ['carol'] } },
  { name: 'dave', groups: ['approvers'], accounts: { web: ['dave'] } },
  { name: 'erin', groups: ['team-b'], accounts: { web: ['erin'] } },
];

export async function openWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'drover-journey-'));
  const stateDir = join(directory, 'state');
  const policies = join(directory, 'policies');
  const policyFile = join(policies, 'rules.yaml');
  mkdirSync(stateDir, { recursive: true });
  options.prepare?.(stateDir);
  if (options.policy !== undefined) {
    mkdirSync(policies);
    writeFileSync(policyFile, options.policy);
  }
  const host = options.host ?? furnished(createFakeHost());
  const faults: string[] = [];
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const drover = await openDrover({
    config: Config.parse({
      host: { image: 'tiny.qcow2', virtType: 'qemu', readySeconds: 10 },
      people: options.people ?? PEOPLE,
      policies: options.policy === undefined ? null : policies,
    }),
    stateDir,
    log: pino({ level: 'error' }, { write: (line: string) => void faults.push(line) }),
    host,
    now,
    ...(options.peopleSource === undefined ? {} : { peopleSource: options.peopleSource }),
  });
  t.after(async () => {
    await drover.stop(2000);
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  });
  return {
    drover,
    host,
    stateDir,
    policyFile,
    holdReboots: () => holdReboots(host),
    forward: (ms) => {
      offsetMs += ms;
    },
    now,
    operation: async (request) => {
      const seen = await drover.operations.get(request);
      if (seen === null) throw new Error(`there is no request #${request}`);
      return seen.operation;
    },
    audit: () => auditLines(join(stateDir, 'audit')),
    faults,
  };
}

function holdReboots(host: FakeHost): () => void {
  const released = Promise.withResolvers<void>();
  const { reboot } = host;
  host.reboot = async (uuid) => {
    await released.promise;
    return reboot(uuid);
  };
  return () => {
    host.reboot = reboot;
    released.resolve();
  };
}

export function auditLines(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => name.startsWith('audit.log'));
  return names
    .sort()
    .reverse()
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'));
}

/** An image, and a VM of each kind that the shipped policy tells apart. */
export function furnished(host: FakeHost): FakeHost {
  host.addVolume({ name: 'tiny.qcow2', capacityBytes: 40n * 1024n ** 2n });
  addVm(host, 'prod-01', { owner: 'team-a', tags: { env: 'prod' } });
  addVm(host, 'dev-01', { owner: 'team-a', tags: { env: 'dev' } });
  addVm(host, 'other-01', { owner: 'team-b', tags: { env: 'prod' } });
  addVm(host, 'off-01', { owner: 'team-a', tags: { env: 'dev' } }, { state: 'shutoff', reason: 'shutdown' });
  addVm(host, 'deaf-01', { owner: 'team-a', tags: { env: 'dev' } });
  addVm(host, 'kept-01', { owner: 'team-a', tags: { env: 'dev' }, protected: true });
  return host;
}

export function addVm(host: FakeHost, name: string, metadata: Partial<VmMetadata>, more: Partial<Domain> = {}): void {
  const nothing = { owner: '', expires: null, tags: {}, protected: false, request: null };
  host.addDomain({ name, metadata: { ...nothing, ...metadata }, ...more });
}
