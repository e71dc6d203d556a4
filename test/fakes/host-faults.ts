/**
 * Faults and effects of the fake host: every call passes `perform`, which does what a test ordered for it and keeps
 * count of what really happened.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { OpsError, type OpsErrorCode } from '../../actions/errors.ts';
import type { Host } from '../../actions/host.ts';

export type HostMethod = Exclude<keyof Host, 'uri' | 'watch' | 'close'>;

/**
 * error: refused, nothing happens · drop: it happens and the answer is lost · dropBefore: the connection is lost before
 * it happens · delayMs: it happens late, then answers.
 */
export type Fault = {
  method: HostMethod;
  /** Of the VM or volume; without it, any. */
  name?: string;
  /** Default 1. */
  times?: number;
} & ({ error: OpsErrorCode; message?: string } | { drop: true } | { dropBefore: true } | { delayMs: number });

/** Something that changed the fake's world. `name`: of the VM, or `pool/volume`. */
export interface Effect {
  method: HostMethod;
  name: string;
}

export interface Faults {
  order(fault: Fault): void;
  /** Runs a reading or changing method under the faults ordered for it. */
  perform<T>(method: HostMethod, name: string, work: () => T | Promise<T>): Promise<T>;
  /** Calls of `method` so far, whatever became of them. */
  calls(method: HostMethod): number;
  connected: boolean;
}

export function createFaults(): Faults {
  const orders: { fault: Fault; left: number }[] = [];
  const counts = new Map<HostMethod, number>();

  function next(method: HostMethod, name: string): Fault | null {
    const order = orders.find(
      ({ fault, left }) => left > 0 && fault.method === method && (fault.name === undefined || fault.name === name),
    );
    if (!order) return null;
    order.left--;
    return order.fault;
  }

  const faults: Faults = {
    connected: true,
    order: (fault) => {
      orders.push({ fault, left: fault.times ?? 1 });
    },
    calls: (method) => counts.get(method) ?? 0,
    async perform(method, name, work) {
      counts.set(method, faults.calls(method) + 1);
      if (!faults.connected) throw new OpsError('unreachable', `${method} ${name}: the fake host is disconnected`);
      const fault = next(method, name);
      if (fault === null) return work();
      if ('error' in fault)
        throw new OpsError(fault.error, `${method} ${name}: ${fault.message ?? 'ordered by a test'}`);
      if ('dropBefore' in fault) throw lost(method, name);
      if ('delayMs' in fault) await delay(fault.delayMs);
      const result = await work();
      if ('drop' in fault) throw lost(method, name);
      return result;
    },
  };
  return faults;
}

function lost(method: HostMethod, name: string): OpsError {
  return new OpsError('connection-lost', `${method} ${name}: the connection ended; the effect may have happened`);
}
