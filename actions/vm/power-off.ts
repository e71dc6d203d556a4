/** The step that pulls the plug of a VM: shared by `vm.kill`, and by stop, delete and a cancelled create. */
import type { EffectStep } from '../action.ts';
import type { Host } from '../host.ts';
import { controlStep, isOffNow } from './known.ts';

/** Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainDestroy */
export function pullPlug(host: Host, vm: string, uuid: string): EffectStep {
  return controlStep(
    { title: `pulling the plug of ${vm}`, vm, uuid, op: 'stop', reason: 'destroyed' },
    () => host.destroy(uuid),
    () => isOffNow(host, vm, uuid),
  );
}
