/** Steps that define and undefine a domain. */
import type { EffectStep } from '../action.ts';
import type { Host, NewDomain } from '../host.ts';
import { findDomain } from './known.ts';

/** `describe` is asked when the step runs: it may look up what earlier steps made. */
export function defineStep(host: Host, vm: string, uuid: string, describe: () => Promise<NewDomain>): EffectStep {
  return {
    title: `defining ${vm}`,
    record: { type: 'VIRT_CREATE', op: 'define', reason: '', command: `libvirt define ${vm}`, vm, uuid },
    run: async () => host.defineDomain(await describe()),
    happened: async () => {
      const found = await findDomain(host, vm, uuid);
      return found === null
        ? { kind: 'did-not', evidence: `there is no ${vm} with UUID ${uuid}` }
        : { kind: 'happened', evidence: `${vm} is defined with UUID ${uuid}` };
    },
  };
}

/** Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainUndefineFlags */
export function undefineStep(host: Host, vm: string, uuid: string): EffectStep {
  return {
    title: `removing the definition of ${vm}`,
    record: { type: 'VIRT_DESTROY', op: 'undefine', reason: '', command: `libvirt undefine ${vm}`, vm, uuid },
    run: () => host.undefineDomain(uuid),
    happened: async () => {
      const found = await findDomain(host, vm, uuid);
      return found === null
        ? { kind: 'happened', evidence: `there is no ${vm} with UUID ${uuid}` }
        : { kind: 'did-not', evidence: `${vm} is still defined` };
    },
  };
}
