/**
 * What changes domains. It goes over the working connection, one call at a time for each guest: libvirt lets one job
 * change a domain at once, and the rest would sit on the connection's few places. A guest whose QEMU hangs may hold
 * one of them, not all.
 */
import { OpsError } from '../errors.ts';
import type { Host } from '../host.ts';
import { nullIfGone } from './domain-reads.ts';
import { type DomainProfile, newDomainXml } from './domain-xml.ts';
import type { Rpc } from './rpc.ts';
import type { DomainRef } from './shapes.ts';

type GuestWork = Pick<
  Host,
  'defineDomain' | 'undefineDomain' | 'start' | 'shutdown' | 'destroy' | 'reboot' | 'suspend' | 'resume'
>;

/** Whatever keeps an undefined domain's leftovers: managed save 1, snapshot metadata 2, NVRAM 4, checkpoints 16. */
const UNDEFINE_WITH_LEFTOVERS = 1 | 2 | 4 | 16;

export function guestWork(connection: () => Promise<Rpc>, profile: DomainProfile): GuestWork {
  const oneAtATime = createGuestQueue();

  /** `doing` is for error messages. */
  function onGuest(doing: string, work: (rpc: Rpc, dom: DomainRef, about: { doing: string }) => Promise<unknown>) {
    return (uuid: string) =>
      oneAtATime(uuid, async () => {
        await work(await connection(), refOf(uuid), { doing: doing.replace('%', uuid) });
      });
  }

  return {
    defineDomain: (domain) =>
      oneAtATime(domain.uuid, async () => {
        const rpc = await connection();
        const about = { doing: `defining ${domain.name}` };
        // libvirt would take a known UUID for a new definition of that domain.
        const taken = await nullIfGone(rpc.call('domainLookupByUUID', { uuid: domain.uuid }, about));
        if (taken !== null) throw new OpsError('exists', `${about.doing}: ${taken.dom.name} has its UUID already`);
        await rpc.call('domainDefineXMLFlags', { xml: newDomainXml(domain, profile), flags: 0 }, about);
      }),
    undefineDomain: onGuest('undefining domain %', (rpc, dom, about) =>
      rpc.call('domainUndefineFlags', { dom, flags: UNDEFINE_WITH_LEFTOVERS }, about),
    ),
    start: onGuest('starting domain %', (rpc, dom, about) =>
      rpc.call('domainCreateWithFlags', { dom, flags: 0 }, about),
    ),
    shutdown: onGuest('asking domain % to shut down', (rpc, dom, about) =>
      rpc.call('domainShutdownFlags', { dom, flags: 0 }, about),
    ),
    destroy: onGuest('stopping domain % by force', (rpc, dom, about) =>
      rpc.call('domainDestroyFlags', { dom, flags: 0 }, about),
    ),
    reboot: onGuest('asking domain % to reboot', (rpc, dom, about) =>
      rpc.call('domainReboot', { dom, flags: 0 }, about),
    ),
    suspend: onGuest('pausing domain %', (rpc, dom, about) => rpc.call('domainSuspend', { dom }, about)),
    resume: onGuest('resuming domain %', (rpc, dom, about) => rpc.call('domainResume', { dom }, about)),
  };
}

/** The daemon looks a domain up by UUID; the name only decorates its messages. */
function refOf(uuid: string): DomainRef {
  return { name: uuid, uuid, id: -1 };
}

function createGuestQueue(): (uuid: string, work: () => Promise<void>) => Promise<void> {
  const tails = new Map<string, Promise<void>>();
  return async (uuid, work) => {
    const mine = (tails.get(uuid) ?? Promise.resolve()).then(work);
    const tail = mine.catch(() => {}); // the next one only waits for it
    tails.set(uuid, tail);
    try {
      await mine;
    } finally {
      if (tails.get(uuid) === tail) tails.delete(uuid);
    }
  };
}
