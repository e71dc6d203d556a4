/**
 * The connection to Discord by discord.js: which events are wanted, how it ends. No privileged intent is asked for. A
 * session that ends for good is told once, in words that say what to do; the library would stay silent.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  Client,
  Events,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  GatewayIntentBits,
  Options,
  type RateLimitData,
  Routes,
} from 'discord.js';
import { OpsError } from '../../../actions/errors.ts';
import { createdAt } from './incoming.ts';
import type { DiscordLog } from './log.ts';
import { isTransient, messageOf, toTrouble } from './trouble.ts';

/** A wait that discord.js sits out by itself, ms. Longer ones are ours, so that others need not stand behind them. */
const SHORT_WAIT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const HOUR_MS = 3_600_000;
/** From the first connection to the list of servers. */
const READY_MS = 30_000;
/** Pause between asks while Discord cannot be reached. */
const ASK_AGAIN_MS = 2_000;

export interface GatewayOptions {
  token: string;
  /** null: Discord itself; without the version. */
  apiUrl: string | null;
  log: DiscordLog;
  now(): number;
  /** Told at most once. */
  onFatal(error: Error): void;
  onInteraction(data: unknown): void;
  onMessage(data: unknown): void;
}

export interface Gateway {
  client: Client;
  /** Asks until Discord answers. Throws when it will not let the bot in; `onFatal` was told before. */
  connect(): Promise<void>;
  isConnected(): boolean;
  close(): Promise<void>;
}

export function createGateway({ token, apiUrl, log, now, onFatal, onInteraction, onMessage }: GatewayOptions): Gateway {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
    rest: {
      ...(apiUrl === null ? {} : { api: apiUrl }),
      version: '10',
      retries: 0,
      timeout: REQUEST_TIMEOUT_MS,
      rejectOnRateLimit: (limit) => isTooLong(limit, now()),
    },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      ReactionManager: 0,
      GuildMemberManager: 100,
      UserManager: 100,
      ThreadMemberManager: 0,
    }),
  });
  const closing = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  const end = (error: Error) => {
    onFatal(error);
    ended.reject(error);
  };

  client.ws.on(GatewayDispatchEvents.InteractionCreate, (data: unknown) => onInteraction(data));
  client.ws.on(GatewayDispatchEvents.MessageCreate, (data: unknown) => onMessage(data));
  client.on(Events.ShardDisconnect, ({ code }) =>
    end(new Error(`the gateway closed with ${code}: ${adviceFor(code)}`)),
  );
  client.on(Events.Invalidated, () => end(new Error('Discord has made the session invalid')));
  client.on(Events.Error, (error) => log.warn(`the gateway: ${error.message}`));
  client.on(Events.ShardError, (error) => log.warn(`the gateway's connection: ${error.message}`));
  client.on(Events.ShardReconnecting, () => log.info('the gateway is connecting again'));
  client.on(Events.ShardResume, (_, replayed) =>
    log.info(`the gateway's session goes on, ${replayed} events were missed`),
  );

  return {
    client,
    connect: async () => {
      try {
        await reach(client, token, log, closing.signal);
        await Promise.race([signIn(client, token), ended.promise]);
      } catch (error) {
        const why = explainStart(error);
        if (!isTransient(why)) end(why);
        throw why;
      }
    },
    isConnected: () => client.isReady(),
    close: () => {
      closing.abort();
      return client.destroy();
    },
  };
}

/**
 * Waits until Discord answers at all. The library cannot be asked to sign in twice: after one failure it can be neither used
 * nor closed.
 */
async function reach(client: Client, token: string, log: DiscordLog, signal: AbortSignal): Promise<void> {
  client.rest.setToken(token);
  for (;;) {
    try {
      await client.rest.get(Routes.gatewayBot());
      return;
    } catch (error) {
      const trouble = toTrouble('the gateway', error, true);
      if (trouble.kind !== 'wait' && !isTransient(trouble.error)) throw error;
      const ms = Math.max(ASK_AGAIN_MS, trouble.kind === 'wait' ? trouble.ms : 0);
      log.warn(`signing in to Discord: ${messageOf(error)}; asking again in ${ms / 1000} s`);
      await pause(ms, undefined, { signal });
    }
  }
}

async function signIn(client: Client, token: string): Promise<void> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(
    () => timer.reject(new OpsError('timed-out', `connecting to Discord: not ready within ${READY_MS / 1000} s`)),
    READY_MS,
  );
  try {
    const ready = new Promise<void>((resolve) => client.once(Events.ClientReady, () => resolve()));
    await Promise.race([Promise.all([client.login(token), ready]), timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

function explainStart(error: unknown): Error {
  const message = messageOf(error);
  if (/disallowed intents/i.test(message))
    return new Error(`signing in to Discord: ${adviceFor(GatewayCloseCodes.DisallowedIntents)}`);
  if (/invalid token/i.test(message))
    return new Error(`signing in to Discord: ${adviceFor(GatewayCloseCodes.AuthenticationFailed)}`);
  if (error instanceof OpsError || !(error instanceof Error)) return new Error(message, { cause: error });
  const trouble = toTrouble('the gateway', error, true);
  return trouble.kind === 'wait'
    ? new OpsError('unreachable', `signing in to Discord: asked to wait ${trouble.ms} ms`)
    : trouble.error;
}

/** Source: docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
function adviceFor(code: number): string {
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return 'the token is not valid; make a new one in the Developer Portal under Bot and put it into DISCORD_TOKEN';
    case GatewayCloseCodes.DisallowedIntents:
    case GatewayCloseCodes.InvalidIntents:
      return 'an intent is not allowed; Drover needs none of the privileged ones, so another version of it may be running';
    case GatewayCloseCodes.ShardingRequired:
      return 'the bot is in too many servers for one connection';
    default:
      return 'Discord does not let this session go on';
  }
}

/** Edits of messages older than an hour are refused by a 429 that would come again and again. */
function isTooLong({ retryAfter, timeToReset, method, url }: RateLimitData, now: number): boolean {
  const edited = method.toUpperCase() === 'PATCH' ? /\/messages\/(\d+)$/.exec(url)?.[1] : undefined;
  if (edited !== undefined && now - createdAt(edited) > HOUR_MS) return true;
  return Math.max(retryAfter, timeToReset) > SHORT_WAIT_MS;
}
