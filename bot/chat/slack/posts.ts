/**
 * Posting once. Slack has no idempotency key: after an unclear answer the message is looked for by the key in its metadata
 * before it is posted again. The metadata is also the durable link from a message to its request.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { OpsError } from '../../../actions/errors.ts';
import type { Card, Place } from '../card.ts';
import { type Calls, isTransient } from './calls.ts';
import { laneOf } from './edits.ts';
import type { SlackMessage } from './render.ts';
import type { Variants } from './variants.ts';

const EVENT_TYPE = 'vm_request';
const TRY_PAUSES_MS = [500, 2_000, 5_000];
/** Messages looked at for an earlier copy: pages of 200, newest first in a channel, oldest first in a thread. */
const PAGE = 200;
const MOST_PAGES = 10;

const Posted = z.object({ ts: z.string() });
const Page = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z
        .object({ event_type: z.string(), event_payload: z.looseObject({ key: z.string().optional() }) })
        .optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

export interface Posted {
  ts: string;
  /** null: an earlier copy was found. */
  sent: SlackMessage | null;
}

export interface PostsOptions {
  calls: Calls;
  variants: Variants;
  /** Whether it is certain that nobody tried to post this key before; then it is not looked for first. */
  isFirstTry(key: string): boolean;
}

export interface Posts {
  post(place: Place, key: string, card: Card): Promise<Posted>;
}

export function createPosts({ calls, variants, isFirstTry }: PostsOptions): Posts {
  /** The same key at the same time is one post. */
  const running = new Map<string, Promise<Posted>>();

  const send = (place: Place, key: string, card: Card) =>
    variants.tryForms(async (render) => {
      const sent = render(card);
      const answer = await calls.call({
        method: 'chat.postMessage',
        channel: place.channel,
        lane: () => laneOf(card),
        repeatable: false,
        args: () => ({
          ...address(place),
          ...metadata(card, key),
          text: sent.text,
          blocks: sent.blocks,
          unfurl_links: false,
        }),
      });
      return { ts: Posted.parse(answer).ts, sent };
    });

  const post = async (place: Place, key: string, card: Card): Promise<Posted> => {
    let sure = isFirstTry(key);
    for (const ms of [...TRY_PAUSES_MS, null]) {
      const earlier = sure ? null : await findByKey(calls, place, key);
      if (earlier !== null) return { ts: earlier, sent: null };
      try {
        return await send(place, key, card);
      } catch (error) {
        if (ms === null || !isTransient(error)) throw error;
        sure = sure && error instanceof OpsError && error.code === 'unreachable';
        await pause(ms);
      }
    }
    throw new Error('a post ends inside its loop');
  };

  return {
    post: (place, key, card) => {
      const already = running.get(key);
      if (already !== undefined) return already;
      const started = post(place, key, card).finally(() => running.delete(key));
      running.set(key, started);
      return started;
    },
  };
}

function address({ channel, thread }: Place): Record<string, string> {
  return thread === null ? { channel } : { channel, thread_ts: thread };
}

function metadata(card: Card, key: string): object {
  return { metadata: { event_type: EVENT_TYPE, event_payload: { request: card.operation?.request ?? 0, key } } };
}

/** The id of the message that was posted for `key`, or null. Throws when it cannot be known. */
async function findByKey(calls: Calls, place: Place, key: string): Promise<string | null> {
  const { channel, thread } = place;
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await calls.call({
      method: thread === null ? 'conversations.history' : 'conversations.replies',
      channel,
      lane: () => 'urgent',
      repeatable: true,
      args: () => ({
        channel,
        ...(thread === null ? {} : { ts: thread }),
        ...(cursor === undefined ? {} : { cursor }),
        include_all_metadata: true,
        limit: PAGE,
      }),
    });
    const { messages, response_metadata } = Page.parse(answer);
    const found = messages.find(
      ({ metadata }) => metadata?.event_type === EVENT_TYPE && metadata.event_payload.key === key,
    );
    if (found !== undefined) return found.ts;
    cursor = response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return null;
  }
  return null;
}
