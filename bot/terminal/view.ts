/** What `drover request <id>` shows: the record, and the cards that the thread shows. */
import { z } from 'zod';
import { CardSchema } from '../chat/card-schema.ts';
import type { Drover } from '../drover.ts';
import { OperationSchema } from '../operations/operation.ts';
import { renderThread } from '../thread.ts';

export const RequestView = z.object({
  operation: OperationSchema,
  card: CardSchema,
  closing: CardSchema.nullable(),
});
export type RequestView = z.output<typeof RequestView>;

export async function requestView(
  { operations, outbox }: Pick<Drover, 'operations' | 'outbox'>,
  request: number,
): Promise<RequestView | null> {
  const seen = Number.isSafeInteger(request) ? await operations.get(request) : null;
  if (seen === null) return null;
  return { operation: seen.operation, ...renderThread(seen.operation, await outbox.contextOf(seen.operation)) };
}
