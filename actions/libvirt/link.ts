/**
 * A connection that comes back: when the daemon goes away it is opened again, with growing pauses, until `close`.
 * A call made meanwhile waits a little for the next connection; a call under way when it is lost is never repeated.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { OpsError } from '../errors.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import type { RpcEvent } from './events.ts';
import type { Rpc } from './rpc.ts';
import type { Target } from './transport.ts';

export interface LinkListener {
  event(event: RpcEvent): void;
  lost(reason: string): void;
  /** Also after the first connection. */
  connected(): void;
}

export interface Link {
  /** The connection of now. Throws `OpsError` 'unreachable' when there is none within `RECONNECT_WAIT_MS`. */
  rpc(): Promise<Rpc>;
  close(): Promise<void>;
}

/** A restart of the daemon takes about 0.3 s; longer than this and the caller should know. */
const RECONNECT_WAIT_MS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Throws when the first connection cannot be had. Without `listener` no events are asked for. */
export async function openLink(
  target: Target,
  options: ConnectionOptions,
  listener: LinkListener | null,
): Promise<Link> {
  const onEvent = listener === null ? null : (event: RpcEvent) => listener.event(event);
  const closing = new AbortController();
  const open = () => openConnection(target, options, onEvent);
  let lastReason = '';
  let current = await open();
  let next: Promise<Rpc> | null = null;
  const life = keepUp();

  async function keepUp(): Promise<void> {
    listener?.connected();
    while (!closing.signal.aborted) {
      lastReason = await current.ended;
      if (closing.signal.aborted) return;
      next = reopen();
      next.catch(() => {}); // heard by `rpc`, if anybody waits
      listener?.lost(lastReason);
      try {
        current = await next;
      } catch (error) {
        if (closing.signal.aborted) return;
        throw error;
      }
      next = null;
      listener?.connected();
    }
    current.close(); // it may have come at the very moment of closing
  }

  async function reopen(): Promise<Rpc> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      await delay(pauseMs * (0.5 + Math.random() / 2), null, { signal: closing.signal });
      try {
        const rpc = await open();
        if (!closing.signal.aborted) return rpc;
        rpc.close();
      } catch (error) {
        if (!(error instanceof OpsError)) throw error;
        lastReason = error.message;
      }
    }
  }

  return {
    async rpc() {
      if (closing.signal.aborted) throw new OpsError('unreachable', `calling ${target.uri}: the connection was closed`);
      if (next === null) return current;
      const timer = new AbortController();
      const late = delay(RECONNECT_WAIT_MS, null, { signal: timer.signal }).catch(() => null);
      const rpc = await Promise.race([next.catch(() => null), late]);
      timer.abort();
      if (rpc === null) throw new OpsError('unreachable', `calling ${target.uri}: connection lost, ${lastReason}`);
      return rpc;
    },
    async close() {
      closing.abort();
      current.close();
      await life;
    },
  };
}
