/** A person in the fake Slack: what he can do, and what the bot's acknowledgement does to what he sees. */
import type { Acknowledgement, Delivery, Envelope } from './delivery.ts';
import { isObject, objects } from './failure.ts';
import {
  homePressPayload,
  type Interaction,
  type ModalValues,
  pressPayload,
  shortcutPayload,
  slashPayload,
  submissionPayload,
} from './payloads.ts';
import { BOT_USER, directChannel, type FakeMessage, type FakeView, nextId, nextTs } from './world.ts';

export interface FakePerson {
  /** Types a slash command: `/vm stop web-01`. */
  slash(channel: string, line: string): Promise<Acknowledgement>;
  /** Writes a message that mentions the bot; gives the message's id. */
  mention(channel: string, text: string, thread?: string): Promise<string>;
  /** Writes to the bot directly; gives the message's id. */
  dm(text: string, thread?: string): Promise<string>;
  /** The message as his client shows it: it may be an older one. */
  press(message: FakeMessage, actionId: string): Promise<Acknowledgement>;
  pressHome(actionId: string): Promise<Acknowledgement>;
  shortcut(callbackId: string, message?: FakeMessage): Promise<Acknowledgement>;
  /** Fills in the modal on top (values by block id) and submits it. */
  submitModal(values: ModalValues): Promise<Acknowledgement>;
  openHome(tab?: 'home' | 'messages'): Promise<boolean>;
  /** The modal on top, or null. */
  modal(): FakeView | null;
}

export function createPerson(at: Interaction, delivery: Delivery): FakePerson {
  const { world, user } = at;
  const interact = (what: string, envelope: Envelope) => delivery.interact(user.id, what, envelope);
  const interactive = (what: string, payload: Envelope['payload']) => interact(what, { type: 'interactive', payload });
  const top = () => world.views.findLast((view) => view.user === user.id && view.kind === 'modal' && view.open) ?? null;
  const say = (channel: string, text: string, thread: string | null) => {
    const ts = nextTs(world);
    world.messages.push({ ts, channel, thread, user: user.id, text, blocks: [], metadata: null, history: [] });
    return ts;
  };
  const messageEvent = (type: string, channel: string, ts: string, text: string, thread: string | null) => ({
    type,
    user: user.id,
    text,
    ts,
    channel,
    team: user.team,
    event_ts: ts,
    client_msg_id: nextId(world, 'c'),
    ...(thread === null ? {} : { thread_ts: thread }),
  });

  return {
    slash: async (channel, line) => {
      const answer = await interact(line, { type: 'slash_commands', payload: slashPayload(at, channel, line) });
      const text = answer?.text;
      if (typeof text === 'string' && text !== '') {
        world.ephemerals.push({
          channel,
          user: user.id,
          thread: null,
          text,
          blocks: objects(answer ?? {}, 'blocks'),
          via: 'ack',
        });
      }
      return answer;
    },
    mention: async (channel, line, thread) => {
      const text = `<@${BOT_USER}> ${line}`;
      const ts = say(channel, text, thread ?? null);
      await delivery.event(messageEvent('app_mention', channel, ts, text, thread ?? null));
      return ts;
    },
    dm: async (text, thread) => {
      const { id } = directChannel(world, user.id);
      const ts = say(id, text, thread ?? null);
      await delivery.event({ ...messageEvent('message', id, ts, text, thread ?? null), channel_type: 'im' });
      return ts;
    },
    press: (message, actionId) => interactive(actionId, pressPayload(at, message, actionId)),
    pressHome: (actionId) => {
      const home = world.views.find((view) => view.kind === 'home' && view.user === user.id);
      if (home === undefined) throw new Error(`${user.id} has no Home tab`);
      return interactive(actionId, homePressPayload(at, home, actionId));
    },
    shortcut: (callbackId, message) => interactive(callbackId, shortcutPayload(at, callbackId, message ?? null)),
    submitModal: async (values) => {
      const view = top();
      if (view === null) throw new Error(`${user.id} has no modal open`);
      const answer = await interactive(String(view.view.callback_id), submissionPayload(at, view, values));
      if (answer !== null) applySubmission(view, answer, at);
      return answer;
    },
    openHome: (tab = 'home') =>
      delivery.event({
        type: 'app_home_opened',
        user: user.id,
        channel: directChannel(world, user.id).id,
        tab,
        event_ts: nextTs(world),
      }),
    modal: top,
  };
}

/** Source: docs.slack.dev/surfaces/modals#updating_response */
function applySubmission(view: FakeView, answer: NonNullable<Acknowledgement>, { world }: Interaction): void {
  if (answer.response_action === 'errors' && isObject(answer.errors)) {
    const known = new Set(objects(view.view, 'blocks').map(({ block_id }) => block_id));
    for (const [block, message] of Object.entries(answer.errors)) {
      if (!known.has(block)) world.violations.push(`an error for a block that the modal does not have: ${block}`);
      view.errors[block] = String(message);
    }
    return;
  }
  if (answer.response_action === 'update' && isObject(answer.view)) {
    view.view = answer.view;
    return;
  }
  view.open = false;
  if (answer.response_action === 'clear') {
    for (const other of world.views.filter(({ kind, user }) => kind === 'modal' && user === view.user))
      other.open = false;
  }
}
