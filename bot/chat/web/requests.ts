/** What pages send, checked at the edge. Ids are made by the page, so that a request sent twice counts once. */
import { z } from 'zod';
import { VerbSchema } from '../card-schema.ts';
import { LIMITS } from './limits.ts';
import { ChannelName, MessageId } from './message.ts';

const Id = z.uuid();

export const LineRequest = z.strictObject({
  id: Id,
  channel: ChannelName,
  thread: MessageId.nullable(),
  text: z.string().trim().min(1).max(LIMITS.lineLength),
});
export type LineRequest = z.infer<typeof LineRequest>;

export const PressRequest = z.strictObject({
  id: Id,
  /** The message or whisper that shows the button. */
  message: z.string().max(200),
  /** As the page showed them: the vote is on what the person saw. */
  request: z.int().nonnegative(),
  digest: z.string().max(200),
  verb: VerbSchema,
  input: z.string().trim().max(LIMITS.lineLength),
});
export type PressRequest = z.infer<typeof PressRequest>;

export const OlderRequest = z.strictObject({ channel: ChannelName, before: MessageId });
