/** A message of the web chat: as it is stored, and as pages get it. */
import { z } from 'zod';
import type { Card } from '../card.ts';
import { CardSchema } from '../card-schema.ts';

/** Names go into storage keys and addresses. */
export const ChannelName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/);
/** `ops/0000000012`: the channel and the message's number in it, filled up so that text order is time order. */
export const MessageId = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}\/\d{10}$/);

const Author = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('person'), id: z.string() }),
  z.strictObject({ kind: z.literal('drover') }),
]);

const Content = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('line'), text: z.string() }),
  z.strictObject({ kind: z.literal('card'), card: CardSchema }),
]);

export const StoredMessage = z.strictObject({
  channel: ChannelName,
  /** The root message's id; null: this one is a root. */
  thread: MessageId.nullable(),
  author: Author,
  /** What makes it one message however often it is handed in. */
  key: z.string(),
  content: Content,
  /** ms since the epoch. */
  created: z.int(),
  edited: z.int().nullable(),
});
export type StoredMessage = z.infer<typeof StoredMessage>;

/** `revision` grows with every edit: a page keeps the highest, in whatever order they arrive. */
export type Message = StoredMessage & { id: string; revision: number };

/** Seen by one person, kept in memory until `expires`. */
export interface Whisper {
  id: string;
  channel: string;
  thread: string | null;
  to: string;
  card: Card;
  /** ms since the epoch. */
  created: number;
  expires: number;
}
