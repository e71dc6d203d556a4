/**
 * Lines and presses on their way in. A line is stored as the person's own message first, so that it is on the page and
 * can carry a thread before anything answers; then it is handed on. Sent again with the same id, both happen once:
 * the message by its key, the rest by its event id.
 */
import type { Card, Inbound } from '../card.ts';
import type { Messages } from './messages.ts';
import type { LineRequest, PressRequest } from './requests.ts';
import type { Whispers } from './whispers.ts';

export interface Sender {
  person: string;
  address: string | null;
}

export type Handled = { kind: 'handled'; message: string } | { kind: 'missing'; what: string };

export interface Incoming {
  line(line: LineRequest, sender: Sender): Promise<Handled>;
  press(press: PressRequest, sender: Sender): Promise<Handled>;
}

interface Ports {
  messages: Messages;
  whispers: Whispers;
  receive: (inbound: Inbound) => Promise<void>;
  now: () => number;
}

interface Shown {
  channel: string;
  thread: string | null;
  card: Card;
}

export function createIncoming({ messages, whispers, receive, now }: Ports): Incoming {
  /** The card that this person sees under this id. */
  async function shownCard(id: string, person: string): Promise<Shown | null> {
    const whisper = whispers.of(person).find((whisper) => whisper.id === id);
    if (whisper !== undefined) return whisper;
    const message = await messages.get(id);
    return message?.content.kind === 'card' ? { ...message, card: message.content.card } : null;
  }

  return {
    async line({ id, channel, thread, text }, { person, address }) {
      const root = thread === null ? null : await messages.get(thread);
      if (thread !== null && root?.channel !== channel) return { kind: 'missing', what: 'that thread is not there' };
      // Threads are one deep: an answer to an answer belongs to the same root.
      const place = { platform: 'web', channel, thread: root === null ? null : (root.thread ?? root.id) };
      const message = await messages.append({
        channel,
        thread: place.thread,
        author: { kind: 'person', id: person },
        key: `line/${person}/${id}`,
        content: { kind: 'line', text },
        created: now(),
      });
      await receive({
        kind: 'line',
        eventId: id,
        from: { platform: 'web', id: person },
        place,
        message,
        address,
        text,
      });
      return { kind: 'handled', message };
    },
    async press({ id, message, request, digest, verb, input }, { person, address }) {
      const shown = await shownCard(message, person);
      if (shown?.card.operation?.request !== request)
        return { kind: 'missing', what: 'that choice is not there any more' };
      const place = { platform: 'web', channel: shown.channel, thread: shown.thread };
      const from = { platform: 'web', id: person };
      await receive({ kind: 'press', eventId: id, from, place, message, address, request, digest, verb, input });
      return { kind: 'handled', message };
    },
  };
}
