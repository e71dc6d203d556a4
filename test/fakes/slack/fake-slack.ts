/**
 * A Slack on a free loopback port: Web API and Socket Mode, or signed HTTP deliveries. The real Bolt talks to it by
 * `clientOptions.slackApiUrl`. It enforces what Slack enforces, does wrong what it is told to do wrong, and collects what the
 * bot should not have sent in `violations`.
 */
import { createServer } from 'node:http';
import { createDelivery, createHttpTransport, eventId, type Transport } from './delivery.ts';
import { createPerson, type FakePerson } from './driver.ts';
import { createFaults, type Fault } from './faults.ts';
import { eventBody } from './payloads.ts';
import { createRates } from './rates.ts';
import { loadSlackSchemas } from './schema.ts';
import { createSockets, type DisconnectReason } from './socket.ts';
import { answerRequest } from './web-api.ts';
import {
  BOT_USER,
  createWorld,
  type FakeEphemeral,
  type FakeMessage,
  type FakeUser,
  TEAM,
  userOf,
  type World,
} from './world.ts';

export interface FakeSlack {
  /** For `slackApiUrl`; ends with a slash. */
  apiUrl: string;
  tokens: { bot: string; app: string };
  signingSecret: string;
  world: World;
  /** Requests that Slack would not take, or that the contract forbids. Must stay empty. */
  violations: string[];
  addUser(id: string, traits?: Partial<Omit<FakeUser, 'id'>>): void;
  /** The bot is a member unless `bot: false`. */
  addChannel(id: string, members: string[], options?: { bot: boolean }): void;
  addGroup(id: string, users: string[]): void;
  user(id: string): FakePerson;
  fault(fault: Fault): void;
  /** Ends one Socket Mode connection, or all. */
  disconnect(reason: DisconnectReason, which?: 'one' | 'all'): void;
  connected(): number;
  /** The next deliveries come twice. */
  duplicate(times: number): void;
  /** The next acknowledgements do not arrive: events come again, people see an error. */
  loseAcknowledgements(times: number): void;
  /** Forgets every fault that was ordered and did not happen yet. */
  calm(): void;
  /** From now on deliveries are signed requests to this address. */
  deliverTo(url: string): void;
  /** In the order of posting; replies included. */
  messages(channel: string): FakeMessage[];
  ephemerals(user: string): FakeEphemeral[];
  close(): Promise<void>;
}

export interface FakeSlackOptions {
  /** ms; 3,000 at Slack. */
  ackDeadlineMs?: number;
  eventRetryMs?: number[];
  /** Whether Slack's rate limits hold; off, so that most tests need not wait. */
  rateLimits?: boolean;
}

export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const world = createWorld();
  const schemas = loadSlackSchemas();
  const faults = createFaults();
  const tokens = { bot: 'xoxb-fake-bot', app: 'xapp-fake-app' };
  const signingSecret = 'fake-signing-secret';
  const rates = createRates(options.rateLimits ?? false);
  const server = createServer();
  const sockets = createSockets(server, () => origin);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listening on loopback gave no port');
  const origin = `http://127.0.0.1:${address.port}`;
  const ctx = { world, schemas, origin, socketUrl: sockets.url };
  server.on('request', (request, response) => {
    answerRequest({ ctx, faults, tokens, tooEarly: rates.tooEarly }, request, response).catch((error: unknown) => {
      world.violations.push(`the fake could not answer ${request.url}: ${error}`);
      response.destroy();
    });
  });

  let transport: Transport = sockets.transport;
  const delivery = createDelivery({
    world,
    transport: (...args) => transport(...args),
    ackDeadlineMs: options.ackDeadlineMs ?? 3_000,
    eventRetryMs: options.eventRetryMs ?? [0, 60_000, 300_000],
    eventBody: (event) => eventBody(event, eventId(world)),
  });

  return {
    apiUrl: `${origin}/api/`,
    tokens,
    signingSecret,
    world,
    violations: world.violations,
    addUser: (id, traits = {}) => {
      world.users.set(id, { ...plainUser(id), ...traits });
    },
    addChannel: (id, members, { bot } = { bot: true }) => {
      world.channels.set(id, { id, kind: 'channel', members: new Set(bot ? [...members, BOT_USER] : members) });
    },
    addGroup: (id, users) => {
      world.groups.set(id, users);
    },
    user: (id) => createPerson({ world, origin, user: userOf(world, id) }, delivery),
    fault: faults.add,
    disconnect: (reason, which = 'one') => sockets.disconnect(reason, which),
    connected: sockets.connected,
    duplicate: delivery.duplicate,
    loseAcknowledgements: delivery.loseAcknowledgements,
    calm: () => {
      faults.clear();
      delivery.calm();
    },
    deliverTo: (url) => {
      transport = createHttpTransport(url, signingSecret);
    },
    messages: (channel) => world.messages.filter((message) => message.channel === channel),
    ephemerals: (user) => world.ephemerals.filter((ephemeral) => ephemeral.user === user),
    close: async () => {
      delivery.close();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function plainUser(id: string): FakeUser {
  const no = { deleted: false, isBot: false, isRestricted: false, isUltraRestricted: false, isStranger: false };
  return { id, name: id.toLowerCase(), team: TEAM, ...no };
}
