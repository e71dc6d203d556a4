/** The card as it is read back from storage. Checks the shape only: what a card may say is its maker's business. */
import { z } from 'zod';
import type { Card } from './card.ts';

const Text = z.string();

export const VerbSchema = z.enum(['approve', 'reject', 'withdraw', 'cancel', 'adopt', 'retry', 'mark-done', 'undo']);

const StepSchema = z.strictObject({
  title: Text,
  status: z.enum(['pending', 'running', 'done', 'failed', 'unknown', 'skipped']),
  detail: Text,
});

const BlockSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: Text }),
  z.strictObject({ kind: z.literal('fields'), fields: z.array(z.strictObject({ name: Text, value: Text })) }),
  z.strictObject({ kind: z.literal('list'), items: z.array(Text) }),
  z.strictObject({ kind: z.literal('table'), columns: z.array(Text), rows: z.array(z.array(Text)) }),
  z.strictObject({ kind: z.literal('code'), text: Text }),
  z.strictObject({ kind: z.literal('steps'), steps: z.array(StepSchema) }),
]);

const ButtonSchema = z.strictObject({
  verb: VerbSchema,
  label: Text,
  style: z.enum(['primary', 'danger', 'plain']),
  confirm: Text.nullable(),
  input: z.strictObject({ label: Text, required: z.boolean() }).nullable(),
});

export const CardSchema: z.ZodType<Card> = z.strictObject({
  tone: z.enum(['info', 'waiting', 'running', 'good', 'bad', 'unknown']),
  title: Text,
  blocks: z.array(BlockSchema),
  buttons: z.array(ButtonSchema),
  operation: z.strictObject({ request: z.int().nonnegative(), digest: Text }).nullable(),
});
