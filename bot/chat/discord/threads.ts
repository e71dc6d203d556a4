/** The thread that hangs on a message: made when it is first needed, opened again when it was put away. */
import { Routes, ThreadAutoArchiveDuration } from 'discord.js';
import { z } from 'zod';
import type { Calls, DiscordCall } from './calls.ts';
import { isThread } from './incoming.ts';
import { createKept } from './kept.ts';
import type { Lane } from './lanes.ts';
import { answers, isAnswer } from './trouble.ts';

const MOST_KEPT = 10_000;
const Channel = z.object({ parent_id: z.string().nullish(), type: z.number() });

export interface Threads {
  /** Makes sure that the message has a thread, whose id is the message's. */
  ensure(channel: string, message: string, name: string, lane: Lane): Promise<void>;
  /** Opens an archived thread; a locked one only where the bot may. Throws Discord's no. */
  reopen(thread: string): Promise<void>;
  /** The channel that a thread is in; null: it is no thread. */
  parentOf(channel: string): Promise<string | null>;
}

export function createThreads(calls: Calls): Threads {
  const made = createKept<Promise<void>>(MOST_KEPT);
  const parents = createKept<string | null>(MOST_KEPT);
  const call = (method: DiscordCall['method'], path: `/${string}`, body: object | null, lane: Lane = 'urgent') =>
    calls.call({ method, path, lane: () => lane, repeatable: true, body: () => body });

  const make = async (channel: string, message: string, name: string, lane: Lane) => {
    const body = { name, auto_archive_duration: ThreadAutoArchiveDuration.OneDay };
    try {
      await call('POST', Routes.threads(channel, message), body, lane);
    } catch (error) {
      if (!isAnswer(error, answers.threadExists)) throw error;
    }
  };

  return {
    ensure: (channel, message, name, lane) => {
      const known = made.get(message);
      if (known !== undefined) return known;
      const making = make(channel, message, name, lane);
      made.set(message, making);
      making.catch(() => made.delete(message));
      return making;
    },
    reopen: async (thread) => {
      try {
        await call('PATCH', Routes.channel(thread), { archived: false });
      } catch (error) {
        if (!isAnswer(error, answers.archivedThread)) throw error;
      }
    },
    parentOf: async (channel) => {
      const known = parents.get(channel);
      if (known !== undefined) return known;
      const { parent_id, type } = Channel.parse(await call('GET', Routes.channel(channel), null));
      const parent = isThread(type) ? (parent_id ?? null) : null;
      parents.set(channel, parent);
      return parent;
    },
  };
}
