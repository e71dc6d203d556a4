/**
 * The events that Drover listens to: virDomainEventID for the registration, the number of the message that brings it,
 * and its shape. Source of the numbers: libvirt's src/remote/remote_protocol.x and include/libvirt/libvirt-domain.h.
 */
import { domainRef } from './shapes.ts';
import { type Codec, i32, optional, struct, text, type ValueOf } from './xdr.ts';

const aboutDomain = struct({ callbackId: i32, dom: domainRef });

const events = {
  lifecycle: { id: 0, number: 318, shape: struct({ callbackId: i32, dom: domainRef, event: i32, detail: i32 }) },
  reboot: { id: 1, number: 319, shape: aboutDomain },
  deviceRemoved: { id: 15, number: 333, shape: struct({ callbackId: i32, dom: domainRef, alias: text }) },
  deviceRemovalFailed: { id: 22, number: 367, shape: struct({ callbackId: i32, dom: domainRef, alias: text }) },
  agentLifecycle: { id: 18, number: 348, shape: struct({ callbackId: i32, dom: domainRef, state: i32, reason: i32 }) },
  metadataChange: {
    id: 23,
    number: 379,
    shape: struct({ callbackId: i32, dom: domainRef, type: i32, namespace: optional(text) }),
  },
} satisfies Record<string, { id: number; number: number; shape: Codec<unknown> }>;

type EventName = keyof typeof events;
export type RpcEvent = { [N in EventName]: { kind: N } & ValueOf<(typeof events)[N]['shape']> }[EventName];

/** To be registered with every new connection. */
export const eventIds: readonly number[] = Object.values(events).map(({ id }) => id);

type EventReader = (from: Parameters<typeof aboutDomain.read>[0]) => RpcEvent;
const readers = new Map<number, EventReader>([
  [events.lifecycle.number, (from) => ({ kind: 'lifecycle', ...events.lifecycle.shape.read(from) })],
  [events.reboot.number, (from) => ({ kind: 'reboot', ...events.reboot.shape.read(from) })],
  [events.deviceRemoved.number, (from) => ({ kind: 'deviceRemoved', ...events.deviceRemoved.shape.read(from) })],
  [
    events.deviceRemovalFailed.number,
    (from) => ({ kind: 'deviceRemovalFailed', ...events.deviceRemovalFailed.shape.read(from) }),
  ],
  [events.agentLifecycle.number, (from) => ({ kind: 'agentLifecycle', ...events.agentLifecycle.shape.read(from) })],
  [events.metadataChange.number, (from) => ({ kind: 'metadataChange', ...events.metadataChange.shape.read(from) })],
]);

/** The event of a message, or null when nobody asked for this kind. */
export function readEvent(number: number, from: Parameters<EventReader>[0]): RpcEvent | null {
  return readers.get(number)?.(from) ?? null;
}
