/** One writer for each message, the latest card wins: fifty changes in a slow minute become a few calls, in order. */
import type { Card } from '../card.ts';
import type { Calls } from './calls.ts';
import type { Lane, Limiter } from './limiter.ts';
import type { SlackMessage } from './render.ts';
import type { Variants } from './variants.ts';

export interface Edits {
  /** Ends when this card, or a newer one, stands there. Gives the message as it was sent. */
  edit(channel: string, message: string, card: Card): Promise<SlackMessage>;
  /** A new message stands there with this card. */
  posted(channel: string, message: string, card: Card): void;
}

interface Writer {
  card: Card;
  waiting: { resolve(sent: SlackMessage): void; reject(error: unknown): void }[];
}

/** Progress may wait; approvals, failures and results may not. */
export function laneOf(card: Card): Lane {
  return card.tone === 'running' ? 'progress' : 'urgent';
}

/** Messages that ask for a decision, so that what becomes of it is not held up; the oldest are forgotten. */
const MOST_ASKING = 10_000;

export function createEdits({
  calls,
  limiter,
  variants,
}: {
  calls: Calls;
  limiter: Limiter;
  variants: Variants;
}): Edits {
  const writers = new Map<string, Writer>();
  const asking = new Set<string>();

  /** Whoever pressed a button waits for the first sign of it, also when that sign is progress. */
  const laneAt = (key: string, card: Card): Lane => (asking.has(key) ? 'urgent' : laneOf(card));

  const stands = (key: string, { tone }: Card) => {
    asking.delete(key);
    if (tone === 'waiting' || tone === 'unknown') asking.add(key);
    const [oldest] = asking;
    if (asking.size > MOST_ASKING && oldest !== undefined) asking.delete(oldest);
  };

  /** Sends whatever is the latest card at the moment of sending, until nobody waits any more. */
  const write = async (channel: string, message: string, writer: Writer) => {
    while (writer.waiting.length > 0) {
      const served: Writer['waiting'] = [];
      try {
        const sent = await send(channel, message, writer, served);
        for (const { resolve } of served) resolve(sent);
      } catch (error) {
        for (const { reject } of [...served, ...writer.waiting.splice(0)]) reject(error);
      }
    }
  };

  const send = (channel: string, message: string, writer: Writer, served: Writer['waiting']) =>
    variants.tryForms(async (render) => {
      const key = keyOf(channel, message);
      let { card } = writer;
      let sent = render(card);
      await calls.call({
        method: 'chat.update',
        channel,
        lane: () => laneAt(key, writer.card),
        repeatable: true,
        args: () => {
          card = writer.card;
          sent = render(card);
          served.push(...writer.waiting.splice(0));
          // Metadata is left out, so it stays as it is.
          return { channel, ts: message, text: sent.text, blocks: sent.blocks };
        },
      });
      stands(key, card);
      return sent;
    });

  return {
    edit: (channel, message, card) =>
      new Promise((resolve, reject) => {
        const key = keyOf(channel, message);
        const running = writers.get(key);
        const writer = running ?? { card, waiting: [] };
        writer.card = card;
        writer.waiting.push({ resolve, reject });
        if (running === undefined) {
          writers.set(key, writer);
          void write(channel, message, writer).finally(() => writers.delete(key));
        } else if (laneAt(key, card) === 'urgent') limiter.wake('chat.update');
      }),
    posted: (channel, message, card) => stands(keyOf(channel, message), card),
  };
}

function keyOf(channel: string, message: string): string {
  return `${channel} ${message}`;
}
