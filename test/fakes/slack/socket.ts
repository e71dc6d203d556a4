/**
 * The Socket Mode side of the fake Slack: hands out single-use addresses, says hello, sends each envelope to ONE random open
 * connection, and can warn, refresh or cut connections. Source: docs.slack.dev/apis/events-api/using-socket-mode
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { JsonObject } from '../../../actions/action.ts';
import type { Acknowledgement, Transport } from './delivery.ts';
import { isObject } from './failure.ts';

/**
 * `cut`: the TCP connection ends without a word. `stall`: it stays, and nobody reads or answers any more.
 * `link_disabled`: Socket Mode was switched off for the app.
 */
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'cut' | 'stall';

/** After a warning Slack closes the connection by itself within about 10 s. */
const WARNING_GRACE_MS = 10_000;
const MAX_CONNECTIONS = 10;

const Ack = z.object({ envelope_id: z.string(), payload: z.unknown().optional() });

export interface Sockets {
  /** A new single-use address. */
  url(): string;
  transport: Transport;
  disconnect(reason: DisconnectReason, which: 'one' | 'all'): void;
  connected(): number;
  close(): void;
}

export function createSockets(server: Server, origin: () => string): Sockets {
  const tickets = new Set<string>();
  const open = new Set<WebSocket>();
  const waiting = new Map<string, (acknowledgement: Acknowledgement) => void>();
  const timers = new Set<NodeJS.Timeout>();
  const sockets = new WebSocketServer({ noServer: true });

  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    const ticket = new URL(request.url ?? '/', 'http://fake').searchParams.get('ticket') ?? '';
    if (!tickets.delete(ticket) || open.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      open.add(connection);
      connection.on('close', () => open.delete(connection));
      connection.on('error', () => open.delete(connection));
      connection.on('message', (data: RawData) => receiveAck(String(data), waiting));
      connection.send(JSON.stringify({ type: 'hello', num_connections: open.size, connection_info: { app_id: 'A0' } }));
    });
  });

  const end = (connection: WebSocket, reason: DisconnectReason) => {
    open.delete(connection);
    if (reason === 'cut') return connection.terminate();
    if (reason === 'stall') return connection.pause();
    connection.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'fake' } }));
    timers.add(setTimeout(() => connection.close(1000), reason === 'warning' ? WARNING_GRACE_MS : 1_000).unref());
  };

  return {
    url: () => {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${origin().replace('http:', 'ws:')}/link?ticket=${ticket}`;
    },
    transport: (envelope, retry, deadlineMs) => {
      const all = [...open];
      const connection = all[Math.floor(Math.random() * all.length)];
      if (connection === undefined) return Promise.resolve(null);
      const id = randomUUID();
      const again = retry === 0 ? {} : { retry_attempt: retry, retry_reason: 'timeout' };
      connection.send(JSON.stringify({ envelope_id: id, accepts_response_payload: true, ...envelope, ...again }));
      return acknowledgementOf(id, deadlineMs, waiting);
    },
    disconnect: (reason, which) => {
      for (const connection of which === 'all' ? [...open] : [...open].slice(0, 1)) end(connection, reason);
    },
    connected: () => open.size,
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      for (const connection of sockets.clients) connection.terminate();
      for (const resolve of waiting.values()) resolve(null);
      sockets.close();
    },
  };
}

function acknowledgementOf(
  id: string,
  deadlineMs: number,
  waiting: Map<string, (acknowledgement: Acknowledgement) => void>,
): Promise<Acknowledgement> {
  return new Promise((resolve) => {
    const finish = (acknowledgement: Acknowledgement) => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve(acknowledgement);
    };
    const timer = setTimeout(() => finish(null), deadlineMs);
    waiting.set(id, finish);
  });
}

function receiveAck(data: string, waiting: Map<string, (acknowledgement: JsonObject) => void>): void {
  const { envelope_id, payload } = Ack.parse(JSON.parse(data));
  const parsed = z.json().parse(payload ?? {});
  waiting.get(envelope_id)?.(isObject(parsed) ? parsed : {});
}
