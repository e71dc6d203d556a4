/**
 * Everything that comes in from Slack as `Inbound`. Nothing but the inbox stands before an acknowledgement: Slack shows a
 * person an error after 3 s. Events that were not taken are left without one, and Slack sends them again with the same id.
 */
import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import type { Card, Place, Verb } from '../card.ts';
import { messageOf } from './calls.ts';
import type { Home } from './home.ts';
import { toLine } from './line.ts';
import type { SlackLog } from './log.ts';
import type { InputPress, Modals, Where } from './modals.ts';
import { PRESS_ACTION, parsePress } from './press.ts';
import { mustTake, NOT_TAKEN, type Take } from './taking.ts';
import { SlackAnswerError } from './trouble.ts';
import type { Whispers } from './whispers.ts';

export interface ListenOptions {
  /** The bot's user id. */
  botUser: string;
  take: Take;
  /** Shows that a line in a direct conversation is being looked at. */
  showStatus(channel: string, message: string): void;
  whispers: Whispers;
  modals: Modals;
  home: Home;
  log: SlackLog;
}

export function listen(app: App, options: ListenOptions): void {
  listenToCommands(app, options);
  listenToMentions(app, options);
  listenToDirectMessages(app, options);
  listenToPresses(app, options);
  options.modals.listen(app);
  app.event('app_home_opened', async ({ event }) => {
    if (event.tab !== 'home') return;
    // It takes calls to Slack, and the acknowledgement waits for this listener.
    options.home.show(event.user).catch((error) => options.log.warn(`showing a Home tab: ${messageOf(error)}`));
  });
}

function listenToCommands(app: App, { botUser, take, whispers }: ListenOptions): void {
  app.command('/vm', async ({ ack, command }) => {
    const line = toLine(command.text, botUser);
    const { channel_id, user_id, trigger_id, response_url } = command;
    const place = placeIn(channel_id);
    whispers.remember(channel_id, user_id, response_url);
    const taking = await take({ ...common(`command:${trigger_id}`, user_id, place, null), kind: 'line', text: line });
    const quoted = `\`${line.replaceAll('`', "'").slice(0, 1000)}\``;
    const text = taking === 'taken' ? `Got it: ${quoted}` : `${NOT_TAKEN[taking]} ${quoted}`;
    try {
      await ack({ response_type: 'ephemeral', text });
    } catch (error) {
      // The connection ended in between, and Slack shows an error: so what happened is told another way.
      const card = plainCard(taking === 'taken' ? 'info' : 'bad', text, 'Slack may have shown you an error meanwhile.');
      await whispers.whisper(place, userOf(user_id), card);
      throw error;
    }
  });
}

/** `holdAcknowledgements` acknowledges when the listener ends, and not when it throws. */
function listenToMentions(app: App, { botUser, take }: ListenOptions): void {
  app.event('app_mention', async ({ event, body }) => {
    if (event.user === undefined || event.bot_id !== undefined) return;
    const place = placeIn(event.channel, event.thread_ts);
    const text = toLine(event.text, botUser);
    await mustTake(take, { ...common(body.event_id, event.user, place, event.ts), kind: 'line', text });
  });
}

/** Edits, joins and messages of bots carry a subtype or a bot's id; channels speak to the bot by mention. */
function listenToDirectMessages(app: App, { botUser, take, showStatus }: ListenOptions): void {
  app.message(async ({ message, body }) => {
    if (message.subtype !== undefined || message.channel_type !== 'im' || message.bot_id !== undefined) return;
    if (message.text === undefined || message.text.trim() === '') return;
    const { channel, thread_ts, ts, user } = message;
    showStatus(channel, thread_ts ?? ts);
    const text = toLine(message.text, botUser);
    await mustTake(take, { ...common(body.event_id, user, placeIn(channel, thread_ts), ts), kind: 'line', text });
  });
}

function listenToPresses(app: App, options: ListenOptions): void {
  const { take, whispers } = options;
  const constraints = { action_id: PRESS_ACTION, type: 'block_actions' } as const;
  app.action<BlockAction<ButtonAction>>(constraints, async ({ ack, action, body }) => {
    const { input, ...press } = parsePress(action.value ?? '');
    const where = whereOf(body);
    const user = body.user.id;
    if (body.response_url !== undefined) whispers.remember(where.channel, user, body.response_url);
    if (input !== null) {
      await ack();
      return askForInput(options, body, where, { ...press, input });
    }
    const place = placeIn(where.channel, where.thread);
    const event = common(`press:${body.trigger_id}`, user, place, where.message);
    const taking = await take({ ...event, kind: 'press', ...press, input: '' });
    await ack();
    if (taking === 'taken') return;
    await whispers.whisper(place, userOf(user), plainCard('bad', `Not done: ${press.verb}`, NOT_TAKEN[taking]));
  });
}

/** A trigger that expired, mostly: a person must not wait for a window that will not come. */
async function askForInput(
  { modals, whispers }: ListenOptions,
  body: BlockAction<ButtonAction>,
  where: Where,
  press: InputPress,
): Promise<void> {
  try {
    await modals.askForInput(body.trigger_id, where, press);
  } catch (error) {
    // The same press delivered twice: the first one opened the window.
    if (error instanceof SlackAnswerError && error.answer === 'exchanged_trigger_id') return;
    await whispers.whisper(placeIn(where.channel, where.thread), userOf(body.user.id), couldNotAsk(press.verb));
    throw error;
  }
}

function couldNotAsk(verb: Verb): Card {
  return plainCard('bad', `Not done: ${verb}`, 'Slack did not open the window in time. Press the button again.');
}

function plainCard(tone: Card['tone'], title: string, text: string): Card {
  return { tone, title, blocks: [{ kind: 'text', text }], buttons: [], operation: null };
}

function userOf(id: string) {
  return { platform: 'slack', id };
}

function placeIn(channel: string, thread: string | null | undefined = null): Place {
  return { platform: 'slack', channel, thread: thread ?? null };
}

function common(eventId: string, user: string, place: Place, message: string | null) {
  return { eventId, from: userOf(user), place, message, address: null };
}

/** A button in the Home tab belongs to no channel: the answer goes to the person, as a direct message. */
function whereOf({ container, message, channel, user }: BlockAction<ButtonAction>): Where {
  const id = typeof container.channel_id === 'string' ? container.channel_id : channel?.id;
  if (id === undefined) return { channel: user.id, thread: null, message: null };
  const thread = typeof message?.thread_ts === 'string' ? message.thread_ts : null;
  return { channel: id, thread, message: typeof container.message_ts === 'string' ? container.message_ts : null };
}
