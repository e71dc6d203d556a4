/**
 * Makes an `Action` of a definition: checks arguments, hides their types, and hands facts in and out as JSON.
 * Every action is bound here, so that chat, a form, a schedule and a stored operation meet the same checks.
 */
import type { z } from 'zod';
import type { Action, ActionDefinition, BindContext, Bound, Json, JsonObject, Refusal } from './action.ts';
import { OpsError } from './errors.ts';
import { refuseArgs } from './refuse-args.ts';
import { JsonRecord, JsonValue } from './schema.ts';

export function defineAction<S extends z.ZodObject, F>(definition: ActionDefinition<S, F>): Action {
  const { name, summary, risk, args, positional, examples } = definition;
  const action: Action = {
    name,
    summary,
    risk,
    args,
    positional,
    examples,
    bind: (raw, ctx) => bind(definition, action, raw, ctx),
  };
  return action;
}

function bind<S extends z.ZodObject, F>(
  definition: ActionDefinition<S, F>,
  action: Action,
  raw: JsonObject,
  ctx: BindContext,
): Bound | Refusal {
  const given = definition.args.safeParse(raw);
  if (!given.success) return refuseArgs(action, raw, given.error);
  if (definition.complete === undefined) return toBound(definition, action, given.data);
  const completed = definition.args.safeParse(definition.complete(given.data, ctx));
  if (!completed.success) return refuseArgs(action, raw, completed.error);
  return toBound(definition, action, completed.data);
}

function toBound<S extends z.ZodObject, F>(
  definition: ActionDefinition<S, F>,
  action: Action,
  args: z.output<S>,
): Bound {
  return {
    kind: 'bound',
    action,
    args: JsonRecord.parse(args),
    targets: definition.targets(args),
    observe: async (read, uuid) => {
      const { facts, info } = await definition.observe(args, read, uuid);
      return { facts: JsonValue.parse(facts), info };
    },
    plan: (facts, uuid) => definition.plan(args, readFacts(definition, facts), uuid),
    execute: async (ctx) => definition.execute(args, { ...ctx, facts: readFacts(definition, ctx.facts) }),
  };
}

/** Facts come back from the store; a newer Drover may keep them in another shape. */
function readFacts<S extends z.ZodObject, F>(definition: ActionDefinition<S, F>, facts: Json): F {
  const read = definition.facts.safeParse(facts);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join('.') ?? '';
  throw new OpsError(
    'bad-answer',
    `reading the stored facts of ${definition.name}: ${where === '' ? 'they have' : `${where} has`} another shape now; plan again`,
  );
}
