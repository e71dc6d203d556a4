/** A person at the web chat over HTTP, as the page speaks it: says lines, presses buttons, follows the events. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Card, Verb } from '../../bot/chat/card.ts';
import { CardSchema } from '../../bot/chat/card-schema.ts';
import { StoredMessage } from '../../bot/chat/web/message.ts';

const Message = StoredMessage.extend({ id: z.string(), revision: z.number() });
export type Message = z.output<typeof Message>;
const Snapshot = z.object({ channels: z.array(z.object({ messages: z.array(Message) })) });
const Whisper = z.object({ card: CardSchema });

export interface Visitor {
  /** Gives the id of the stored line. */
  say(text: string, channel?: string): Promise<string>;
  press(message: Message, verb: Verb, input?: string): Promise<void>;
  /** The first message, now or later, that `accepts`. Throws `Error` with the last state seen after `timeoutMs`. */
  until(what: string, accepts: (card: Card, message: Message) => boolean, timeoutMs?: number): Promise<Message>;
  whispers: Card[];
  messages(): Message[];
  leave(): void;
}

export async function visit(url: string, person: string): Promise<Visitor> {
  const { origin } = new URL(url);
  const entered = await fetch(url);
  await entered.text();
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const leaving = new AbortController();
  const messages = new Map<string, Message>();
  const whispers: Card[] = [];
  const listeners = new Set<() => void>();

  const take = (event: string, data: string) => {
    const value: unknown = data === '' ? null : JSON.parse(data);
    if (event === 'whisper') whispers.push(Whisper.parse(value).card);
    const fresh =
      event === 'snapshot'
        ? Snapshot.parse(value).channels.flatMap((channel) => channel.messages)
        : event === 'message'
          ? [Message.parse(value)]
          : [];
    for (const message of fresh) {
      if ((messages.get(message.id)?.revision ?? -1) < message.revision) messages.set(message.id, message);
    }
    for (const listener of listeners) listener();
  };
  const headers = { cookie, 'x-drover-person': encodeURIComponent(person), 'content-type': 'application/json' };
  const events = await fetch(`${origin}/events?as=${encodeURIComponent(person)}`, { headers, signal: leaving.signal });
  void follow(events, take).catch((error) => {
    if (!leaving.signal.aborted) throw error;
  });

  async function post(path: string, body: object): Promise<string> {
    const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = z
      .object({ message: z.string().nullish(), error: z.string().optional() })
      .parse(await response.json());
    if (!response.ok) throw new Error(`${person} at ${path}: ${response.status} ${answer.error ?? ''}`);
    return answer.message ?? '';
  }

  return {
    say: (text, channel = 'ops') => post('/lines', { id: randomUUID(), channel, thread: null, text }),
    async press(message, verb, input = '') {
      if (message.content.kind !== 'card') throw new Error('a line has no buttons');
      const { operation } = message.content.card;
      await post('/presses', { id: randomUUID(), message: message.id, ...operation, verb, input });
    },
    async until(what, accepts, timeoutMs = 60_000) {
      const find = () =>
        [...messages.values()].find(({ content, ...rest }) =>
          content.kind === 'card' ? accepts(content.card, { content, ...rest }) : false,
        );
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        const left = deadline - Date.now();
        if (left <= 0)
          throw new Error(`${person} waited ${timeoutMs / 1000} s for ${what}; ${summary(messages, whispers)}`);
        await nextChange(listeners, left);
      }
    },
    whispers,
    messages: () => [...messages.values()],
    leave: () => leaving.abort(),
  };
}

async function follow(response: Response, take: (event: string, data: string) => void): Promise<void> {
  if (!response.ok || response.body === null) throw new Error(`following the events: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let event = '';
  let data = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = `${rest}${read.value}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') take(event, data);
      if (line.startsWith('event:')) event = line.slice('event:'.length).trim();
      if (line.startsWith('data:')) data = line.slice('data:'.length).trim();
    }
  }
}

function nextChange(listeners: Set<() => void>, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      listeners.delete(done);
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    listeners.add(done);
  });
}

function summary(messages: Map<string, Message>, whispers: Card[]): string {
  const cards = [...messages.values()].flatMap(({ content }) => (content.kind === 'card' ? [content.card.title] : []));
  return `seen: ${[...cards, ...whispers.map(({ title }) => `(whisper) ${title}`)].join(' | ') || 'nothing'}`;
}
