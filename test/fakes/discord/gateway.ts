/**
 * The gateway of the fake Discord: HELLO, IDENTIFY, READY, RESUME with replay, heartbeats, and everything that ends or
 * disturbs a connection. Source: docs.discord.com/developers/events/gateway
 */
import type { Server } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { JsonObject } from '../../../actions/action.ts';
import { guildJson, userJson } from './payloads.ts';
import { APPLICATION, BOT, GUILD, nextId, userOf, type World } from './world.ts';

/** GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT: a human at Discord must grant them. */
const PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15);
const EVENTS_PER_MINUTE = 120;

const Frame = z.looseObject({ op: z.number(), d: z.unknown() });
const Identify = z.object({ token: z.string(), intents: z.number() });
const Resume = z.object({ token: z.string(), session_id: z.string(), seq: z.number() });

interface Session {
  id: string;
  seq: number;
  sent: { seq: number; frame: string }[];
  socket: WebSocket | null;
  intents: number;
}

export interface GatewayOptions {
  world: World;
  token: () => string;
  heartbeatMs: number;
  /** Privileged intents that were granted. */
  grantedIntents: number;
  url: () => string;
}

export interface Gateway {
  /** To every session with this intent; kept for those that are away. `intent` 0: always. */
  dispatch(type: string, data: JsonObject, intent?: number): void;
  /** Sessions with a connection. */
  connected(): number;
  /** How often a session was begun, and taken up again. */
  counts(): { identified: number; resumed: number };
  close(code: number): void;
  /** Asks to reconnect. */
  op7(): void;
  /** Says that the session is not valid; `resumable` false: it is gone, with all that it missed. */
  op9(resumable: boolean): void;
  /** Cuts the TCP connection. */
  drop(): void;
  /** Heartbeats are not answered on the connections of this moment. */
  deafen(): void;
  /** The next one who signs in is closed with this code, such as 4004 or 4014. */
  turnAway(code: number): void;
  /** The next connections are cut before they begin. */
  refuse(times: number): void;
  stop(): void;
}

export function createGateway(server: Server, options: GatewayOptions): Gateway {
  const { world } = options;
  const sockets = new WebSocketServer({ server, path: '/gateway' });
  const sessions = new Map<string, Session>();
  const deaf = new WeakSet<WebSocket>();
  const turnedAway: number[] = [];
  const counts = { identified: 0, resumed: 0 };

  const send = (socket: WebSocket, op: number, d: unknown) => socket.send(JSON.stringify({ op, d, s: null, t: null }));
  const emit = (session: Session, t: string, d: JsonObject) => {
    session.seq += 1;
    const frame = JSON.stringify({ op: 0, t, s: session.seq, d });
    session.sent.push({ seq: session.seq, frame });
    session.socket?.send(frame);
  };

  const identify = (socket: WebSocket, d: unknown) => {
    const { token, intents } = Identify.parse(d);
    const turned = turnedAway.shift();
    if (turned !== undefined) return socket.close(turned);
    if (token !== options.token()) return socket.close(4004, 'Authentication failed.');
    if ((intents & PRIVILEGED & ~options.grantedIntents) !== 0) return socket.close(4014, 'Disallowed intent(s).');
    const session: Session = { id: nextId(world), seq: 0, sent: [], socket, intents };
    sessions.set(session.id, session);
    counts.identified += 1;
    const url = options.url();
    emit(session, 'READY', {
      v: 10,
      user: { ...userJson(userOf(world, BOT)), verified: true, mfa_enabled: true, email: null },
      guilds: [{ id: GUILD, unavailable: true }],
      session_id: session.id,
      resume_gateway_url: url,
      application: { id: APPLICATION, flags: 0 },
      shard: [0, 1],
    });
    emit(session, 'GUILD_CREATE', guildJson(world));
  };

  const resume = (socket: WebSocket, d: unknown) => {
    const { token, session_id, seq } = Resume.parse(d);
    if (token !== options.token()) return socket.close(4004, 'Authentication failed.');
    const session = sessions.get(session_id);
    if (session === undefined) return send(socket, 9, false);
    session.socket = socket;
    counts.resumed += 1;
    for (const missed of session.sent) if (missed.seq > seq) socket.send(missed.frame);
    emit(session, 'RESUMED', {});
  };

  const receive = (socket: WebSocket, data: RawData) => {
    const { op, d } = Frame.parse(JSON.parse(String(data)));
    if (op === 1 && !deaf.has(socket)) send(socket, 11, null);
    else if (op === 2) identify(socket, d);
    else if (op === 6) resume(socket, d);
  };

  let refusals = 0;
  sockets.on('connection', (socket) => {
    if (refusals > 0) {
      refusals -= 1;
      socket.terminate();
      return;
    }
    let events = 0;
    const minute = setInterval(() => {
      events = 0;
    }, 60_000).unref();
    socket.on('message', (data) => {
      events += 1;
      if (events > EVENTS_PER_MINUTE) world.violations.push('more than 120 gateway events in a minute');
      receive(socket, data);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(minute);
      for (const session of sessions.values()) if (session.socket === socket) session.socket = null;
    });
    send(socket, 10, { heartbeat_interval: options.heartbeatMs });
  });

  const live = () => [...sessions.values()].flatMap((session) => session.socket ?? []);

  return {
    dispatch: (type, data, intent = 0) => {
      for (const session of sessions.values()) {
        if (intent === 0 || (session.intents & intent) !== 0) emit(session, type, data);
      }
    },
    connected: () => live().length,
    counts: () => ({ ...counts }),
    close: (code) => {
      for (const socket of live()) socket.close(code);
    },
    op7: () => {
      for (const socket of live()) send(socket, 7, null);
    },
    op9: (resumable) => {
      const open = live();
      if (!resumable) sessions.clear();
      for (const socket of open) send(socket, 9, resumable);
    },
    drop: () => {
      for (const socket of live()) socket.terminate();
    },
    deafen: () => {
      for (const socket of live()) deaf.add(socket);
    },
    turnAway: (code) => {
      turnedAway.push(code);
    },
    refuse: (times) => {
      refusals += times;
    },
    stop: () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
