/**
 * In which states libvirt's QEMU driver lets each verb do what people mean by it, and what to say where it does not.
 * Source: the checks of virDomainObjCheckActive and the state tests in
 * https://gitlab.com/libvirt/libvirt/-/blob/v9.0.0/src/qemu/qemu_driver.c (qemuDomainShutdownFlags, …Suspend, …Resume).
 * Stricter than libvirt where its answer would be "done" without an effect (suspending a paused domain).
 */
import { z } from 'zod';
import type { Refusal } from '../action.ts';
import type { DomainState } from '../host.ts';

export const StateSchema = z.enum(['running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'pmsuspended']);

export type PowerVerb = 'start' | 'stop' | 'kill' | 'reboot' | 'suspend' | 'resume' | 'delete';

/** Null: the verb is right in this state. `help` is the verb to use first or instead. */
type Obstacle = { reason: string; help: PowerVerb | null } | null;

const ok: Obstacle = null;
const on: Obstacle = { reason: 'is running already', help: null };
const off: Obstacle = { reason: 'is off', help: 'start' };
const offAlready: Obstacle = { reason: 'is off already', help: null };
const suspended: Obstacle = { reason: 'is suspended, so its guest hears nothing', help: 'resume' };
const leaving: Obstacle = { reason: 'is powering off right now', help: null };
const crashed: Obstacle = { reason: 'has crashed and is kept for a look', help: 'kill' };
const asleep: Obstacle = { reason: 'was put to sleep by its own guest', help: 'kill' };
const live: Obstacle = { reason: 'is not off', help: 'stop' };
const stuck: Obstacle = { reason: 'is not off', help: 'kill' };

const legalStates = {
  start: { running: on, blocked: on, paused: suspended, shutdown: leaving, shutoff: ok, crashed, pmsuspended: asleep },
  stop: {
    running: ok,
    blocked: ok,
    paused: suspended,
    shutdown: ok,
    shutoff: offAlready,
    crashed,
    pmsuspended: asleep,
  },
  kill: { running: ok, blocked: ok, paused: ok, shutdown: ok, shutoff: offAlready, crashed: ok, pmsuspended: ok },
  reboot: {
    running: ok,
    blocked: ok,
    paused: suspended,
    shutdown: leaving,
    shutoff: off,
    crashed,
    pmsuspended: asleep,
  },
  suspend: {
    running: ok,
    blocked: ok,
    paused: { reason: 'is suspended already', help: null },
    shutdown: leaving,
    shutoff: off,
    crashed,
    pmsuspended: asleep,
  },
  resume: { running: on, blocked: on, paused: ok, shutdown: leaving, shutoff: off, crashed, pmsuspended: asleep },
  delete: {
    running: live,
    blocked: live,
    paused: stuck,
    shutdown: leaving,
    shutoff: ok,
    crashed: stuck,
    pmsuspended: stuck,
  },
} satisfies Record<PowerVerb, Record<DomainState, Obstacle>>;

/** Null: go on. */
export function refuseByState(verb: PowerVerb, vm: string, state: DomainState): Refusal | null {
  const obstacle: Obstacle = legalStates[verb][state];
  if (obstacle === null) return null;
  const hint = obstacle.help === null ? null : `vm ${obstacle.help} ${vm}`;
  return { kind: 'refused', reason: `${vm} ${obstacle.reason}`, hint };
}

/** `blocked` is a running guest that waits for its host: no plan depends on the difference. */
export function settle(state: DomainState): DomainState {
  return state === 'blocked' ? 'running' : state;
}

export function isOn(state: DomainState): boolean {
  return state !== 'shutoff';
}
