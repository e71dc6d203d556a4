/**
 * What the actions share that change one thing that is kept about a VM. The facts hold that one thing only, so that
 * other changes leave an approval valid; the step looks again and changes nothing when somebody else was quicker.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Change, EffectStep, Evidence, Json, Observed, Plan } from '../action.ts';
import { OpsError } from '../errors.ts';
import type { Domain, Host, HostReader, VmMetadata } from '../host.ts';
import { describeDomain, findDomain, NO_COST } from './known.ts';

/** A VM and the one thing as it was; null: there is no such VM. */
export type Kept<V> = { uuid: string; was: V } | null;

export async function observeMetadata<K extends keyof VmMetadata>(
  vm: string,
  key: K,
  read: HostReader,
): Promise<Observed<Kept<VmMetadata[K]>>> {
  const domain = await read.domain(vm);
  if (domain === null) return { facts: null, info: [] };
  return { facts: { uuid: domain.uuid, was: domain.metadata[key] }, info: describeDomain(domain) };
}

/** Nothing is lost and nothing is taken by what is written about a VM. */
export function keepingPlan(effects: string[], change: Change, undo: Plan['undo']): Plan {
  return { kind: 'plan', effects, changes: [change], lost: [], cost: NO_COST, undo };
}

export function keptChange(vm: string, name: string, before: Json, after: Json): Change {
  return { path: `domain/${vm}/${name}`, before, after };
}

interface Keep<V> {
  title: string;
  op: string;
  vm: string;
  uuid: string;
  was: V;
  will: V;
  /** The thing as it is now. */
  now(domain: Domain): V | Promise<V>;
  write(domain: Domain): Promise<void>;
}

/** Writes `will` where `was` still stands. */
export function keepStep<V>(read: HostReader, keep: Keep<V>): EffectStep {
  const { title, op, vm, uuid, was, will } = keep;
  return {
    title,
    record: { type: 'VIRT_RESOURCE', op, reason: 'update', command: `libvirt ${op} ${vm}`, vm, uuid },
    run: async () => {
      const domain = await findDomain(read, vm, uuid);
      if (domain === null) throw new OpsError('not-found', `${title}: there is no ${vm} with UUID ${uuid}`);
      if (!isDeepStrictEqual(await keep.now(domain), was))
        throw new OpsError('wrong-state', `${title}: somebody changed it since the plan was made; look and ask again`);
      await keep.write(domain);
    },
    happened: async () => {
      const domain = await findDomain(read, vm, uuid);
      if (domain === null) return { kind: 'did-not', evidence: `there is no ${vm} with UUID ${uuid}` };
      return judge(vm, await keep.now(domain), was, will);
    },
  };
}

/** A step that changes one member of Drover's metadata and leaves the others as they are by then. */
export function metadataStep<K extends keyof VmMetadata>(
  host: Host,
  key: K,
  keep: Omit<Keep<VmMetadata[K]>, 'now' | 'write' | 'op'>,
): EffectStep {
  return keepStep<VmMetadata[K]>(host, {
    ...keep,
    op: 'set-metadata',
    now: ({ metadata }) => metadata[key],
    write: ({ uuid, metadata }) => host.setMetadata(uuid, { ...metadata, [key]: keep.will }),
  });
}

function judge<V>(vm: string, now: V, was: V, will: V): Evidence {
  if (isDeepStrictEqual(now, will)) return { kind: 'happened', evidence: `${vm} has what was asked for` };
  if (isDeepStrictEqual(now, was)) return { kind: 'did-not', evidence: `${vm} has what it had before` };
  return { kind: 'cannot-know', evidence: `${vm} has neither what it had nor what was asked for` };
}
