/** The outgoing half of the platform: post once, edit with the latest, whisper; and what people are told when Slack says no. */
import { OpsError, type OpsErrorCode } from '../../../actions/errors.ts';
import type { Card, ChatPlatform, Place } from '../card.ts';
import { cardToText } from '../text.ts';
import type { Direct } from './direct.ts';
import type { Edits } from './edits.ts';
import type { Files } from './files.ts';
import type { Posts } from './posts.ts';
import type { SlackMessage } from './render.ts';
import { SlackAnswerError } from './trouble.ts';
import type { Whispers } from './whispers.ts';

export interface MessagesOptions {
  posts: Posts;
  edits: Edits;
  whispers: Whispers;
  files: Files;
  direct: Direct;
}

/** Cards whose whole text was attached, so that an edit does not attach it again. */
const MOST_ATTACHED = 1_000;

export function createMessages({
  posts,
  edits,
  whispers,
  files,
  direct,
}: MessagesOptions): Omit<ChatPlatform, 'name' | 'close'> {
  const attached = new Set<string>();

  /** Only for what waits for a decision: there everything must be seen. */
  const attachWhole = async (place: Place, message: string, card: Card, sent: SlackMessage | null) => {
    if (sent?.cut !== true || card.tone !== 'waiting' || card.operation === null) return;
    const { request, digest } = card.operation;
    const once = `${place.channel} ${message} ${digest}`;
    if (attached.has(once)) return;
    if (attached.size >= MOST_ATTACHED) attached.clear();
    attached.add(once);
    await files.attach(
      place.channel,
      place.thread ?? message,
      `request-${request}.txt`,
      cardToText(card, { width: 120 }),
    );
  };

  return {
    post: async (to, key, card) => {
      const place = await direct.resolve(to);
      const doing = `posting in ${place.channel}`;
      const { ts, sent } = await inWords(doing, () => posts.post(place, key, card)).catch(async (error: unknown) => {
        if (error instanceof OpsError && error.code === 'denied') await whispers.explainAbsence(place.channel);
        throw error;
      });
      edits.posted(place.channel, ts, card);
      await attachWhole(place, ts, card, sent);
      return ts;
    },
    edit: async (at, message, card) => {
      const place = await direct.resolve(at);
      const doing = `editing ${message} in ${place.channel}`;
      const sent = await inWords(doing, () => edits.edit(place.channel, message, card));
      await attachWhole(place, message, card, sent);
    },
    whisper: async (place, to, card) => whispers.whisper(await direct.resolve(place), to, card),
  };
}

const codes: Record<string, OpsErrorCode> = {
  not_in_channel: 'denied',
  channel_not_found: 'denied',
  is_archived: 'denied',
  restricted_action: 'denied',
  message_not_found: 'not-found',
  thread_not_found: 'not-found',
  cant_update_message: 'not-found',
  edit_window_closed: 'not-found',
};
const hints: Record<string, string> = {
  not_in_channel: '; invite the bot to the channel',
  channel_not_found: '; invite the bot to the channel',
  missing_scope: '; install the app again from its manifest',
};

async function inWords<T>(doing: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SlackAnswerError)) throw error;
    const { answer } = error;
    throw new OpsError(codes[answer] ?? 'failed', `${doing}: Slack answers ${answer}${hints[answer] ?? ''}`);
  }
}
