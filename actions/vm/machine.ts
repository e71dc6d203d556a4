/** What the actions share that change what a VM is made of: looking at it, refusing, steps, and waiting for its guest. */
import { z } from 'zod';
import type { EffectStep, Evidence, ExecuteContext, Refusal } from '../action.ts';
import { OpsError } from '../errors.ts';
import type { Domain, HostReader } from '../host.ts';
import type { Hardware, HardwareDisk, HardwareTimes } from '../host-hardware.ts';
import { findDomain } from './known.ts';
import { StateSchema, settle } from './states.ts';

/** What every change of a machine depends on. */
export const machineFacts = { uuid: z.string(), state: StateSchema, managedSave: z.boolean() };
const MachineFacts = z.strictObject(machineFacts);
type MachineFacts = z.infer<typeof MachineFacts>;

export interface Machine {
  domain: Domain;
  facts: MachineFacts;
  times: HardwareTimes;
  /** As it is now, running or not. */
  hardware: Hardware;
}

/** Null: there is no such VM. */
export async function lookAtMachine(vm: string, read: HostReader): Promise<Machine | null> {
  const domain = await read.domain(vm);
  const times = domain === null ? null : await read.hardware(domain.uuid);
  const hardware = times?.now ?? times?.next ?? null;
  if (domain === null || times === null || hardware === null) return null;
  const { uuid, state, managedSave } = domain;
  return { domain, facts: { uuid, state: settle(state), managedSave }, times, hardware };
}

/** A machine changes while its guest is there to see it, or while it is off and starts afresh. */
export function refuseMachine(vm: string, { state, managedSave }: MachineFacts): Refusal | null {
  if (state === 'shutoff') {
    if (!managedSave) return null;
    return refuse(`${vm} has saved memory, which goes on with the machine that it was saved on`, `vm start ${vm}`);
  }
  if (state === 'running') return null;
  if (state === 'paused') return refuse(`${vm} is suspended, so its guest sees no change`, `vm resume ${vm}`);
  return refuse(`${vm} is ${state}; its machine changes while it is running or off`, null);
}

export function refuse(reason: string, hint: string | null): Refusal {
  return { kind: 'refused', reason, hint };
}

interface Worked {
  title: string;
  vm: string;
  uuid: string;
  /** libvirt's own audit word for the resource: `disk`, `net`, `vcpu`, `mem`, `boot`. */
  resource: string;
  reason: 'attach' | 'detach' | 'update';
}

/** A step that changes a resource of a domain. */
export function machineStep(
  { title, vm, uuid, resource, reason }: Worked,
  run: () => Promise<void>,
  happened: () => Promise<Evidence>,
): EffectStep {
  const command = `libvirt ${reason}-${resource} ${vm}`;
  return {
    title,
    record: { type: 'VIRT_RESOURCE', op: `${reason}-${resource}`, reason, command, vm, uuid },
    run,
    happened,
  };
}

/** Evidence by the machine: `fits` for the running guest and for the definition, as far as there is each. */
export async function machineHas(
  read: HostReader,
  vm: string,
  uuid: string,
  what: string,
  fits: (hardware: Hardware) => boolean,
): Promise<Evidence> {
  const domain = await findDomain(read, vm, uuid);
  const times = domain === null ? null : await read.hardware(uuid);
  if (times === null) return { kind: 'did-not', evidence: `there is no ${vm} with UUID ${uuid}` };
  const seen = [times.now, times.next].filter((hardware) => hardware !== null).map(fits);
  if (seen.every((one) => one)) return { kind: 'happened', evidence: `${vm} has ${what}` };
  if (seen.every((one) => !one)) return { kind: 'did-not', evidence: `${vm} does not have ${what}` };
  return { kind: 'cannot-know', evidence: `${vm} has ${what} either now or at its next start, but not both` };
}

/** For what may be asked for again without harm. */
export async function askAgain(): Promise<Evidence> {
  return { kind: 'did-not', evidence: 'it is set again, which changes nothing if it was set' };
}

/** How often the machine is looked at when no event has come. */
const LOOK_EVERY_MS = 500;

/** Waits for the guest to follow. False: it did not in time; that is the guest's answer, and no error. */
export function guestFollows(
  ctx: Pick<ExecuteContext<unknown>, 'host' | 'signal' | 'wait'>,
  title: string,
  uuid: string,
  seconds: number,
  until: (now: Hardware | null) => boolean,
): Promise<boolean> {
  return ctx.wait(title, async () => {
    const looks = Math.ceil((seconds * 1000) / LOOK_EVERY_MS);
    for (let look = 0; look < looks; look++) {
      const times = await ctx.host.hardware(uuid);
      if (times === null) throw new OpsError('not-found', `${title}: it is gone`);
      if (until(times.now)) return true;
      await untilSomethingHappens(ctx, uuid);
    }
    return false;
  });
}

async function untilSomethingHappens(
  { host, signal }: Pick<ExecuteContext<unknown>, 'host' | 'signal'>,
  uuid: string,
): Promise<void> {
  let looks = 0;
  try {
    await host.waitFor(uuid, () => looks++ > 0, LOOK_EVERY_MS, signal);
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'timed-out') throw error;
  }
}

export function diskOf(hardware: Hardware, target: string): HardwareDisk | null {
  return hardware.disks.find((disk) => disk.target === target) ?? null;
}

/** The first disk, which the firmware boots from where nothing else is said. */
export function bootDiskOf(hardware: Hardware): string | null {
  return hardware.disks.find(({ device }) => device === 'disk')?.target ?? null;
}

/** Refuses a target that is no disk of it, and says which there are. */
export function refuseNoDisk(vm: string, target: string, targets: string[]): Refusal {
  const hint = targets[0] === undefined ? null : `--disk ${targets.at(-1)}`;
  return refuse(`${vm} has no disk ${target}; it has ${targets.join(', ') || 'none'}`, hint);
}

export function targetsOf({ disks }: Hardware): string[] {
  return disks.filter(({ device }) => device === 'disk').map(({ target }) => target);
}
