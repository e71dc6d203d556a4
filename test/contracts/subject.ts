/** What a contract of the host runs on, and what all its suites need. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { OpsError, type OpsErrorCode } from '../../actions/errors.ts';
import type { Domain, Host, NewDomain, VmMetadata } from '../../actions/host.ts';

export interface HostSubject {
  host: Host;
  /** An active pool. */
  pool: string;
  /** What libvirt's own program says; null where there is no libvirt to ask. */
  virsh: ((...words: string[]) => Promise<string>) | null;
  close(): Promise<void>;
}

export const WAIT_MS = 30_000;
export const never = new AbortController().signal;
export const plain: VmMetadata = {
  owner: 'team-a',
  expires: null,
  tags: { env: 'dev' },
  protected: false,
  request: 7,
};

let serial = 0;

/** A domain without an operating system: it boots, and hears nothing. */
export async function defineOn(
  subject: HostSubject,
  prefix: string,
  more: Partial<NewDomain> = {},
): Promise<NewDomain> {
  const name = `${prefix}-${++serial}`;
  await subject.host.createVolume(emptyVolume(subject, `${name}.qcow2`));
  const disk = await subject.host.volume(subject.pool, `${name}.qcow2`);
  assert(disk !== null);
  const domain: NewDomain = {
    name,
    uuid: randomUUID(),
    vcpus: 1,
    memoryMiB: 24,
    metadata: plain,
    diskPath: disk.path,
    diskFormat: 'qcow2',
    seedPath: null,
    ...more,
  };
  await subject.host.defineDomain(domain);
  return domain;
}

export function emptyVolume({ pool }: HostSubject, name: string) {
  return { pool, name, format: 'qcow2', capacityBytes: 1_048_576n, backing: null } as const;
}

export async function mustRead({ host }: HostSubject, name: string): Promise<Domain> {
  const domain = await host.domain(name);
  assert(domain !== null, `${name} is gone`);
  return domain;
}

export async function failsWith(code: OpsErrorCode, promise: Promise<unknown>): Promise<OpsError> {
  const error = await promise.then(
    () => assert.fail(`it should have failed with ${code}`),
    (reason: unknown) => reason,
  );
  assert(error instanceof OpsError, `${error}`);
  assert.equal(error.code, code, error.message);
  return error;
}
