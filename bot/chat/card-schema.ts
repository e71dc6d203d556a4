/** The card as it is read back from storage. Checks the shape only: what a card may say is its maker's business. */
import { z } from 'zod';
import { BlockSchema } from '../../actions/schema.ts';
import type { Card } from './card.ts';

const Text = z.string();

export const VerbSchema = z.enum(['approve', 'reject', 'withdraw', 'cancel', 'adopt', 'retry', 'mark-done', 'undo']);

const StepSchema = z.strictObject({
  title: Text,
  status: z.enum(['pending', 'running', 'done', 'failed', 'unknown', 'skipped']),
  detail: Text,
});

const CardBlockSchema = z.union([
  BlockSchema,
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
  blocks: z.array(CardBlockSchema),
  buttons: z.array(ButtonSchema),
  operation: z.strictObject({ request: z.int().nonnegative(), digest: Text }).nullable(),
});
