/**
 * Discord as a chat platform, by discord.js. Knows cards and people's ids; knows nothing of operations. This file only puts
 * the parts together.
 */
import { InteractionType } from 'discord.js';
import type { Registry } from '../../../actions/registry.ts';
import type { Card, ChatPlatform, Inbound, PlatformUser } from '../card.ts';
import { createAnswers } from './answers.ts';
import { createCalls } from './calls.ts';
import { type Completable, defineCommand } from './commands.ts';
import { createEdits } from './edits.ts';
import { createGateway } from './gateway.ts';
import { type Incoming, PLATFORM, RawInteraction, RawMessage, toIncoming } from './incoming.ts';
import { createKept } from './kept.ts';
import { createLanes } from './lanes.ts';
import type { DiscordLog } from './log.ts';
import { createMembers, type DiscordDirectory } from './members.ts';
import { createMentions } from './mentions.ts';
import { plainMessage } from './message-body.ts';
import { createPosts } from './posts.ts';
import { createPresses } from './presses.ts';
import { registerCommands } from './registration.ts';
import { createSlash } from './slash.ts';
import { createThreads } from './threads.ts';
import { answers as codes, isAnswer, messageOf } from './trouble.ts';
import { createWhispers, type Exchange } from './whispers.ts';

export interface DiscordOptions {
  token: string;
  /** null: Discord itself; without the version. */
  apiUrl: string | null;
  /** The only server that may command Drover, where commands are registered at once; null: every server it is in. */
  guildId: string | null;
  actions: Registry;
  /** Called once for each delivery; resolves when it is durable. */
  receive(inbound: Inbound): Promise<void>;
  /** What a person may be offered while he types: names that he may see. */
  complete(person: PlatformUser, what: Completable, typed: string): Promise<readonly string[]>;
  /** Whether it is certain that no process tried to post this key before: then no earlier copy is looked for. */
  isFirstTry?(key: string): boolean;
  /** The program must end: Discord does not let it go on. Called once, after a line in the log. */
  onFatal(error: Error): void;
  log: DiscordLog;
  now?(): number;
}

export interface DiscordHealth {
  /** The gateway's session is up. */
  connected: boolean;
  fatal: string | null;
}

export interface DiscordChat extends ChatPlatform {
  /** null: no server is named, so nobody's roles can be asked for. */
  directory: DiscordDirectory | null;
  /**
   * Ends when it is connected, and the commands are registered or the log says why not. Asks on while Discord cannot be
   * reached. Throws when Discord will not let the bot in, after `onFatal`.
   */
  start(): Promise<void>;
  health(): DiscordHealth;
}

/** Actions with more options than anybody wants to type: without what they need, a form opens. */
const WITH_FORM: ReadonlySet<string> = new Set(['vm.create']);

/** Interactions remembered as seen; they are told again within seconds. */
const MOST_SEEN = 5_000;

export function createDiscordChat(options: DiscordOptions): DiscordChat {
  const { token, apiUrl, guildId, log, now = Date.now } = options;
  const actions = [...options.actions.actions.values()];
  const state = { fatal: '', closed: false, bot: '' };
  const onFatal = (error: Error) => {
    if (state.fatal !== '' || state.closed) return;
    state.fatal = messageOf(error);
    log.error(`Discord cannot be used any more: ${error.message}`);
    options.onFatal(error);
  };
  const seen = createKept<true>(MOST_SEEN);
  const lanes = createLanes();
  const gateway = createGateway({
    token,
    apiUrl,
    log,
    now,
    onFatal,
    onInteraction: (data) => watch('an interaction', interaction(data)),
    onMessage: (data) => watch('a message', mentions.read(RawMessage.parse(data), state.bot)),
  });
  const calls = createCalls({ client: gateway.client, lanes, log, onFatal });
  const threads = createThreads(calls);
  const answers = createAnswers(calls, log);
  const whispers = createWhispers({ calls, log, now });
  const posts = createPosts({ calls, threads, isFirstTry: options.isFirstTry ?? (() => false) });
  const edits = createEdits({ calls, lanes, posts, threads, log, now });
  const presses = createPresses({ answers, whispers, hand });
  const slash = createSlash({ actions, answers, whispers, log, complete: options.complete, hand });
  const directory = guildId === null ? null : createMembers(calls, guildId, now);
  const onRoles = (user: string, roles: readonly string[]) => directory?.saw(user, roles);
  const { receive } = options;
  const mentions = createMentions({ calls, threads, log, guild: guildId, receive, onRoles });

  /** A fault in one event is told, and ends nothing. */
  function watch(what: string, handled: Promise<void>): void {
    handled.catch((error: unknown) => log.error(`handling ${what}: ${messageOf(error)}`));
  }

  async function hand(exchange: Exchange, inbound: Inbound): Promise<void> {
    onRoles(exchange.incoming.from.id, exchange.incoming.roles);
    try {
      await receive(inbound);
      whispers.taken(exchange);
    } catch (error) {
      log.error(`taking an event: ${messageOf(error)}`);
      await whispers.tell(exchange, NOT_TAKEN);
    }
  }

  /** Without new commands Drover still works: by the old ones, by mentions, by buttons. */
  async function register(application: string): Promise<void> {
    try {
      const command = defineCommand(actions, WITH_FORM);
      const done = await registerCommands([command], { calls, application, guild: guildId });
      log.info(`commands of Discord created, changed, deleted: ${JSON.stringify(done)}`);
    } catch (error) {
      const hint = isAnswer(error, codes.missingAccess)
        ? '; invite the bot again with the scope applications.commands'
        : '';
      log.error(`registering the commands: ${messageOf(error)}${hint}`);
    }
  }

  async function interaction(data: unknown): Promise<void> {
    const raw = RawInteraction.parse(data);
    // After a resume the gateway tells again what it had told already.
    if (seen.get(raw.id) === true) return;
    seen.set(raw.id, true);
    const incoming = toIncoming(raw);
    const no = incoming === null ? ONLY_SERVERS : whyNot(incoming, guildId);
    if (incoming === null || no !== null) {
      if (raw.type === InteractionType.ApplicationCommandAutocomplete)
        await answers.answer(raw, { kind: 'choices', choices: [] });
      else await answers.answer(raw, { kind: 'whisper', message: plainMessage(no ?? ONLY_SERVERS) });
    } else if (raw.type === InteractionType.ApplicationCommand) await slash.command(incoming);
    else if (raw.type === InteractionType.ApplicationCommandAutocomplete) await slash.autocomplete(incoming);
    else if (raw.type === InteractionType.MessageComponent) await presses.pressed(incoming);
    else if (raw.type === InteractionType.ModalSubmit && !(await slash.submitted(incoming)))
      await presses.submitted(incoming);
  }

  return {
    directory,
    name: PLATFORM,
    start: async () => {
      await gateway.connect();
      const application = gateway.client.application?.id ?? '';
      state.bot = gateway.client.user?.id ?? application;
      log.info('Discord is connected');
      await register(application);
    },
    health: () => ({ connected: gateway.isConnected(), fatal: state.fatal === '' ? null : state.fatal }),
    post: async (place, key, card) => {
      presses.remember(card);
      try {
        const { channel, message } = await posts.post(place, key, card);
        whispers.shown(place.channel, message, card);
        return channel === (place.thread ?? place.channel) ? message : `${channel}/${message}`;
      } catch (error) {
        if (isAnswer(error, codes.missingAccess, codes.missingPermissions))
          await whispers.explain(place.channel, NOT_ALLOWED);
        throw error;
      }
    },
    edit: async (place, message, card) => {
      presses.remember(card);
      const [id = message, channel = place.thread ?? place.channel] = message.split('/').toReversed();
      if (card.operation !== null && channel === place.channel) posts.remember(channel, card.operation.request, id);
      await edits.edit(place, { channel, message: id }, card);
    },
    whisper: async (place, to, card) => {
      presses.remember(card);
      await whispers.whisper(place, to, card);
    },
    close: async () => {
      state.closed = true;
      whispers.close();
      lanes.close();
      await gateway.close();
    },
  };
}

const ONLY_SERVERS = 'Drover takes commands in a server only: there it knows your roles.';

/** null: he may speak. What he may do is not decided here. */
function whyNot({ isBot, guild }: Incoming, only: string | null): string | null {
  if (isBot) return 'Bots may not command Drover.';
  return only !== null && guild !== only ? 'This Drover serves another server.' : null;
}

function answer(title: string, text: string): Card {
  return { tone: 'bad', title, blocks: [{ kind: 'text', text }], buttons: [], operation: null };
}

const NOT_TAKEN = answer(
  'Not taken',
  'Drover could not write your command down, so nothing was done. Try again in a moment.',
);
const NOT_ALLOWED = answer(
  'Drover may not write here',
  'It needs the permissions View Channel, Send Messages, Send Messages in Threads, Create Public Threads, Read Message History and Attach Files in this channel.',
);
