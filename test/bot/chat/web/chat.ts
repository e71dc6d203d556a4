/** A web chat on a store in a temporary directory, and a person's view of it over HTTP. Both end with the test. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import type { Inbound } from '../../../../bot/chat/card.ts';
import { createWebChat, type WebChat, type WebChatOptions } from '../../../../bot/chat/web/web.ts';
import { openSqliteStore } from '../../../../bot/store/sqlite.ts';
import type { Store } from '../../../../bot/store/store.ts';

export const TOKEN = '0123456789abcdef'.repeat(2);
export const OPS = { platform: 'web', channel: 'ops', thread: null };

/** Chats are closed before their store. */
const openChats = new WeakMap<Store, WebChat[]>();

export function tempStore(t: TestContext): Store {
  const directory = mkdtempSync(join(tmpdir(), 'drover-web-'));
  const store = openSqliteStore(join(directory, 'drover.db'));
  const chats: WebChat[] = [];
  openChats.set(store, chats);
  t.after(async () => {
    await Promise.all(chats.map((chat) => chat.close()));
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return store;
}

export interface Started {
  chat: WebChat;
  url: string;
  origin: string;
  received: Inbound[];
}

export async function startChat(more: Partial<WebChatOptions> & { store: Store }): Promise<Started> {
  const received: Inbound[] = [];
  const chat = createWebChat({
    receive: async (inbound) => {
      received.push(inbound);
    },
    people: () => [
      { id: 'alice', name: 'alice' },
      { id: 'bob', name: 'Bob <b>B</b>' },
      { id: '王', name: '王小明' },
    ],
    channels: ['ops', 'team-a'],
    demo: true,
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    ...more,
  });
  openChats.get(more.store)?.push(chat);
  const { url } = await chat.listen();
  return { chat, url, origin: new URL(url).origin, received };
}

export async function signIn(url: string): Promise<string> {
  const response = await fetch(url);
  await response.text();
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

export interface Visitor {
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: Answer }>;
  say(
    text: string,
    more?: { thread?: string; id?: string; channel?: string },
  ): Promise<{ status: number; body: Answer }>;
  events(lastId?: string): Promise<Events>;
}

const Answer = z.object({ message: z.string().optional(), error: z.string().optional() });
type Answer = z.infer<typeof Answer>;

export async function visit(t: TestContext, { url, origin }: Started, person: string): Promise<Visitor> {
  const cookie = await signIn(url);
  const own = { Cookie: cookie, 'X-Drover-Person': encodeURIComponent(person), 'Content-Type': 'application/json' };
  const visitor: Visitor = {
    async post(path, body, headers = {}) {
      const init = { method: 'POST', headers: { ...own, ...headers }, body: JSON.stringify(body) };
      const response = await fetch(origin + path, init);
      return { status: response.status, body: Answer.parse(await response.json()) };
    },
    say: (text, { thread, id = randomUUID(), channel = 'ops' } = {}) =>
      visitor.post('/lines', { id, channel, thread: thread ?? null, text }),
    events: (lastId) => openEvents(t, `${origin}/events?as=${encodeURIComponent(person)}`, cookie, lastId),
  };
  return visitor;
}

const Frame = z.object({ id: z.string(), name: z.string(), data: z.string() });
type Frame = z.infer<typeof Frame>;

export interface Events {
  /** The next event but heartbeats; `end` when the stream is over. */
  next(): Promise<Frame>;
  stop(): void;
}

async function openEvents(t: TestContext, address: string, cookie: string, lastId?: string): Promise<Events> {
  const ended = new AbortController();
  t.after(() => ended.abort());
  const headers = { Cookie: cookie, ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }) };
  const response = await fetch(address, { headers, signal: ended.signal });
  if (response.body === null || response.status !== 200) throw new Error(`events answered ${response.status}`);
  const frames = readFrames(response.body);
  return {
    next: async () => (await frames.next()).value ?? { id: '', name: 'end', data: '' },
    stop: () => ended.abort(),
  };
}

async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const field = (name: string) => part.match(new RegExp(`^${name}: ?(.*)$`, 'm'))?.[1] ?? '';
      if (!['', 'beat'].includes(field('event'))) yield { id: field('id'), name: field('event'), data: field('data') };
    }
  }
  return undefined;
}
