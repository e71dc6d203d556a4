/** The record of one operation, as stored under `op/<request>`: everything that a card, a restart or a person needs. */
import { z } from 'zod';
import { OPS_ERROR_CODES } from '../../actions/errors.ts';
import { BlockSchema, FieldSchema, JsonRecord, JsonValue, PlanSchema } from '../../actions/schema.ts';
import type { Requirement } from '../../policies/decision.ts';
import { OPERATION_STATES } from './states.ts';

export const RuleRefSchema = z.object({ name: z.string(), file: z.string(), line: z.number() });

export const RequirementSchema: z.ZodType<Requirement> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('group'), group: z.string(), count: z.number() }),
    z.object({ kind: z.literal('all'), of: z.array(RequirementSchema) }),
    z.object({ kind: z.literal('any'), of: z.array(RequirementSchema) }),
  ]),
);

export const PlaceSchema = z.object({ platform: z.string(), channel: z.string(), thread: z.string().nullable() });

export const VoteSchema = z.object({
  person: z.string(),
  vote: z.enum(['approve', 'reject']),
  /** ms since the epoch, as all times of this record. */
  at: z.number(),
  digest: z.string(),
  platform: z.string(),
  reason: z.string(),
});
export type Vote = z.output<typeof VoteSchema>;

export const EffectRecordSchema = z.object({
  type: z.enum(['VIRT_CONTROL', 'VIRT_CREATE', 'VIRT_DESTROY', 'VIRT_RESOURCE', 'USER_CMD']),
  op: z.string(),
  reason: z.string(),
  command: z.string(),
  vm: z.string(),
  uuid: z.string(),
});

export const StepSchema = z.object({
  title: z.string(),
  /** `retry`: a person asked to do it again although nobody knows whether it happened. */
  status: z.enum(['running', 'done', 'failed', 'unknown', 'retry']),
  attempt: z.number(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  /** Why the status is what it is, for a person; '' when plainly done. */
  evidence: z.string(),
  /** The error that ended it, thrown again when the operation is resumed; null unless failed. */
  error: z.object({ code: z.enum(OPS_ERROR_CODES), message: z.string() }).nullable(),
  /** The effect; null for a wait. */
  record: EffectRecordSchema.nullable(),
  /** Serial of the intent's audit record; null for a wait. */
  intent: z.number().nullable(),
  /** Whether the result is in the audit log, too. */
  recorded: z.boolean(),
});
export type Step = z.output<typeof StepSchema>;

/** What the policy demanded when the operation was last judged. */
export const DemandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('allow'), rules: z.array(RuleRefSchema) }),
  z.object({
    kind: z.literal('ask'),
    rules: z.array(RuleRefSchema),
    requirement: RequirementSchema,
    expiresSeconds: z.number(),
  }),
]);
export type Demand = z.output<typeof DemandSchema>;

export const OperationSchema = z.object({
  request: z.number(),
  state: z.enum(OPERATION_STATES),
  /** Reserved for what the operation makes. */
  uuid: z.string(),
  requester: z.string(),
  from: z.object({ platform: z.string(), id: z.string() }),
  address: z.string().nullable(),
  place: PlaceSchema,
  /** The canonical line. */
  line: z.string(),
  action: z.string(),
  args: JsonRecord,
  targets: z.array(z.string()),
  receivedAt: z.number(),
  demand: DemandSchema.nullable(),
  plan: PlanSchema.nullable(),
  facts: JsonValue,
  info: z.array(FieldSchema),
  /** SHA-256 of what was approved; '' before there is a plan. */
  digest: z.string(),
  /** What the digest was made of, kept so that a later difference can be named. */
  digested: JsonValue,
  votes: z.array(VoteSchema),
  expiresAt: z.number().nullable(),
  cancel: z.object({ by: z.string(), at: z.number() }).nullable(),
  steps: z.array(StepSchema),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  outcome: z.object({ summary: z.string(), blocks: z.array(BlockSchema) }).nullable(),
  /** Why it ended without success or waits, and what would help; null otherwise. */
  problem: z.object({ message: z.string(), hint: z.string().nullable() }).nullable(),
  /** What happened on the way that a reader of the thread must know, oldest first. */
  notes: z.array(z.object({ at: z.number(), text: z.string() })),
});
export type Operation = z.output<typeof OperationSchema>;
