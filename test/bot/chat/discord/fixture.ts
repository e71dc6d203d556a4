/** Drover's Discord adapter with the real discord.js against the fake Discord, and a small script in place of the journey. */

import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createRegistry } from '../../../../actions/registry.ts';
import type { Inbound, Place } from '../../../../bot/chat/card.ts';
import { createDiscordChat, type DiscordChat, type DiscordOptions } from '../../../../bot/chat/discord/discord.ts';
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from '../../../fakes/discord/fake-discord.ts';

export const ALICE = '100000000000000011';
export const BOB = '100000000000000012';
export const OPS = '200000000000000001';
export const ROLE = '300000000000000001';

export const registry = createRegistry({
  pool: 'default',
  defaultImage: null,
  readyTimeoutSeconds: 60,
  memoryOvercommit: 1,
});

export interface Fixture {
  fake: FakeDiscord;
  chat: DiscordChat;
  inbound: Inbound[];
  fatal: Error[];
  log: string[];
  /** Answers each inbound; replace it to script a journey. */
  script: { receive(inbound: Inbound, chat: DiscordChat): Promise<void> };
  /** A second adapter on the same Discord, as after a restart. */
  another(more?: Partial<DiscordOptions>): Promise<DiscordChat>;
}

export const inOps: Place = { platform: 'discord', channel: OPS, thread: null };

export async function openFixture(
  t: TestContext,
  fakeOptions: FakeDiscordOptions = {},
  more: Partial<DiscordOptions> & { start?: boolean } = {},
): Promise<Fixture> {
  const fake = await startFakeDiscord(fakeOptions);
  const chats: DiscordChat[] = [];
  t.after(async () => {
    for (const chat of chats) await chat.close();
    await fake.close();
  });
  fake.addUser(ALICE, { roles: [ROLE] });
  fake.addUser(BOB);
  fake.addChannel(OPS);
  const { start = true, ...options } = more;
  const inbound: Inbound[] = [];
  const [fatal, log]: [Error[], string[]] = [[], []];
  const script: Fixture['script'] = { receive: async () => undefined };
  const write = (level: string) => (message: string) => void log.push(`${level} ${message}`);
  const open = async (extra: Partial<DiscordOptions>) => {
    const chat: DiscordChat = createDiscordChat({
      token: fake.credentials.token,
      apiUrl: fake.apiUrl,
      guildId: fake.guildId,
      actions: registry,
      receive: async (event) => {
        inbound.push(event);
        await script.receive(event, chat);
      },
      complete: async (_, what, typed) =>
        (what === 'vm' ? ['web-01', 'web-02'] : ['x']).filter((name) => name.startsWith(typed)),
      onFatal: (error) => void fatal.push(error),
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      now: () => Date.now() + fake.world.ahead,
      ...extra,
    });
    chats.push(chat);
    return chat;
  };
  const chat = await open(options);
  if (start) await chat.start();
  const another = async (extra: Partial<DiscordOptions> = {}) => {
    const other = await open(extra);
    await other.start();
    return other;
  };
  return { fake, chat, inbound, fatal, log, script, another };
}

/** Waits for what comes by itself; a failure says what was waited for. */
export async function until(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await pause(10);
  }
}
