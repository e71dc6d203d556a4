/**
 * Messages that one person sees. They hang on an interaction of his, whose token lives 15 minutes; after that a direct
 * message; and where he takes none, a line in the channel that says no more than that there is an answer.
 */
import { MessageFlags, Routes } from 'discord.js';
import { z } from 'zod';
import type { Card, Place, PlatformUser } from '../card.ts';
import type { Calls } from './calls.ts';
import type { Incoming } from './incoming.ts';
import type { Lane } from './lanes.ts';
import type { DiscordLog } from './log.ts';
import { literal } from './markdown.ts';
import { plainMessage, toSendable } from './message-body.ts';
import { nonceOf } from './nonce.ts';
import { type DiscordMessage, renderCard } from './render.ts';
import { messageOf } from './trouble.ts';

/** Discord's 15 min, less what a call may take. */
const TOKEN_LIFE_MS = 14.5 * 60_000;
/** Interactions kept at once; the oldest go first. */
const MOST_KEPT = 1_000;
/** How long "thinking…" stands before it says in words that the command was taken. */
const QUIET_MS = 2_500;

/** thinking: the deferred answer is still to come · taken: it says so · spoken: further messages follow it. */
type Stage = 'thinking' | 'taken' | 'spoken';

export interface Exchange {
  incoming: Incoming;
  /** What was asked; '' for a button. */
  line: string;
  stage: Stage;
  until: number;
  /** Ends when what was said last is there: a message that overtakes the first would take its place. */
  last: Promise<void>;
}

export interface Whispers {
  /** After the acknowledgement. `thinking`: the person looks at "Drover is thinking…". */
  open(incoming: Incoming, line: string, thinking: boolean): Exchange;
  /** Answers this very interaction. */
  tell(exchange: Exchange, card: Card): Promise<void>;
  /** The command was written down: if nothing follows soon, the person is told so. */
  taken(exchange: Exchange): void;
  /** The request is shown there now: whoever still looks at "thinking…" in this channel is led to it. */
  shown(channel: string, message: string, card: Card): void;
  /** Best effort: what fails is logged. */
  whisper(place: Place, to: PlatformUser, card: Card): Promise<void>;
  /** Tells those who just asked in this channel what the bot may not do there. */
  explain(channel: string, card: Card): Promise<void>;
  close(): void;
}

export interface WhispersOptions {
  calls: Calls;
  log: DiscordLog;
  now(): number;
}

const Channel = z.object({ id: z.string() });

export function createWhispers({ calls, log, now }: WhispersOptions): Whispers {
  const exchanges = new Set<Exchange>();
  const timers = new Set<NodeJS.Timeout>();

  /** In place of "thinking…", or after what was said before. */
  const say = (exchange: Exchange, message: DiscordMessage, next: Stage): Promise<void> => {
    const isFirst = exchange.stage !== 'spoken';
    exchange.stage = next;
    const said = exchange.last.then(() =>
      send(exchange.incoming, message, isFirst, next === 'taken' ? 'progress' : 'urgent'),
    );
    exchange.last = said.catch(() => undefined);
    return said;
  };

  const send = async ({ application, token }: Incoming, message: DiscordMessage, isFirst: boolean, lane: Lane) => {
    const flags = isFirst ? message.flags : message.flags | MessageFlags.Ephemeral;
    const { body, files } = toSendable({ ...message, flags });
    await calls.call({
      method: isFirst ? 'PATCH' : 'POST',
      path: isFirst ? Routes.webhookMessage(application, token, '@original') : Routes.webhook(application, token),
      lane: () => lane,
      body: () => body,
      files: () => files,
      // A second copy of a private answer does no harm.
      repeatable: true,
      hasOwnToken: true,
    });
  };

  const best = async (what: string, run: () => Promise<void>): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      log.warn(`${what}: ${messageOf(error)}`);
      return false;
    }
  };

  const alive = (channel: string) => {
    for (const exchange of exchanges) if (exchange.until <= now()) exchanges.delete(exchange);
    return [...exchanges].filter(({ incoming }) => incoming.place.channel === channel);
  };

  const directly = async (user: string, card: Card) => {
    const call = { method: 'POST' as const, lane: () => 'urgent' as const, repeatable: true };
    const open = await calls.call({ ...call, path: Routes.userChannels(), body: () => ({ recipient_id: user }) });
    const { body, files } = toSendable(renderCard({ ...card, buttons: [] }, null), nonceOf(`${user} ${now()}`));
    await calls.call({
      ...call,
      path: Routes.channelMessages(Channel.parse(open).id),
      body: () => body,
      files: () => files,
    });
  };

  /** Says nothing of the answer itself: everybody reads it. */
  const politely = async ({ channel, thread }: Place, user: string) => {
    const text = `<@${user}>, there is an answer for you alone, and you take no direct messages. Ask again with \`/vm\` to see it.`;
    const { body } = toSendable(plainMessage(text), nonceOf(`notice ${channel} ${user} ${now()}`));
    await calls.call({
      method: 'POST',
      path: Routes.channelMessages(thread ?? channel),
      lane: () => 'urgent',
      body: () => body,
      repeatable: true,
    });
  };

  return {
    open: (incoming, line, thinking) => {
      const stage = thinking ? 'thinking' : 'spoken';
      const exchange: Exchange = { incoming, line, stage, until: now() + TOKEN_LIFE_MS, last: Promise.resolve() };
      exchanges.add(exchange);
      const [oldest] = exchanges;
      if (exchanges.size > MOST_KEPT && oldest !== undefined) exchanges.delete(oldest);
      return exchange;
    },
    tell: async (exchange, card) => {
      await best('answering', () => say(exchange, renderCard(card, null), 'spoken'));
    },
    taken: (exchange) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (exchange.stage !== 'thinking') return;
        const message = plainMessage(`Taken: ${literal(exchange.line)}`);
        void best('saying that a command was taken', () => say(exchange, message, 'taken'));
      }, QUIET_MS);
      timers.add(timer);
    },
    shown: (channel, message, card) => {
      const exchange = alive(channel).find(({ stage, line }) => stage !== 'spoken' && isAbout(card, line));
      if (exchange === undefined) return;
      const link = `https://discord.com/channels/${exchange.incoming.guild}/${channel}/${message}`;
      const text = plainMessage(`${literal(exchange.line)}\nis here: ${link}`);
      void best('leading somebody to his request', () => say(exchange, text, 'spoken'));
    },
    whisper: async (place, { id }, card) => {
      const own = alive(place.channel).filter(({ incoming }) => incoming.from.id === id);
      const exchange = own.find(({ stage }) => stage !== 'spoken') ?? own.at(-1);
      const message = renderCard(card, null);
      if (exchange !== undefined && (await best(`whispering to ${id}`, () => say(exchange, message, 'spoken')))) return;
      if (await best(`writing to ${id} directly`, () => directly(id, card))) return;
      await best(`telling ${id} that there is an answer`, () => politely(place, id));
    },
    explain: async (channel, card) => {
      const waiting = alive(channel).filter(({ stage }) => stage !== 'spoken');
      await Promise.all(
        waiting.map((exchange) => best('explaining', () => say(exchange, renderCard(card, null), 'spoken'))),
      );
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** Whether a card shows what was asked by this line: it names the verb and the target. */
function isAbout({ title, operation }: Card, line: string): boolean {
  const words = line.split(' ').slice(1, 3);
  return operation !== null && words.length > 0 && words.every((word) => title.includes(word));
}
