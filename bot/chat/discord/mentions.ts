/**
 * Messages that begin with a mention of the bot. Those carry their content without the Message Content intent. What bots and
 * webhooks write is never read.
 */
import { Routes } from 'discord.js';
import type { z } from 'zod';
import type { Inbound } from '../card.ts';
import type { Calls } from './calls.ts';
import { PLATFORM, placeIn, type RawMessage } from './incoming.ts';
import type { DiscordLog } from './log.ts';
import { addressed } from './read-command.ts';
import type { Threads } from './threads.ts';
import { messageOf } from './trouble.ts';

export interface MentionsOptions {
  calls: Calls;
  threads: Threads;
  log: DiscordLog;
  /** null: any server. */
  guild: string | null;
  receive(inbound: Inbound): Promise<void>;
  onRoles(userId: string, roleIds: readonly string[]): void;
}

export interface Mentions {
  read(message: z.infer<typeof RawMessage>, bot: string): Promise<void>;
}

export function createMentions({ calls, threads, log, guild, receive, onRoles }: MentionsOptions): Mentions {
  /** Best effort: shown for 10 s. */
  const showTyping = (channel: string) =>
    void calls
      .call({
        method: 'POST',
        path: Routes.channelTyping(channel),
        lane: () => 'progress',
        body: () => null,
        repeatable: false,
      })
      .catch((error: unknown) => log.debug(`showing that Drover types: ${messageOf(error)}`));

  return {
    read: async ({ id, author, webhook_id, guild_id, channel_id, content, member }, bot) => {
      const line = lineFor(content, bot);
      if (author.bot || (webhook_id ?? null) !== null || line === null) return;
      if (guild_id === undefined || guild_id === null || (guild !== null && guild_id !== guild)) return;
      showTyping(channel_id);
      const place = placeIn(channel_id, await threads.parentOf(channel_id));
      if (member !== undefined && member !== null) onRoles(author.id, member.roles);
      const from = { platform: PLATFORM, id: author.id };
      await receive({ kind: 'line', eventId: id, from, place, message: id, address: null, text: line });
    },
  };
}

/** What follows the mention at the start; null: not for the bot. */
function lineFor(content: string, bot: string): string | null {
  const match = /^\s*<@!?(\d+)>([\s\S]*)$/.exec(content);
  return match?.[1] === bot ? addressed(match[2] ?? '') : null;
}
