/**
 * Everything that comes in from Slack as `Inbound`. Acknowledged in the first line, always: Slack shows a person an error
 * after 3 s. Whoever could not be acknowledged is not served, so what he sees is what happened; Slack sends events again,
 * with the same id.
 */
import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import type { Card, Inbound, Place, Verb } from '../card.ts';
import type { Direct } from './direct.ts';
import type { Home } from './home.ts';
import { toLine } from './line.ts';
import type { InputPress, Modals, Where } from './modals.ts';
import { PRESS_ACTION, parsePress } from './press.ts';
import { SlackAnswerError } from './trouble.ts';
import type { Whispers } from './whispers.ts';

export interface ListenOptions {
  /** The bot's user id. */
  botUser: string;
  receive(inbound: Inbound): Promise<void>;
  /** Shows that a line in a direct conversation is being looked at. */
  showStatus(channel: string, message: string): void;
  whispers: Whispers;
  modals: Modals;
  direct: Direct;
  home: Home;
}

export function listen(app: App, options: ListenOptions): void {
  listenToCommands(app, options);
  listenToMentions(app, options);
  listenToDirectMessages(app, options);
  listenToPresses(app, options);
  options.modals.listen(app);
  app.event('app_home_opened', async ({ event }) => {
    if (event.tab === 'home') await options.home.show(event.user);
  });
}

function listenToCommands(app: App, { botUser, receive, whispers }: ListenOptions): void {
  app.command('/vm', async ({ ack, command }) => {
    const text = toLine(command.text, botUser);
    await ack({ response_type: 'ephemeral', text: `Got it: \`${text.replaceAll('`', "'").slice(0, 1000)}\`` });
    const { channel_id, user_id, trigger_id, response_url } = command;
    whispers.remember(channel_id, user_id, response_url);
    await receive({ ...common(`command:${trigger_id}`, user_id, placeIn(channel_id), null), kind: 'line', text });
  });
}

/** Bolt acknowledges events before it calls a listener. */
function listenToMentions(app: App, { botUser, receive }: ListenOptions): void {
  app.event('app_mention', async ({ event, body }) => {
    if (event.user === undefined || event.bot_id !== undefined) return;
    const place = placeIn(event.channel, event.thread_ts);
    const text = toLine(event.text, botUser);
    await receive({ ...common(body.event_id, event.user, place, event.ts), kind: 'line', text });
  });
}

/** Edits, joins and messages of bots carry a subtype or a bot's id; channels speak to the bot by mention. */
function listenToDirectMessages(app: App, { botUser, receive, showStatus }: ListenOptions): void {
  app.message(async ({ message, body }) => {
    if (message.subtype !== undefined || message.channel_type !== 'im' || message.bot_id !== undefined) return;
    if (message.text === undefined || message.text.trim() === '') return;
    const { channel, thread_ts, ts, user } = message;
    showStatus(channel, thread_ts ?? ts);
    const text = toLine(message.text, botUser);
    await receive({ ...common(body.event_id, user, placeIn(channel, thread_ts), ts), kind: 'line', text });
  });
}

function listenToPresses(app: App, options: ListenOptions): void {
  const { receive, whispers, direct } = options;
  const constraints = { action_id: PRESS_ACTION, type: 'block_actions' } as const;
  app.action<BlockAction<ButtonAction>>(constraints, async ({ ack, action, body }) => {
    await ack();
    const { input, ...press } = parsePress(action.value ?? '');
    const where = await whereOf(body, direct);
    const user = body.user.id;
    if (body.response_url !== undefined) whispers.remember(where.channel, user, body.response_url);
    if (input !== null) return askForInput(options, body, where, { ...press, input });
    const place = placeIn(where.channel, where.thread);
    await receive({
      ...common(`press:${body.trigger_id}`, user, place, where.message),
      kind: 'press',
      ...press,
      input: '',
    });
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
    const to = { platform: 'slack', id: body.user.id };
    await whispers.whisper(placeIn(where.channel, where.thread), to, couldNotAsk(press.verb));
    throw error;
  }
}

function couldNotAsk(verb: Verb): Card {
  const blocks = [{ kind: 'text' as const, text: 'Slack did not open the window in time. Press the button again.' }];
  return { tone: 'bad', title: `Not done: ${verb}`, blocks, buttons: [], operation: null };
}

function placeIn(channel: string, thread: string | null | undefined = null): Place {
  return { platform: 'slack', channel, thread: thread ?? null };
}

function common(eventId: string, user: string, place: Place, message: string | null) {
  return { eventId, from: { platform: 'slack', id: user }, place, message, address: null };
}

/** A button in the Home tab belongs to no channel: the answer goes to the direct conversation. */
async function whereOf(body: BlockAction<ButtonAction>, direct: Direct): Promise<Where> {
  const { container, message } = body;
  const channel = typeof container.channel_id === 'string' ? container.channel_id : body.channel?.id;
  if (channel === undefined) return { channel: await direct.channelOf(body.user.id), thread: null, message: null };
  const thread = typeof message?.thread_ts === 'string' ? message.thread_ts : null;
  return { channel, thread, message: typeof container.message_ts === 'string' ? container.message_ts : null };
}
