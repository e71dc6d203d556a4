/** Where events come in: sockets that Drover opens, or a server that Slack calls. Both feed a Bolt `App`. */
import type { Server } from 'node:http';
import { App, HTTPReceiver, type Receiver } from '@slack/bolt';
import { clientOptions, messageOf } from './calls.ts';
import type { Entrance } from './entrance.ts';
import { quietLogger, type SlackLog } from './log.ts';
import { CONNECTIONS, createSocket } from './sockets.ts';

export type SlackMode =
  | { kind: 'socket'; appToken: string }
  /** Port 0: any free one. Slack reaches it through a proxy that speaks HTTPS, at `/slack/events`. */
  | { kind: 'http'; signingSecret: string; host: string; port: number };

export interface EntranceOptions {
  mode: SlackMode;
  apiUrl: string | null;
  log: SlackLog;
  onFatal(error: Error): void;
}

export function createEntrances({ mode, apiUrl, log, onFatal }: EntranceOptions): Entrance[] {
  if (mode.kind === 'http') return [createHttpEntrance(mode, log)];
  const { appToken } = mode;
  return Array.from({ length: CONNECTIONS }, () => createSocket({ appToken, apiUrl, log, onFatal }));
}

/** Bolt answers 401 to a missing, wrong or old signature. */
function createHttpEntrance(mode: SlackMode & { kind: 'http' }, log: SlackLog): Entrance {
  const { signingSecret, host, port } = mode;
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: '/slack/events',
    logger: quietLogger(log),
    // Slack delivers again what is not answered 200.
    processEventErrorHandler: async ({ response }) => {
      if (!response.headersSent) response.writeHead(503).end();
      return false;
    },
  });
  let server: Server | null = null;
  return {
    receiver,
    start: async () => {
      server = await receiver.start({ host, port });
    },
    isOpen: () => server?.listening ?? false,
    port: () => {
      const address = server?.address() ?? null;
      return typeof address === 'object' && address !== null ? address.port : null;
    },
    close: async () => {
      const open = server;
      server = null;
      open?.closeIdleConnections();
      if (open !== null) await new Promise((resolve) => open.close(resolve));
    },
  };
}

export interface Bot {
  token: string;
  botId: string;
  botUserId: string;
}

export function createApp(receiver: Receiver, bot: Bot, apiUrl: string | null, log: SlackLog): App {
  const { token: botToken, botId, botUserId } = bot;
  const app = new App({
    receiver,
    // The token was tested at the start; Bolt would test it again at the first event, within the person's 3 s.
    authorize: async () => ({ botToken, botId, botUserId }),
    clientOptions: clientOptions(apiUrl, log),
    logger: quietLogger(log),
    convoStore: false,
  });
  app.error(async (error) => {
    log.error(`handling an event of Slack: ${messageOf(error)}`);
    throw error;
  });
  holdAcknowledgements(app);
  return app;
}

/**
 * Bolt acknowledges events of the Events API before it calls a listener, so a crash in between would lose them. Here they
 * are acknowledged when every listener has ended, and not at all when one of them threw: then Slack delivers again.
 */
function holdAcknowledgements(app: App): void {
  const handle = app.processEvent.bind(app);
  app.processEvent = async (event) => {
    if (event.body.type !== 'event_callback') return handle(event);
    await handle({ ...event, ack: async () => {} });
    await event.ack();
  };
}
