/**
 * Messages that one person sees. In a channel that the bot is not in, the address that came with his command still works
 * (five times in 30 minutes); after that, a direct message.
 */
import type { Card, Place, PlatformUser } from '../card.ts';
import { type Calls, messageOf } from './calls.ts';
import type { Direct } from './direct.ts';
import type { SlackLog } from './log.ts';
import { renderCard } from './render.ts';
import { SlackAnswerError } from './trouble.ts';

/** Slack allows 5; one is kept back. */
const USES = 4;
/** Slack allows 30 min. */
const LIFE_MS = 29 * 60_000;
const TIMEOUT_MS = 5_000;
/** Addresses kept at once; the oldest go first. */
const MOST_ADDRESSES = 1_000;

export interface Whispers {
  /** Remembers where an answer to this person can go. */
  remember(channel: string, user: string, responseUrl: string): void;
  /** Best effort: what fails is logged. */
  whisper(place: Place, to: PlatformUser, card: Card): Promise<void>;
  /** Tells those who just asked in this channel that the bot cannot answer there. */
  explainAbsence(channel: string): Promise<void>;
}

export interface WhispersOptions {
  calls: Calls;
  direct: Direct;
  log: SlackLog;
}

export function createWhispers({ calls, direct, log }: WhispersOptions): Whispers {
  const addresses = new Map<string, { url: string; left: number; until: number }>();

  const ephemeral = (place: Place, user: string, message: object) =>
    calls.call({
      method: 'chat.postEphemeral',
      channel: place.channel,
      lane: () => 'urgent',
      repeatable: false,
      args: () => ({
        channel: place.channel,
        user,
        ...message,
        ...(place.thread === null ? {} : { thread_ts: place.thread }),
      }),
    });

  /** Gives whether it went through. */
  const byAddress = async (channel: string, user: string, message: object): Promise<boolean> => {
    const address = addresses.get(`${channel} ${user}`);
    if (address === undefined || address.left === 0 || address.until < Date.now()) return false;
    address.left -= 1;
    const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...message });
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return fetch(address.url, { method: 'POST', body, headers, signal }).then(
      ({ ok }) => ok,
      () => false,
    );
  };

  return {
    remember: (channel, user, url) => {
      const key = `${channel} ${user}`;
      addresses.delete(key);
      addresses.set(key, { url, left: USES, until: Date.now() + LIFE_MS });
      const [oldest] = addresses.keys();
      if (addresses.size > MOST_ADDRESSES && oldest !== undefined) addresses.delete(oldest);
    },
    whisper: async (place, { id }, card) => {
      const { text, blocks } = renderCard(card, { rich: false });
      try {
        await ephemeral(place, id, { text, blocks });
      } catch (error) {
        if (await byAddress(place.channel, id, { text, blocks })) return;
        log.warn(`whispering to ${id} in ${place.channel}: ${messageOf(error)}; sending it directly`);
        if (error instanceof SlackAnswerError) await direct.send(id, { text, blocks });
      }
    },
    explainAbsence: async (channel) => {
      const text =
        'I am not in this channel, so I cannot answer here. Invite me with `/invite @Drover`, then ask again.';
      const here = [...addresses.keys()].filter((key) => key.startsWith(`${channel} `));
      await Promise.all(here.map((key) => byAddress(channel, key.slice(channel.length + 1), { text })));
    },
  };
}
