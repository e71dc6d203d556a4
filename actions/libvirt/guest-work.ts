/** Defining, undefining and switching domains. It goes over the working connection, by way of `guest-calls.ts`. */
import { OpsError } from '../errors.ts';
import type { Host } from '../host.ts';
import { nullIfGone } from './domain-reads.ts';
import { type DomainProfile, newDomainXml } from './domain-xml.ts';
import type { GuestCall, OnGuest } from './guest-calls.ts';

type GuestWork = Pick<
  Host,
  'defineDomain' | 'undefineDomain' | 'start' | 'shutdown' | 'destroy' | 'reboot' | 'suspend' | 'resume'
>;

/** Whatever keeps an undefined domain's leftovers: managed save 1, snapshot metadata 2, NVRAM 4, checkpoints 16. */
const UNDEFINE_WITH_LEFTOVERS = 1 | 2 | 4 | 16;

export function guestWork(onGuest: OnGuest, profile: DomainProfile): GuestWork {
  const act = (doing: string, work: (call: GuestCall) => Promise<unknown>) => (uuid: string) =>
    onGuest(uuid, doing, work);

  return {
    defineDomain: (domain) =>
      onGuest(domain.uuid, `defining ${domain.name}`, async ({ rpc, about }) => {
        // libvirt would take a known UUID for a new definition of that domain.
        const taken = await nullIfGone(rpc.call('domainLookupByUUID', { uuid: domain.uuid }, about));
        if (taken !== null) throw new OpsError('exists', `${about.doing}: ${taken.dom.name} has its UUID already`);
        await rpc.call('domainDefineXMLFlags', { xml: newDomainXml(domain, profile), flags: 0 }, about);
      }),
    undefineDomain: act('undefining domain %', ({ rpc, dom, about }) =>
      rpc.call('domainUndefineFlags', { dom, flags: UNDEFINE_WITH_LEFTOVERS }, about),
    ),
    start: act('starting domain %', ({ rpc, dom, about }) =>
      rpc.call('domainCreateWithFlags', { dom, flags: 0 }, about),
    ),
    shutdown: act('asking domain % to shut down', ({ rpc, dom, about }) =>
      rpc.call('domainShutdownFlags', { dom, flags: 0 }, about),
    ),
    destroy: act('stopping domain % by force', ({ rpc, dom, about }) =>
      rpc.call('domainDestroyFlags', { dom, flags: 0 }, about),
    ),
    reboot: act('asking domain % to reboot', ({ rpc, dom, about }) =>
      rpc.call('domainReboot', { dom, flags: 0 }, about),
    ),
    suspend: act('pausing domain %', ({ rpc, dom, about }) => rpc.call('domainSuspend', { dom }, about)),
    resume: act('resuming domain %', ({ rpc, dom, about }) => rpc.call('domainResume', { dom }, about)),
  };
}
