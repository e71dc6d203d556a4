/**
 * The web chat's messages in the store: `web/message/<channel>/<number>`, found again by `web/key/<key>`.
 * Nothing is ever removed, so numbers have no gaps and the last message's number gives the next.
 */
import { z } from 'zod';
import type { Entry, Store } from '../../store/store.ts';
import { LIMITS } from './limits.ts';
import { type Message, MessageId, StoredMessage } from './message.ts';

const PREFIX = 'web/message/';

export type NewMessage = Omit<StoredMessage, 'edited'>;

export interface Messages {
  /** Writes it once for its key; gives the id of the one that stands. */
  append(message: NewMessage): Promise<string>;
  /** Throws when there is no such message. Writes nothing when nothing changes. */
  edit(id: string, content: StoredMessage['content'], now: number): Promise<void>;
  get(id: string): Promise<Message | null>;
  /** The newest messages before `before` (null: of all), oldest first, and the roots of threads that began earlier. */
  page(channel: string, before: string | null): Promise<MessagePage>;
  /** Called with each message that was written or edited, at least once. */
  watch(listener: (id: string) => void): { stop(): void };
}

export interface MessagePage {
  messages: Message[];
  /** The `before` of the next older page; null: there are none. */
  older: string | null;
}

export function createMessages(store: Store): Messages {
  async function get(id: string): Promise<Message | null> {
    const entry = await store.get(PREFIX + id);
    return entry === null ? null : toMessage(entry);
  }

  async function missingRoots(messages: Message[]): Promise<Message[]> {
    const shown = new Set(messages.map(({ id }) => id));
    const roots = new Set(messages.flatMap(({ thread }) => (thread === null || shown.has(thread) ? [] : [thread])));
    return (await Promise.all([...roots].map(get))).filter((root) => root !== null);
  }

  return {
    get,
    async append(message) {
      for (;;) {
        const known = await store.get(keyEntry(message.key));
        if (known !== null) return MessageId.parse(known.value);
        const id = await nextId(store, message.channel);
        const written = await store.transact({
          guards: [
            { key: PREFIX + id, revision: null },
            { key: keyEntry(message.key), revision: null },
          ],
          puts: [
            { key: PREFIX + id, value: z.json().parse({ ...message, edited: null }) },
            { key: keyEntry(message.key), value: id },
          ],
          deletes: [],
        });
        if (written.kind === 'written') return id;
      }
    },
    async edit(id, content, now) {
      for (;;) {
        const entry = await store.get(PREFIX + id);
        if (entry === null) throw new Error(`editing message ${id} of the web chat: there is no such message`);
        const before = StoredMessage.parse(entry.value);
        if (JSON.stringify(before.content) === JSON.stringify(StoredMessage.shape.content.parse(content))) return;
        const written = await store.transact({
          guards: [{ key: entry.key, revision: entry.revision }],
          puts: [{ key: entry.key, value: z.json().parse({ ...before, content, edited: now }) }],
          deletes: [],
        });
        if (written.kind === 'written') return;
      }
    },
    async page(channel, before) {
      const limit = LIMITS.messagesPerPage;
      const after = before === null ? {} : { after: PREFIX + before };
      const entries = await store.list(`${PREFIX}${channel}/`, { reverse: true, limit: limit + 1, ...after });
      const messages = entries.slice(0, limit).reverse().map(toMessage);
      const older = entries.length > limit ? (messages[0]?.id ?? null) : null;
      return { messages: [...(await missingRoots(messages)), ...messages], older };
    },
    watch(listener) {
      let stopped = false;
      const watching = store.watch(PREFIX, (keys) => {
        // The store may still tell of a write that came before the stop.
        if (!stopped) for (const key of keys) listener(key.slice(PREFIX.length));
      });
      return {
        stop() {
          stopped = true;
          watching.stop();
        },
      };
    },
  };
}

async function nextId(store: Store, channel: string): Promise<string> {
  const [last] = await store.list(`${PREFIX}${channel}/`, { reverse: true, limit: 1 });
  const number = last === undefined ? 1 : Number(last.key.slice(-10)) + 1;
  return `${channel}/${String(number).padStart(10, '0')}`;
}

function toMessage({ key, value, revision }: Entry): Message {
  return { ...StoredMessage.parse(value), id: key.slice(PREFIX.length), revision };
}

function keyEntry(key: string): string {
  return `web/key/${key}`;
}
