/**
 * A Discord on a free loopback port: REST and gateway. The real discord.js talks to it by `rest: { api, version: '10' }`. It
 * enforces what Discord enforces, does wrong what it is told to do wrong, and collects in `violations` what the bot should
 * not have sent.
 */
import { createServer } from 'node:http';
import { channelRoutes } from './channel-routes.ts';
import { commandRoutes } from './command-routes.ts';
import { createPerson, type FakePerson } from './driver.ts';
import { createFaults, type Fault } from './faults.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { CALLBACK_SCHEMAS, interactionRoutes } from './interaction-routes.ts';
import { memberRoute } from './member-route.ts';
import { type BucketRule, createRates } from './rates.ts';
import { answerRequest } from './rest.ts';
import type { Route } from './routes.ts';
import { loadSpec } from './spec.ts';
import {
  createWorld,
  type FakeChannel,
  type FakeInteraction,
  type FakeMessage,
  type FakeUser,
  GUILD,
  type Permission,
  userOf,
  type World,
} from './world.ts';

export interface FakeDiscord {
  /** For `rest.api`; without the version. */
  apiUrl: string;
  /** What the bot must sign in with; may be changed, as when somebody resets it. */
  credentials: { token: string };
  guildId: string;
  world: World;
  violations: string[];
  gateway: Omit<Gateway, 'dispatch' | 'stop'>;
  addUser(id: string, traits?: Partial<Omit<FakeUser, 'id'>>): void;
  addChannel(id: string, options?: { forbidden?: Permission[] }): FakeChannel;
  user(id: string): FakePerson;
  fault(fault: Fault): void;
  /** A rate limit for the routes whose name has this piece. */
  bucket(rule: BucketRule): void;
  /** Puts the clock forward. */
  advance(ms: number): void;
  /** In the order of posting, oldest first. */
  messages(channel: string): FakeMessage[];
  /** What only this person sees. */
  ephemerals(user: string): FakeMessage[];
  /** Threads of a channel. */
  threads(channel: string): FakeChannel[];
  /** Requests answered 429 by a limit. */
  limited(): number;
  close(): Promise<void>;
}

export interface FakeDiscordOptions {
  /** ms; 3,000 at Discord. */
  ackDeadlineMs?: number;
  heartbeatMs?: number;
  grantedIntents?: number;
  globalPerSecond?: number;
}

export async function startFakeDiscord(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  const world = createWorld();
  const faults = createFaults();
  const rates = createRates(options.globalPerSecond ?? 50);
  const credentials = { token: 'fake.bot.token' };
  const ackDeadlineMs = options.ackDeadlineMs ?? 3_000;
  const waiting = new Map<string, () => void>();
  const server = createServer();
  // A check that is made for the first time can hold the process up for seconds.
  server.keepAliveTimeout = 60_000;
  let origin = '';
  const gateway = createGateway(server, {
    world,
    token: () => credentials.token,
    heartbeatMs: options.heartbeatMs ?? 41_250,
    grantedIntents: options.grantedIntents ?? 0,
    url: () => `${origin.replace('http', 'ws')}/gateway`,
  });
  const routes = [gatewayRoute(() => origin), ...channelRoutes, ...interactionRoutes, ...commandRoutes, memberRoute];
  const acknowledged = ({ id }: FakeInteraction) => waiting.get(id)?.();
  const spec = await loadSpec();
  // Made ready before anything has a deadline.
  spec.check(CALLBACK_SCHEMAS, {});
  const rest = { world, spec, faults, rates, routes, token: () => credentials.token };
  server.on('request', (request, response) => {
    answerRequest({ ...rest, ackDeadlineMs, acknowledged }, request, response).catch((error: unknown) => {
      world.violations.push(`the fake could not answer ${request.url}: ${error}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listening on loopback gave no port');
  origin = `http://127.0.0.1:${address.port}`;

  const acknowledgement = (interaction: FakeInteraction) =>
    new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        waiting.delete(interaction.id);
        resolve();
      };
      const timer = setTimeout(() => {
        world.timeouts.push(interaction.id);
        finish();
      }, ackDeadlineMs);
      waiting.set(interaction.id, finish);
    });

  return {
    apiUrl: `${origin}/api`,
    credentials,
    guildId: GUILD,
    world,
    violations: world.violations,
    gateway,
    addUser: (id, traits = {}) => {
      world.users.set(id, { id, name: `user${id.slice(-2)}`, bot: false, roles: [], closed: false, ...traits });
    },
    addChannel: (id, { forbidden = [] } = {}) => {
      const place = { parent: null, archived: false, locked: false, forbidden: new Set(forbidden) };
      const channel: FakeChannel = { id, kind: 'text', name: `channel-${id.slice(-2)}`, ...place };
      world.channels.set(id, channel);
      return channel;
    },
    user: (id) => createPerson({ world, gateway, user: userOf(world, id), acknowledgement }),
    fault: faults.add,
    bucket: rates.rule,
    advance: (ms) => {
      world.ahead += ms;
    },
    messages: (channel) => world.messages.filter((message) => message.channel === channel),
    ephemerals: (user) => world.ephemerals.filter(({ onlyFor }) => onlyFor === user),
    threads: (channel) =>
      [...world.channels.values()].filter(({ kind, parent }) => kind === 'thread' && parent === channel),
    limited: rates.limited,
    close: async () => {
      for (const finish of [...waiting.values()]) finish();
      gateway.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function gatewayRoute(origin: () => string): Route {
  const limit = { total: 1000, remaining: 999, reset_after: 14_400_000, max_concurrency: 1 };
  return {
    route: 'GET /gateway/bot',
    schemas: [],
    auth: true,
    run: () => ({
      status: 200,
      body: { url: `${origin().replace('http', 'ws')}/gateway`, shards: 1, session_start_limit: limit },
    }),
  };
}
