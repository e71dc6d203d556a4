/** The direct conversation of the bot with a person: where it is, and a message there as a last way to reach him. */
import { z } from 'zod';
import type { Place } from '../card.ts';
import { type Calls, messageOf } from './calls.ts';
import type { SlackLog } from './log.ts';

const Opened = z.object({ channel: z.object({ id: z.string() }) });
const MOST_KNOWN = 10_000;

export interface Direct {
  /** The channel's id. */
  channelOf(user: string): Promise<string>;
  /** A place whose channel is a person (`U…`, `W…`) is his direct conversation. */
  resolve(place: Place): Promise<Place>;
  /** Best effort: what fails is logged. */
  send(user: string, message: object): Promise<void>;
}

export function createDirect(calls: Calls, log: SlackLog): Direct {
  const known = new Map<string, string>();
  const channelOf = async (user: string) => {
    const cached = known.get(user);
    if (cached !== undefined) return cached;
    const args = () => ({ users: user });
    const answer = await calls.call({
      method: 'conversations.open',
      channel: null,
      lane: () => 'urgent',
      repeatable: true,
      args,
    });
    const { id } = Opened.parse(answer).channel;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(user, id);
    return id;
  };
  return {
    channelOf,
    resolve: async (place) =>
      /^[UW]/.test(place.channel) ? { ...place, channel: await channelOf(place.channel) } : place,
    send: async (user, message) => {
      try {
        const channel = await channelOf(user);
        const args = () => ({ channel, ...message });
        await calls.call({ method: 'chat.postMessage', channel, lane: () => 'urgent', repeatable: false, args });
      } catch (error) {
        log.warn(`writing to ${user} directly: ${messageOf(error)}`);
      }
    },
  };
}
