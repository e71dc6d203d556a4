/** The stored shapes of what actions say: plans and blocks, checked when they are read back. */
import { z } from 'zod';
import type { Block, Json, JsonObject, Plan } from './action.ts';

export const JsonValue: z.ZodType<Json> = z.json();
export const JsonRecord: z.ZodType<JsonObject> = z.record(z.string(), JsonValue);

export const FieldSchema = z.object({ name: z.string(), value: z.string() });

export const BlockSchema: z.ZodType<Block> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('fields'), fields: z.array(FieldSchema) }),
  z.object({ kind: z.literal('list'), items: z.array(z.string()) }),
  z.object({ kind: z.literal('table'), columns: z.array(z.string()), rows: z.array(z.array(z.string())) }),
  z.object({ kind: z.literal('code'), text: z.string() }),
]);

export const PlanSchema: z.ZodType<Plan> = z.object({
  kind: z.literal('plan'),
  effects: z.array(z.string()),
  changes: z.array(z.object({ path: z.string(), before: JsonValue, after: JsonValue })),
  lost: z.array(z.string()),
  cost: z.object({ vcpus: z.number(), memoryMiB: z.number(), diskGiB: z.number() }),
  undo: z.object({ action: z.string(), args: JsonRecord, holds: z.string() }).nullable(),
});
