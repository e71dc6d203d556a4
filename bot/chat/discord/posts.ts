/**
 * Posting once, and where. The card of a request stands in the channel; what follows it stands in its thread. Twice the same
 * post is one message: for minutes by Discord's nonce, later by the mark that the message carries.
 */
import { Routes } from 'discord.js';
import { z } from 'zod';
import type { Card, Place } from '../card.ts';
import type { Calls } from './calls.ts';
import { createKept } from './kept.ts';
import { laneOf } from './lane-of.ts';
import { toSendable } from './message-body.ts';
import { nonceOf } from './nonce.ts';
import { markOf, plainTitle, renderCard, requestMark } from './render.ts';
import type { Threads } from './threads.ts';
import { answers, isAnswer } from './trouble.ts';

/** Messages looked at for an earlier copy: pages of 100, newest first. */
const PAGE = 100;
const MOST_PAGES = 3;
const MOST_KEPT = 10_000;
/** Discord's limit for the name of a thread. */
const NAME_LENGTH = 100;

const Answer = z.object({ id: z.string() });
const Marks = z.looseObject({ id: z.number().optional(), components: z.array(z.unknown()).optional() });
const Page = z.array(z.object({ id: z.string(), components: z.array(z.unknown()).default([]) }));

/** A message with the channel that it is in, which may be a thread. */
export interface Spot {
  channel: string;
  message: string;
}

export interface Posted extends Spot {
  /** false: an earlier copy was found. */
  isNew: boolean;
}

export interface PostsOptions {
  calls: Calls;
  threads: Threads;
  /** Whether it is certain that nobody tried to post this key before; then it is not looked for first. */
  isFirstTry(key: string): boolean;
}

export interface Posts {
  post(place: Place, key: string, card: Card): Promise<Posted>;
  /** This message shows the request: what follows goes into its thread. */
  remember(channel: string, request: number, message: string): void;
}

export function createPosts({ calls, threads, isFirstTry }: PostsOptions): Posts {
  /** The same key at the same time is one post. */
  const running = new Map<string, Promise<Posted>>();
  /** Channel and request → the message that shows it. */
  const roots = createKept<string>(MOST_KEPT);

  const send = async (channel: string, key: string, card: Card): Promise<Posted> => {
    const { body, files } = toSendable(renderCard(card, key), nonceOf(`${channel} ${key}`));
    const answer = await calls.call({
      method: 'POST',
      path: Routes.channelMessages(channel),
      lane: () => laneOf(card),
      body: () => body,
      files: () => files,
      repeatable: true,
    });
    return { channel, message: Answer.parse(answer).id, isNew: true };
  };

  const inThread = async (channel: string, root: string, key: string, card: Card): Promise<Posted> => {
    const earlier = isFirstTry(key) ? null : await findByMark(root, markOf(key), channel);
    if (earlier !== null) return earlier;
    try {
      return await sendInto(root, channel, key, card);
    } catch (error) {
      // No thread to be had, or a locked one: said in the channel rather than not at all.
      if (!isAnswer(error, ...NO_THREAD)) throw error;
      const copy = await findByMark(channel, markOf(key), null);
      return copy ?? send(channel, key, card);
    }
  };

  /** The thread may not be there yet, or not open. */
  const sendInto = async (thread: string, channel: string, key: string, card: Card): Promise<Posted> => {
    try {
      return await send(thread, key, card);
    } catch (error) {
      if (isAnswer(error, answers.unknownChannel))
        await threads.ensure(channel, thread, plainTitle(card, NAME_LENGTH), 'urgent');
      else if (isAnswer(error, answers.archivedThread)) await threads.reopen(thread);
      else throw error;
    }
    return send(thread, key, card);
  };

  const inChannel = async (channel: string, key: string, card: Card): Promise<Posted> => {
    const request = card.operation?.request ?? null;
    const page = isFirstTry(key) ? [] : await pageOf(channel);
    const earlier = page.find(({ marks }) => marks.includes(markOf(key)));
    const root = request === null ? undefined : page.find(({ marks }) => marks.includes(requestMark(request)));
    if (earlier !== undefined) return { channel, message: earlier.message, isNew: false };
    if (root !== undefined && request !== null) {
      remember(channel, request, root.message);
      return inThread(channel, root.message, key, card);
    }
    const posted = await send(channel, key, card);
    if (request === null) return posted;
    remember(channel, request, posted.message);
    // People talk there; what Drover says later finds it or makes it.
    threads.ensure(channel, posted.message, plainTitle(card, NAME_LENGTH), 'progress').catch(() => undefined);
    return posted;
  };

  const post = ({ channel, thread }: Place, key: string, card: Card): Promise<Posted> => {
    const root = card.operation === null ? undefined : roots.get(rootKey(channel, card.operation.request));
    const message = thread ?? root;
    return message === undefined ? inChannel(channel, key, card) : inThread(channel, message, key, card);
  };

  const remember = (channel: string, request: number, message: string) => roots.set(rootKey(channel, request), message);

  /** `parent` null: it is a channel, which must be there. */
  const findByMark = async (channel: string, mark: number, parent: string | null): Promise<Posted | null> => {
    try {
      const found = (await pageOf(channel)).find(({ marks }) => marks.includes(mark));
      return found === undefined ? null : { channel, message: found.message, isNew: false };
    } catch (error) {
      if (parent !== null && isAnswer(error, answers.unknownChannel)) return null;
      throw error;
    }
  };

  /** The newest messages with the ids of their components. Throws when it cannot be known. */
  const pageOf = async (channel: string): Promise<{ message: string; marks: number[] }[]> => {
    const seen: { message: string; marks: number[] }[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const before = seen.at(-1)?.message;
      const query = new URLSearchParams({ limit: String(PAGE), ...(before === undefined ? {} : { before }) });
      const answer = await calls.call({
        method: 'GET',
        path: Routes.channelMessages(channel),
        lane: () => 'urgent',
        body: () => null,
        query,
        repeatable: true,
      });
      const messages = Page.parse(answer);
      seen.push(...messages.map(({ id, components }) => ({ message: id, marks: components.flatMap(marksOf) })));
      if (messages.length < PAGE) break;
    }
    return seen;
  };

  return {
    post: (place, key, card) => {
      const already = running.get(key);
      if (already !== undefined) return already;
      const started = post(place, key, card).finally(() => running.delete(key));
      running.set(key, started);
      return started;
    },
    remember,
  };
}

/** Discord's answers when a thread cannot be had or written to. */
const NO_THREAD = [
  answers.unknownChannel,
  answers.unknownMessage,
  answers.missingAccess,
  answers.missingPermissions,
  answers.archivedThread,
  answers.tooManyThreads,
];

function rootKey(channel: string, request: number): string {
  return `${channel} ${request}`;
}

function marksOf(component: unknown): number[] {
  const { id, components } = Marks.parse(component);
  return [...(id === undefined ? [] : [id]), ...(components ?? []).flatMap(marksOf)];
}
