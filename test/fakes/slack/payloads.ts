/** What Slack sends for a command, a press, a shortcut, a submitted modal. Pure but for ids. Shapes: docs.slack.dev/reference/interaction-payloads */
import type { JsonObject } from '../../../actions/action.ts';
import { isObject, objects } from './failure.ts';
import { messageJson } from './methods.ts';
import {
  APP_ID,
  BOT_ID,
  BOT_USER,
  type FakeMessage,
  type FakeUser,
  type FakeView,
  nextId,
  TEAM,
  type World,
} from './world.ts';

/** `value` of a text or number input, option of a select, list of options of checkboxes. */
export type ModalValues = Record<string, string>;

const team = { id: TEAM, domain: 'drover' };
const common = { token: 'verification', api_app_id: APP_ID, is_enterprise_install: false, enterprise: null };

export function eventBody(event: JsonObject, id: string): JsonObject {
  return {
    token: 'verification',
    team_id: TEAM,
    api_app_id: APP_ID,
    event,
    type: 'event_callback',
    event_id: id,
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [
      { enterprise_id: null, team_id: TEAM, user_id: BOT_USER, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
  };
}

/** Single use, valid 3 s. */
export function issueTrigger(world: World, user: string): string {
  const id = `${nextId(world, '')}.${nextId(world, '')}.${nextId(world, 'x')}`;
  world.triggers.set(id, { user, issuedAt: Date.now(), used: false });
  return id;
}

/** Usable 5 times in 30 minutes. */
export function issueResponseUrl(world: World, origin: string, channel: string, user: string): string {
  const id = nextId(world, 'R');
  world.responseUrls.set(id, { channel, user, issuedAt: Date.now(), uses: 0 });
  return `${origin}/response/${id}`;
}

export function userRef({ id, name, team: team_id }: FakeUser): JsonObject {
  return { id, username: name, name, team_id };
}

export interface Interaction {
  world: World;
  origin: string;
  user: FakeUser;
}

export function slashPayload(at: Interaction, channel: string, line: string): JsonObject {
  const [command = '', ...words] = line.split(' ');
  return {
    token: 'verification',
    team_id: TEAM,
    team_domain: 'drover',
    channel_id: channel,
    channel_name: 'general',
    user_id: at.user.id,
    user_name: at.user.name,
    command,
    text: words.join(' '),
    api_app_id: APP_ID,
    is_enterprise_install: 'false',
    response_url: issueResponseUrl(at.world, at.origin, channel, at.user.id),
    trigger_id: issueTrigger(at.world, at.user.id),
  };
}

function findButton(blocks: JsonObject[], actionId: string): { block: JsonObject; button: JsonObject } {
  for (const block of blocks) {
    const button = objects(block, 'elements').find((element) => element.action_id === actionId);
    if (button !== undefined) return { block, button };
  }
  throw new Error(`there is no button ${actionId}`);
}

function action(blocks: JsonObject[], actionId: string): JsonObject {
  const { block, button } = findButton(blocks, actionId);
  return { ...button, block_id: block.block_id ?? 'generated', action_ts: `${Date.now() / 1000}` };
}

export function pressPayload(at: Interaction, message: FakeMessage, actionId: string): JsonObject {
  const { channel, ts, thread } = message;
  return {
    type: 'block_actions',
    ...common,
    team,
    user: userRef(at.user),
    container: {
      type: 'message',
      message_ts: ts,
      channel_id: channel,
      is_ephemeral: false,
      ...(thread === null ? {} : { thread_ts: thread }),
    },
    trigger_id: issueTrigger(at.world, at.user.id),
    channel: { id: channel, name: 'general' },
    message: messageJson(message, true),
    state: { values: {} },
    response_url: issueResponseUrl(at.world, at.origin, channel, at.user.id),
    actions: [action(message.blocks, actionId)],
  };
}

export function homePressPayload(at: Interaction, view: FakeView, actionId: string): JsonObject {
  return {
    type: 'block_actions',
    ...common,
    team,
    user: userRef(at.user),
    container: { type: 'view', view_id: view.id },
    trigger_id: issueTrigger(at.world, at.user.id),
    view: viewJson(view, {}),
    state: { values: {} },
    actions: [action(objects(view.view, 'blocks'), actionId)],
  };
}

export function shortcutPayload(at: Interaction, callbackId: string, message: FakeMessage | null): JsonObject {
  const shared = {
    ...common,
    team,
    user: userRef(at.user),
    callback_id: callbackId,
    action_ts: `${Date.now() / 1000}`,
  };
  const trigger_id = issueTrigger(at.world, at.user.id);
  if (message === null) return { type: 'shortcut', ...shared, trigger_id };
  const { channel, ts } = message;
  const response_url = issueResponseUrl(at.world, at.origin, channel, at.user.id);
  const about = { channel: { id: channel, name: 'general' }, message: messageJson(message, true), message_ts: ts };
  return { type: 'message_action', ...shared, trigger_id, response_url, ...about };
}

export function submissionPayload(at: Interaction, view: FakeView, values: ModalValues): JsonObject {
  return {
    type: 'view_submission',
    ...common,
    team,
    user: userRef(at.user),
    trigger_id: issueTrigger(at.world, at.user.id),
    view: viewJson(view, stateValues(view, values)),
    response_urls: [],
  };
}

function viewJson({ id, hash, view }: FakeView, values: JsonObject): JsonObject {
  return {
    callback_id: '',
    private_metadata: '',
    external_id: '',
    title: { type: 'plain_text', text: 'View Title', emoji: true },
    submit: null,
    ...view,
    id,
    hash,
    team_id: TEAM,
    app_id: APP_ID,
    app_installed_team_id: TEAM,
    bot_id: BOT_ID,
    root_view_id: id,
    previous_view_id: null,
    clear_on_close: false,
    notify_on_close: false,
    close: null,
    state: { values },
  };
}

/** What the inputs hold: what was typed (by block id), else what the form gave. */
function stateValues({ view }: FakeView, typed: ModalValues): JsonObject {
  const inputs = objects(view, 'blocks').filter(({ type }) => type === 'input');
  return Object.fromEntries(
    inputs.map((block) => {
      const element = isObject(block.element) ? block.element : {};
      const state = elementState(element, typed[String(block.block_id)]);
      const held = state.value ?? state.selected_option ?? state.selected_options ?? '';
      if (held === '' && block.optional !== true)
        throw new Error(`Slack's form does not let go: ${block.block_id} is empty`);
      return [String(block.block_id), { [String(element.action_id)]: state }];
    }),
  );
}

function elementState(element: JsonObject, typed: string | undefined): JsonObject {
  const type = String(element.type);
  const options = objects(element, 'options');
  if (type === 'static_select') {
    const chosen = options.find(({ value }) => value === typed);
    if (typed !== undefined && chosen === undefined) throw new Error(`${typed} is not offered`);
    return { type, selected_option: chosen ?? element.initial_option ?? null };
  }
  if (type === 'checkboxes') {
    const initial = element.initial_options ?? [];
    return { type, selected_options: typed === undefined ? initial : options.filter(({ value }) => value === typed) };
  }
  return { type, value: typed ?? element.initial_value ?? null };
}
