/**
 * The real `Host`: one libvirt daemon over two connections. The first watches (lists, states, events, keepalive) and
 * never waits for a guest; the second does what touches guests, and may hang on one. Uploads get a third of their own.
 */
import { open } from 'node:fs/promises';
import { OpsError } from '../errors.ts';
import type { Domain, Host, HostEvent, NodeCapacity } from '../host.ts';
import { type ConnectionOptions, defaultConnectionOptions, openConnection } from './connection.ts';
import { nullIfGone, readDomain, readDomains, readStats } from './domain-reads.ts';
import { type DomainProfile, newDomainXml } from './domain-xml.ts';
import type { RpcEvent } from './events.ts';
import { createGuestQueue } from './guests.ts';
import { openLink } from './link.ts';
import type { Rpc } from './rpc.ts';
import {
  createVolume,
  deleteVolume,
  readPool,
  readVolume,
  readVolumeByPath,
  readVolumes,
  uploadVolume,
} from './storage.ts';
import { parseUri } from './transport.ts';
import { waitForDomain } from './wait.ts';
import { eventWords } from './words.ts';

export interface HostOptions extends DomainProfile {
  uri: string;
  connection?: Partial<ConnectionOptions>;
}

/** Whatever keeps an undefined domain's leftovers: managed save 1, snapshot metadata 2, NVRAM 4, checkpoints 16. */
const UNDEFINE_WITH_LEFTOVERS = 1 | 2 | 4 | 16;

/** Throws `OpsError` 'unreachable', 'denied' or 'unsupported' when the first connections cannot be had. */
export async function openHost(options: HostOptions): Promise<Host> {
  const target = parseUri(options.uri);
  const connection = { ...defaultConnectionOptions, ...options.connection };
  const listeners = new Set<(event: HostEvent) => void>();
  const tell = (event: HostEvent) => {
    for (const listener of listeners) listener(event);
  };
  const watching = await openLink(target, connection, {
    event: (event) => tell(toHostEvent(event)),
    lost: (reason) => tell({ kind: 'lost', reason }),
    connected: () => tell({ kind: 'connected' }),
  });
  const working = await openLink(target, connection, null).catch(async (error) => {
    await watching.close();
    throw error;
  });
  const oneAtATime = createGuestQueue();
  let hostname: string | null = null;

  /** Calls that touch a guest. The daemon looks a domain up by UUID; the name in the reference only decorates. */
  function onGuest<T>(uuid: string, work: (rpc: Rpc, about: GuestCall) => Promise<T>): Promise<T> {
    return oneAtATime(uuid, async () => work(await working.rpc(), { dom: { name: uuid, uuid, id: -1 }, flags: 0 }));
  }

  async function readByUuid(uuid: string): Promise<Domain | null> {
    const rpc = await watching.rpc();
    const found = await nullIfGone(rpc.call('domainLookupByUUID', { uuid }));
    return found === null ? null : readDomain(rpc, found.dom);
  }

  return {
    uri: options.uri,

    async domain(name) {
      const rpc = await watching.rpc();
      const found = await nullIfGone(rpc.call('domainLookupByName', { name }, { doing: `looking for ${name}` }));
      return found === null ? null : readDomain(rpc, found.dom);
    },
    domains: async () => readDomains(await watching.rpc()),
    stats: async () => readStats(await watching.rpc()),
    volume: async (pool, name) => readVolume(await watching.rpc(), pool, name),
    volumeByPath: async (path) => readVolumeByPath(await watching.rpc(), path),
    volumes: async (pool) => readVolumes(await watching.rpc(), pool),
    pool: async (name) => readPool(await watching.rpc(), name),
    async capacity() {
      const rpc = await watching.rpc();
      // Asked once: libvirt resolves the name, which takes seconds where the resolver does not know it.
      hostname ??= (await rpc.call('connectGetHostname', {})).hostname;
      return readCapacity(rpc, hostname);
    },
    serialTail: (domain, bytes) =>
      domain.serialLog === null ? Promise.resolve('') : readTail(domain.serialLog, bytes),

    defineDomain: (domain) =>
      onGuest(domain.uuid, async (rpc) => {
        const doing = `defining ${domain.name}`;
        // libvirt would take a known UUID for a new definition of that domain.
        const taken = await nullIfGone(rpc.call('domainLookupByUUID', { uuid: domain.uuid }, { doing }));
        if (taken !== null)
          throw new OpsError('exists', `${doing}: ${taken.dom.name} has the UUID ${domain.uuid} already`);
        await rpc.call('domainDefineXMLFlags', { xml: newDomainXml(domain, options), flags: 0 }, { doing });
      }),
    undefineDomain: (uuid) =>
      onGuest(uuid, async (rpc, { dom }) => {
        const doing = `undefining domain ${uuid}`;
        await rpc.call('domainUndefineFlags', { dom, flags: UNDEFINE_WITH_LEFTOVERS }, { doing });
      }),
    start: (uuid) =>
      onGuest(uuid, async (rpc, about) => {
        await rpc.call('domainCreateWithFlags', about, { doing: `starting domain ${uuid}` });
      }),
    shutdown: (uuid) =>
      onGuest(uuid, async (rpc, about) => {
        await rpc.call('domainShutdownFlags', about, { doing: `asking domain ${uuid} to shut down` });
      }),
    destroy: (uuid) =>
      onGuest(uuid, async (rpc, about) => {
        await rpc.call('domainDestroyFlags', about, { doing: `stopping domain ${uuid} by force` });
      }),
    reboot: (uuid) =>
      onGuest(uuid, async (rpc, about) => {
        await rpc.call('domainReboot', about, { doing: `asking domain ${uuid} to reboot` });
      }),
    suspend: (uuid) =>
      onGuest(uuid, async (rpc, { dom }) => {
        await rpc.call('domainSuspend', { dom }, { doing: `pausing domain ${uuid}` });
      }),
    resume: (uuid) =>
      onGuest(uuid, async (rpc, { dom }) => {
        await rpc.call('domainResume', { dom }, { doing: `resuming domain ${uuid}` });
      }),
    createVolume: async (volume) => createVolume(await working.rpc(), volume),
    deleteVolume: async (pool, name) => deleteVolume(await working.rpc(), pool, name),
    async uploadVolume(pool, name, content) {
      const own = await openConnection(target, connection, null);
      await uploadVolume(own, pool, name, content).finally(() => own.close());
    },

    waitFor: (uuid, until, timeoutMs, signal) =>
      waitForDomain(
        { read: readByUuid, watch: (listener) => subscribe(listeners, listener) },
        uuid,
        until,
        timeoutMs,
        signal,
      ),
    watch: (listener) => subscribe(listeners, listener),
    async close() {
      await Promise.all([watching.close(), working.close()]);
    },
  };
}

interface GuestCall {
  dom: { name: string; uuid: string; id: number };
  flags: number;
}

function subscribe<L>(listeners: Set<L>, listener: L): { stop(): void } {
  listeners.add(listener);
  return { stop: () => listeners.delete(listener) };
}

function toHostEvent(event: RpcEvent): HostEvent {
  const { name, uuid } = event.dom;
  switch (event.kind) {
    case 'lifecycle':
      return { kind: 'lifecycle', event: { name, uuid, ...eventWords(event.event, event.detail) } };
    case 'reboot':
    case 'agentLifecycle':
    case 'metadataChange':
      return { kind: 'changed', name, uuid };
  }
}

async function readCapacity(rpc: Rpc, hostname: string): Promise<NodeCapacity> {
  const [info, { freeBytes }] = await Promise.all([rpc.call('nodeGetInfo', {}), rpc.call('nodeGetFreeMemory', {})]);
  return {
    hostname,
    cpus: info.cpus,
    memoryMiB: Number(info.memoryKiB / 1024n),
    freeMemoryMiB: Number(freeBytes / 1024n / 1024n),
  };
}

async function readTail(path: string, bytes: number): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const start = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new OpsError('failed', `reading the serial log ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
