/** What Discord's gateway says about interactions and messages, checked, and who and where it is about. */
import { ChannelType } from 'discord.js';
import { z } from 'zod';
import type { Place, PlatformUser } from '../card.ts';

const User = z.object({ id: z.string(), bot: z.boolean().default(false) });
const Member = z.object({ user: User.optional(), roles: z.array(z.string()).default([]) });

export const RawInteraction = z.object({
  id: z.string(),
  token: z.string(),
  type: z.number(),
  application_id: z.string(),
  guild_id: z.string().nullish(),
  channel_id: z.string(),
  channel: z.object({ type: z.number(), parent_id: z.string().nullish() }).nullish(),
  member: Member.nullish(),
  user: User.nullish(),
  message: z.object({ id: z.string(), components: z.array(z.unknown()).default([]) }).nullish(),
  data: z.unknown(),
});

export const RawMessage = z.object({
  id: z.string(),
  channel_id: z.string(),
  guild_id: z.string().nullish(),
  author: User,
  webhook_id: z.string().nullish(),
  content: z.string().default(''),
  member: Member.nullish(),
});

/** An interaction with what every kind of it has. */
export interface Incoming {
  id: string;
  token: string;
  application: string;
  guild: string;
  from: PlatformUser;
  isBot: boolean;
  roles: string[];
  place: Place;
  /** The message that the pressed button is on; null: none. */
  message: string | null;
  data: unknown;
}

export const PLATFORM = 'discord';

/** null: not in a server, so nobody's roles are known. */
export function toIncoming(raw: z.infer<typeof RawInteraction>): Incoming | null {
  const user = raw.member?.user ?? raw.user;
  if (user === undefined || user === null || raw.guild_id === undefined || raw.guild_id === null) return null;
  const parent = isThread(raw.channel?.type) ? (raw.channel?.parent_id ?? null) : null;
  return {
    id: raw.id,
    token: raw.token,
    application: raw.application_id,
    guild: raw.guild_id,
    from: { platform: PLATFORM, id: user.id },
    isBot: user.bot,
    roles: raw.member?.roles ?? [],
    place: placeIn(raw.channel_id, parent),
    message: raw.message?.id ?? null,
    data: raw.data,
  };
}

/** A thread is a channel of its own, whose parent is the channel that people see. */
export function placeIn(channel: string, parent: string | null): Place {
  return parent === null
    ? { platform: PLATFORM, channel, thread: null }
    : { platform: PLATFORM, channel: parent, thread: channel };
}

export function isThread(type: number | undefined): boolean {
  return (
    type === ChannelType.PublicThread || type === ChannelType.PrivateThread || type === ChannelType.AnnouncementThread
  );
}

const EPOCH_MS = 1_420_070_400_000;

/** ms since the epoch: the upper bits of every id of Discord. */
export function createdAt(id: string): number {
  return /^\d+$/.test(id) ? Number(BigInt(id) >> 22n) + EPOCH_MS : 0;
}
