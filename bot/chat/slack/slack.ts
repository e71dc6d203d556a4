/**
 * Slack as a chat platform: Bolt over two Socket Mode connections, or over signed HTTP requests. Knows cards and people's
 * ids; knows nothing of operations. This file only puts the parts together.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Card, ChatPlatform, Inbound, PlatformUser } from '../card.ts';
import type { Forms } from '../form.ts';
import { type Calls, createCalls, isTransient, messageOf } from './calls.ts';
import { createDirect } from './direct.ts';
import { createEdits } from './edits.ts';
import { createApp, createEntrances, type SlackMode } from './entrances.ts';
import { createFiles } from './files.ts';
import { createHome } from './home.ts';
import { createLimiter, type Rates, slackRates } from './limiter.ts';
import { listen } from './listen.ts';
import type { SlackLog } from './log.ts';
import { createMessages } from './messages.ts';
import { createModals } from './modals.ts';
import { createPeople, type People } from './people.ts';
import { createPosts } from './posts.ts';
import { createTake } from './taking.ts';
import { createVariants } from './variants.ts';
import { createWhispers } from './whispers.ts';

export interface SlackOptions {
  botToken: string;
  mode: SlackMode;
  /** null: Slack itself. Ends with a slash. */
  apiUrl: string | null;
  /** Called once for each delivery; the same event may be delivered again. Resolves when it is durable: Slack waits for it. */
  receive(inbound: Inbound): Promise<void>;
  forms: Forms;
  /** What a person's Home tab shows. */
  home(person: PlatformUser): Promise<Card[]>;
  /** Whether it is certain that no process tried to post this key before: then no earlier copy is looked for. */
  isFirstTry(key: string): boolean;
  /** The program must end: the token is refused for good. Called once, after a line in the log. */
  onFatal(error: Error): void;
  log: SlackLog;
  rates?: Rates;
}

export interface SlackHealth {
  /** Ways in that are open: two sockets, or one HTTP server. */
  open: number;
  fatal: string | null;
}

export interface SlackChat extends ChatPlatform, People {
  /** Ends when the first way in is open, or when it is clear that none will be (then `onFatal` was called). */
  start(): Promise<void>;
  health(): SlackHealth;
  /** Shows a person's Home tab anew. */
  refreshHome(person: PlatformUser): Promise<void>;
  /** HTTP mode: where it listens. */
  port(): number | null;
}

const Identity = z.object({ user_id: z.string(), bot_id: z.string(), team_id: z.string() });
type Identity = z.infer<typeof Identity>;

export function createSlackChat(options: SlackOptions): SlackChat {
  const { log, apiUrl, botToken: token, mode } = options;
  const state = { fatal: '', team: '', closed: false };
  const onFatal = (error: Error) => {
    if (state.fatal !== '' || state.closed) return;
    state.fatal = messageOf(error);
    log.error(`Slack cannot be used any more: ${state.fatal}`);
    options.onFatal(error);
  };
  const limiter = createLimiter(options.rates ?? slackRates);
  const calls = createCalls({ token, apiUrl, limiter, log, onFatal });
  const variants = createVariants();
  const direct = createDirect(calls, log);
  const whispers = createWhispers({ calls, direct, log });
  const home = createHome(calls, options.home);
  const take = createTake(options.receive, log);
  const modals = createModals({ calls, forms: options.forms, log, take });
  const messages = createMessages({
    posts: createPosts({ calls, variants, isFirstTry: options.isFirstTry }),
    edits: createEdits({ calls, limiter, variants }),
    whispers,
    files: createFiles({ calls, log }),
    direct,
  });
  const entrances = createEntrances({ mode, apiUrl, log, onFatal });

  return {
    name: 'slack',
    ...messages,
    ...createPeople(calls, () => state.team),
    start: async () => {
      const identity = await whoAmI(calls, log, () => state.fatal !== '' || state.closed);
      if (identity === null) return;
      const { bot_id: botId, user_id: botUserId, team_id } = identity;
      state.team = team_id;
      for (const { receiver } of entrances) {
        const app = createApp(receiver, { token, botId, botUserId }, apiUrl, log);
        const showStatus = (channel: string, message: string) => void setStatus(calls, log, channel, message);
        listen(app, { botUser: botUserId, take, showStatus, whispers, modals, home, log });
      }
      await Promise.race(entrances.map((entrance) => entrance.start()));
    },
    health: () => ({
      open: entrances.filter((entrance) => entrance.isOpen()).length,
      fatal: state.fatal === '' ? null : state.fatal,
    }),
    refreshHome: ({ id }) => home.show(id),
    port: () => entrances.map((entrance) => entrance.port()).find((port) => port !== null) ?? null,
    close: async () => {
      state.closed = true;
      limiter.close();
      await Promise.all(entrances.map((entrance) => entrance.close()));
    },
  };
}

/** Pause between asks while Slack cannot be reached. */
const ASK_AGAIN_MS = 5_000;

/** Asks until Slack answers; null: it answered that the token is worth nothing, or nobody wants to know any more. */
async function whoAmI(calls: Calls, log: SlackLog, isOver: () => boolean): Promise<Identity | null> {
  for (;;) {
    try {
      const args = () => ({});
      return Identity.parse(
        await calls.call({ method: 'auth.test', channel: null, lane: () => 'urgent', repeatable: true, args }),
      );
    } catch (error) {
      if (isOver()) return null;
      if (!isTransient(error)) throw error;
      log.warn(`asking Slack who Drover is: ${messageOf(error)}; asking again`);
      await pause(ASK_AGAIN_MS);
    }
  }
}

/** Best effort. Slack takes it away at the next message, or after 2 minutes. */
async function setStatus(calls: Calls, log: SlackLog, channel: string, message: string): Promise<void> {
  const args = () => ({ channel_id: channel, thread_ts: message, status: 'is looking at it…' });
  await calls
    .call({ method: 'assistant.threads.setStatus', channel, lane: () => 'progress', repeatable: false, args })
    .catch((error: unknown) => log.debug(`showing a status: ${messageOf(error)}`));
}
