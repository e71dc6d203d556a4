/** `views.*` of the fake Slack: single-use triggers that live 3 s, hashes, the stack of modals and the Home tab. */
import type { JsonObject } from '../../../actions/action.ts';
import { refuse } from './chat-methods.ts';
import { object, optionalText, SlackFailure, text } from './failure.ts';
import type { Method, MethodContext } from './method.ts';
import { checkView } from './rules.ts';
import { type FakeView, nextId } from './world.ts';

export const TRIGGER_LIFE_MS = 3_000;

export const viewMethods: Record<string, Method> = {
  'views.open': (args, ctx) => {
    const user = spendTrigger(text(args, 'trigger_id'), ctx);
    const view = checkedView(args, ctx);
    for (const open of ctx.world.views.filter((known) => known.user === user && known.kind === 'modal'))
      open.open = false;
    return answer(addView(view, user, 'modal', ctx));
  },
  'views.push': (args, ctx) => {
    const user = spendTrigger(text(args, 'trigger_id'), ctx);
    const depth = ctx.world.views.filter((known) => known.user === user && known.kind === 'modal' && known.open).length;
    if (depth === 0) throw new SlackFailure('not_found');
    if (depth >= 3) throw new SlackFailure('push_limit_reached');
    return answer(addView(checkedView(args, ctx), user, 'modal', ctx));
  },
  'views.update': (args, ctx) => {
    const id = text(args, 'view_id');
    const known = ctx.world.views.find((view) => view.id === id && view.open);
    if (known === undefined) throw new SlackFailure('not_found');
    const hash = optionalText(args, 'hash');
    if (hash !== null && hash !== known.hash) throw new SlackFailure('hash_conflict');
    Object.assign(known, { view: checkedView(args, ctx), hash: nextId(ctx.world, 'h'), errors: {} });
    return answer(known);
  },
  'views.publish': (args, ctx) => {
    const user = text(args, 'user_id');
    if (!ctx.world.users.has(user)) throw new SlackFailure('user_not_found');
    const view = checkedView(args, ctx);
    const known = ctx.world.views.find((home) => home.kind === 'home' && home.user === user);
    if (known === undefined) return answer(addView(view, user, 'home', ctx));
    Object.assign(known, { view, hash: nextId(ctx.world, 'h') });
    return answer(known);
  },
};

function spendTrigger(id: string, { world }: MethodContext): string {
  const trigger = world.triggers.get(id);
  if (trigger === undefined) throw new SlackFailure('invalid_trigger_id');
  if (trigger.used) throw new SlackFailure('exchanged_trigger_id');
  if (Date.now() - trigger.issuedAt > TRIGGER_LIFE_MS) throw new SlackFailure('expired_trigger_id');
  trigger.used = true;
  return trigger.user;
}

function checkedView(args: JsonObject, ctx: MethodContext): JsonObject {
  const view = object(args, 'view');
  refuse(checkView(view, ctx.schemas), ctx);
  return view;
}

function addView(view: JsonObject, user: string, kind: FakeView['kind'], { world }: MethodContext): FakeView {
  const added: FakeView = {
    id: nextId(world, 'V'),
    hash: nextId(world, 'h'),
    user,
    kind,
    view,
    errors: {},
    open: true,
  };
  world.views.push(added);
  return added;
}

function answer({ id, hash, view }: FakeView): JsonObject {
  return { view: { ...view, id, hash } };
}
