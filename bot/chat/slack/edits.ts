/** One writer for each message, the latest card wins: fifty changes in a slow minute become a few calls, in order. */
import type { Card } from '../card.ts';
import type { Calls } from './calls.ts';
import type { Lane, Limiter } from './limiter.ts';
import type { SlackMessage } from './render.ts';
import type { Variants } from './variants.ts';

export interface Edits {
  /** Ends when this card, or a newer one, stands there. Gives the message as it was sent. */
  edit(channel: string, message: string, card: Card): Promise<SlackMessage>;
}

interface Writer {
  card: Card;
  waiting: { resolve(sent: SlackMessage): void; reject(error: unknown): void }[];
}

/** Progress may wait; approvals, failures and results may not. */
export function laneOf(card: Card): Lane {
  return card.tone === 'running' ? 'progress' : 'urgent';
}

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
      let sent = render(writer.card);
      await calls.call({
        method: 'chat.update',
        channel,
        lane: () => laneOf(writer.card),
        repeatable: true,
        args: () => {
          sent = render(writer.card);
          served.push(...writer.waiting.splice(0));
          // Metadata is left out, so it stays as it is.
          return { channel, ts: message, text: sent.text, blocks: sent.blocks };
        },
      });
      return sent;
    });

  return {
    edit: (channel, message, card) =>
      new Promise((resolve, reject) => {
        const key = `${channel} ${message}`;
        const running = writers.get(key);
        const writer = running ?? { card, waiting: [] };
        writer.card = card;
        writer.waiting.push({ resolve, reject });
        if (running === undefined) {
          writers.set(key, writer);
          void write(channel, message, writer).finally(() => writers.delete(key));
        } else if (laneOf(card) === 'urgent') limiter.wake('chat.update');
      }),
  };
}
