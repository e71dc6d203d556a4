/**
 * The real `Host`: one libvirt daemon over two connections. The first watches (lists, states, events, keepalive) and
 * never waits for a guest; the second does what touches guests, and may hang on one. Uploads get a third of their own.
 */
import type { Host, HostEvent } from '../host.ts';
import { type ConnectionOptions, defaultConnectionOptions, openConnection } from './connection.ts';
import type { DomainProfile } from './domain-xml.ts';
import type { RpcEvent } from './events.ts';
import { createGuestCalls } from './guest-calls.ts';
import { guestReads } from './guest-reads.ts';
import { guestWork } from './guest-work.ts';
import { hardwareWork } from './hardware-work.ts';
import { hostReads, readByUuid } from './host-reads.ts';
import { keepingWork } from './keeping-work.ts';
import { type Link, type LinkListener, openLink } from './link.ts';
import { snapshotWork } from './snapshots.ts';
import { storageWork } from './storage.ts';
import { parseUri, type Target } from './transport.ts';
import { waitForDomain } from './wait.ts';
import { eventWords } from './words.ts';

export interface HostOptions extends DomainProfile {
  uri: string;
  connection?: Partial<ConnectionOptions>;
}

/** Throws `OpsError` 'unreachable', 'denied' or 'unsupported' when the first connections cannot be had. */
export async function openHost(options: HostOptions): Promise<Host> {
  const target = parseUri(options.uri);
  const connection = { ...defaultConnectionOptions, ...options.connection };
  const listeners = new Set<(event: HostEvent) => void>();
  const { watching, working } = await openBoth(target, connection, (event) => {
    for (const listener of listeners) listener(event);
  });
  const watch = (listener: (event: HostEvent) => void) => {
    listeners.add(listener);
    return { stop: () => listeners.delete(listener) };
  };
  const onGuest = createGuestCalls(working.rpc);
  const waitOn = { read: async (uuid: string) => readByUuid(await watching.rpc(), uuid), watch };
  return {
    uri: options.uri,
    ...hostReads(watching.rpc),
    ...guestReads(watching.rpc, working.rpc),
    ...guestWork(onGuest, options),
    ...keepingWork(onGuest),
    ...hardwareWork(onGuest, options),
    ...snapshotWork(onGuest),
    ...storageWork(working.rpc, () => openConnection(target, connection, null)),
    waitFor: (uuid, until, timeoutMs, signal) => waitForDomain(waitOn, uuid, until, timeoutMs, signal),
    watch,
    close: async () => {
      await Promise.all([watching.close(), working.close()]);
    },
  };
}

async function openBoth(
  target: Target,
  options: ConnectionOptions,
  tell: (event: HostEvent) => void,
): Promise<{ watching: Link; working: Link }> {
  const listener: LinkListener = {
    event: (event) => tell(toHostEvent(event)),
    lost: (reason) => tell({ kind: 'lost', reason }),
    connected: () => tell({ kind: 'connected' }),
  };
  const watching = await openLink(target, options, listener);
  try {
    return { watching, working: await openLink(target, options, null) };
  } catch (error) {
    await watching.close();
    throw error;
  }
}

function toHostEvent(event: RpcEvent): HostEvent {
  const { name, uuid } = event.dom;
  switch (event.kind) {
    case 'lifecycle':
      return { kind: 'lifecycle', event: { name, uuid, ...eventWords(event.event, event.detail) } };
    case 'reboot':
    case 'deviceRemoved':
    case 'deviceRemovalFailed':
    case 'agentLifecycle':
    case 'metadataChange':
      return { kind: 'changed', name, uuid };
  }
}
