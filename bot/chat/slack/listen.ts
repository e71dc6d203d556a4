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
import type { Modals } from './modals.ts';
import { PRESS_ACTION, parsePress } from './press.ts';
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
  const { botUser, receive, whispers, modals, home } = options;

  app.command('/vm', async ({ ack, command }) => {
    const text = toLine(command.text, botUser);
    await ack({ response_type: 'ephemeral', text: `Got it: \`${text.replaceAll('`', "'").slice(0, 1000)}\`` });
    const { channel_id, user_id, trigger_id, response_url } = command;
    whispers.remember(channel_id, user_id, response_url);
    const place = { platform: 'slack', channel: channel_id, thread: null };
    await receive({ ...common(`command:${trigger_id}`, user_id, place, null), kind: 'line', text });
  });

  const ask = async (body: BlockAction<ButtonAction>, where: Where, press: Parameters<Modals['askForInput']>[2]) => {
    try {
      await modals.askForInput(body.trigger_id, where, press);
    } catch (error) {
      // A trigger that expired, mostly: a person must not wait for a window that will not come.
      const to = { platform: 'slack', id: body.user.id };
      await whispers.whisper({ platform: 'slack', ...where }, to, couldNotAsk(press.verb));
      throw error;
    }
  };

  // Bolt acknowledges events before it calls a listener.
  app.event('app_mention', async ({ event, body }) => {
    if (event.user === undefined || event.bot_id !== undefined) return;
    const place = { platform: 'slack', channel: event.channel, thread: event.thread_ts ?? null };
    const text = toLine(event.text, botUser);
    await receive({ ...common(body.event_id, event.user, place, event.ts), kind: 'line', text });
  });

  app.message(async ({ message, body }) => {
    // Edits, joins and messages of bots carry a subtype or a bot's id; channels speak to the bot by mention.
    if (message.subtype !== undefined || message.channel_type !== 'im' || message.bot_id !== undefined) return;
    if (message.text === undefined || message.text.trim() === '') return;
    options.showStatus(message.channel, message.thread_ts ?? message.ts);
    const place = { platform: 'slack', channel: message.channel, thread: message.thread_ts ?? null };
    const text = toLine(message.text, botUser);
    await receive({ ...common(body.event_id, message.user, place, message.ts), kind: 'line', text });
  });

  app.action<BlockAction<ButtonAction>>(
    { action_id: PRESS_ACTION, type: 'block_actions' },
    async ({ ack, action, body }) => {
      await ack();
      const press = parsePress(action.value ?? '');
      const where = await whereOf(body, options.direct);
      if (body.response_url !== undefined) whispers.remember(where.channel, body.user.id, body.response_url);
      if (press.input !== null) return ask(body, where, { ...press, input: press.input });
      const { request, digest, verb } = press;
      const { channel, thread, message } = where;
      const from = common(`press:${body.trigger_id}`, body.user.id, { platform: 'slack', channel, thread }, message);
      await receive({ ...from, kind: 'press', request, digest, verb, input: '' });
    },
  );

  app.event('app_home_opened', async ({ event }) => {
    if (event.tab === 'home') await home.show(event.user);
  });

  modals.listen(app);
}

function common(eventId: string, user: string, place: Place, message: string | null) {
  return { eventId, from: { platform: 'slack', id: user }, place, message, address: null };
}

function couldNotAsk(verb: Verb): Card {
  const blocks = [{ kind: 'text' as const, text: 'Slack did not open the window in time. Press the button again.' }];
  return { tone: 'bad', title: `Not done: ${verb}`, blocks, buttons: [], operation: null };
}

interface Where {
  channel: string;
  thread: string | null;
  message: string | null;
}

/** A button in the Home tab belongs to no channel: the answer goes to the direct conversation. */
async function whereOf(body: BlockAction<ButtonAction>, direct: Direct): Promise<Where> {
  const { container, message } = body;
  const channel = typeof container.channel_id === 'string' ? container.channel_id : body.channel?.id;
  if (channel === undefined) return { channel: await direct.channelOf(body.user.id), thread: null, message: null };
  const thread = typeof message?.thread_ts === 'string' ? message.thread_ts : null;
  return { channel, thread, message: typeof container.message_ts === 'string' ? container.message_ts : null };
}
