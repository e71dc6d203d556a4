/**
 * Drover's own web chat: a platform without an account anywhere, on this machine only. Messages live in the store, pages
 * follow them through an event stream.
 */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Store } from '../../store/store.ts';
import type { ChatPlatform, Inbound, Place } from '../card.ts';
import { createIncoming } from './incoming.ts';
import { LIMITS } from './limits.ts';
import { ChannelName } from './message.ts';
import { createMessages, type Messages } from './messages.ts';
import { createRate } from './rate.ts';
import { createRoutes } from './routes.ts';
import { createStreams, type Streams } from './streams.ts';
import { createWhispers } from './whispers.ts';

const SWEEP_MS = 20;

export interface WebChatOptions {
  store: Store;
  receive: (inbound: Inbound) => Promise<void>;
  /** Whom one may be in demo mode; `id` is the platform user id. */
  people: () => { id: string; name: string }[];
  channels: string[];
  demo: boolean;
  host: '127.0.0.1';
  /** 0 for any free one. */
  port: number;
  /** Part of the address; at least 32 hexadecimal digits. */
  token: string;
  /** Told of what went wrong while a page was served; standard error by default. */
  report?: (error: unknown) => void;
}

export type WebChat = ChatPlatform & { listen(): Promise<{ url: string }> };

/** Throws when the options would let strangers in. */
export function createWebChat(options: WebChatOptions): WebChat {
  checkOptions(options);
  const { store, channels, token, people, receive, report = console.error } = options;
  const now = Date.now;
  const messages = createMessages(store);
  const whispers = createWhispers(now);
  const streams = createStreams(report);
  const watching = messages.watch((id) => publishMessage(messages, streams, id).catch(report));

  async function snapshot(person: string): Promise<unknown> {
    const pages = channels.map(async (name) => ({ name, ...(await messages.page(name, null)) }));
    return { person, people: people(), channels: await Promise.all(pages), whispers: whispers.of(person) };
  }

  const app = createRoutes({
    token,
    people,
    channels,
    incoming: createIncoming({ messages, whispers, receive, now }),
    rate: createRate(now),
    openStream: (person, lastId) => streams.open(person, lastId, () => snapshot(person)),
    older: messages.page,
    report,
  });
  const server = httpServer(app.fetch);

  return {
    name: 'web',
    async listen() {
      const port = await listenOn(server, options.host, options.port);
      return { url: `http://${options.host}:${port}/?token=${token}` };
    },
    post({ channel, thread }, key, card) {
      const author = { kind: 'drover' as const };
      const content = { kind: 'card' as const, card };
      return messages.append({
        channel: ChannelName.parse(channel),
        thread,
        author,
        key: `post/${key}`,
        content,
        created: now(),
      });
    },
    edit: (_place: Place, message, card) => messages.edit(message, { kind: 'card', card }, now()),
    async whisper({ channel, thread }, to, card) {
      const whisper = whispers.add({ channel, thread, to: to.id, card });
      streams.publish({ name: 'whisper', to: to.id, data: whisper });
    },
    async close() {
      watching.stop();
      streams.close();
      await closeServer(server);
    },
  };
}

/** The types promise some of this; a config file does not. */
function checkOptions({ demo, host, token, channels }: WebChatOptions): void {
  if (!demo) throw new Error('starting the web chat: sign-in other than demo mode is not there yet; set demo: true');
  if (host !== '127.0.0.1') {
    throw new Error(`starting the web chat on ${host}: demo mode listens on this machine only; set host: 127.0.0.1`);
  }
  if (!/^[0-9a-f]{32,}$/i.test(token)) {
    throw new Error('starting the web chat: its token must have at least 32 hexadecimal digits');
  }
  for (const channel of channels) {
    if (!ChannelName.safeParse(channel).success) {
      throw new Error(`starting the web chat: channel "${channel}" must be a-z, 0-9, _ and -, at most 64 of them`);
    }
  }
}

async function publishMessage(messages: Messages, streams: Streams, id: string): Promise<void> {
  const message = await messages.get(id);
  if (message !== null) streams.publish({ name: 'message', to: null, data: message });
}

function httpServer(fetch: (request: Request) => Response | Promise<Response>): Server {
  const server = createAdaptorServer({ fetch });
  if (!('closeIdleConnections' in server)) throw new Error('making the web chat’s server: not one of HTTP/1.1');
  return server;
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Requests under way may end; then every connection does. */
async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection whose last answer ends only now is not idle yet when the server begins to close.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const late = setTimeout(() => server.closeAllConnections(), LIMITS.closeGraceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(late);
}
