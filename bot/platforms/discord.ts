/** Discord, when the config file has `discord`. */
import type { PlatformUser } from '../chat/card.ts';
import type { Drover } from '../drover.ts';
import { apiUrls, resolveSecret } from '../env.ts';
import { visibleActions, visibleVms } from '../rights.ts';
import type { PlatformPorts, Started } from './ports.ts';

export async function startDiscord({ config, drover, log, onFatal }: PlatformPorts): Promise<Started | null> {
  const { discord } = config;
  if (discord === null) return null;
  const { createDiscordChat } = await import('../chat/discord/discord.ts');
  const part = log.child({ part: 'discord' });
  const chat = createDiscordChat({
    token: resolveSecret(discord.token),
    apiUrl: apiUrls().discord,
    guildId: discord.guild,
    actions: drover.registry,
    receive: drover.desk.receive,
    complete: (user, what) => offered(drover, user, what, discord.guild),
    isFirstTry: drover.isFirstTry,
    onFatal,
    log: {
      debug: (message) => part.debug(message),
      info: (message) => part.info(message),
      warn: (message) => part.warn(message),
      error: (message) => part.error(message),
    },
  });
  drover.addPlatform(chat, chat.directory ?? undefined);
  await chat.start();
  return { url: null };
}

/** Names that this person may see; nobody else's rights are guessed. */
async function offered(drover: Drover, user: PlatformUser, what: string, channel: string): Promise<string[]> {
  const identified = await drover.people.identify(user);
  if (identified.kind === 'stranger') return [];
  const place = { platform: 'discord', channel, thread: null };
  const ports = { ...drover, now: Date.now };
  switch (what) {
    case 'vm':
      return visibleVms(identified.person, place, ports);
    case 'verb':
      return visibleActions(identified.person, place, ports).map(({ name }) => name.replace(/^vm\./, ''));
    default:
      return (await drover.host.volumes(drover.config.host.pool)).map(({ name }) => name);
  }
}
