/** `chat.*` and `assistant.*` of the fake Slack: who may post where, what fits, and what stays. */
import type { JsonObject } from '../../../actions/action.ts';
import { object, objects, optionalText, SlackFailure, text } from './failure.ts';
import type { Method, MethodContext } from './method.ts';
import { type Broken, checkMessageBlocks, checkMetadata, MESSAGE_TEXT_CHARACTERS } from './rules.ts';
import {
  BOT_USER,
  directChannel,
  type FakeChannel,
  type FakeMessage,
  findMessage,
  nextTs,
  type World,
} from './world.ts';

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': (args, ctx) => {
    const channel = postable(ctx.world, text(args, 'channel'));
    const content = checkedContent(args, ctx);
    const thread = optionalText(args, 'thread_ts');
    if (thread !== null && findMessage(ctx.world, channel.id, thread) === null)
      throw new SlackFailure('thread_not_found');
    const metadata = args.metadata === undefined ? null : object(args, 'metadata');
    const ts = nextTs(ctx.world);
    ctx.world.messages.push({ ts, channel: channel.id, thread, user: BOT_USER, ...content, metadata, history: [] });
    return { channel: channel.id, ts, message: { type: 'message', ts, text: content.text, user: BOT_USER } };
  },
  'chat.update': (args, ctx) => {
    const message = ownMessage(args, ctx.world);
    const content = checkedContent(args, ctx);
    message.history.push(message.text);
    // Blocks and metadata that are left out stay as they were.
    Object.assign(message, { text: content.text }, args.blocks === undefined ? {} : { blocks: content.blocks });
    if (args.metadata !== undefined) message.metadata = object(args, 'metadata');
    return { channel: message.channel, ts: message.ts, text: message.text };
  },
  'chat.delete': (args, ctx) => {
    const message = ownMessage(args, ctx.world);
    ctx.world.messages.splice(ctx.world.messages.indexOf(message), 1);
    return { channel: message.channel, ts: message.ts };
  },
  'chat.postEphemeral': (args, ctx) => {
    const channel = postable(ctx.world, text(args, 'channel'));
    const user = text(args, 'user');
    if (!channel.members.has(user)) throw new SlackFailure('user_not_in_channel');
    const content = checkedContent(args, ctx);
    const thread = optionalText(args, 'thread_ts');
    ctx.world.ephemerals.push({ channel: channel.id, user, thread, ...content, via: 'chat.postEphemeral' });
    return { message_ts: nextTs(ctx.world) };
  },
  'assistant.threads.setStatus': (args, { world }) => {
    const [channel, thread, status] = [text(args, 'channel_id'), text(args, 'thread_ts'), text(args, 'status')];
    postable(world, channel);
    world.statuses.push({ channel, thread, status });
    return {};
  },
};

function postable(world: World, id: string): FakeChannel {
  const channel = id.startsWith('U') && world.users.has(id) ? directChannel(world, id) : world.channels.get(id);
  if (channel === undefined) throw new SlackFailure('channel_not_found');
  if (!channel.members.has(BOT_USER)) throw new SlackFailure('not_in_channel');
  return channel;
}

function ownMessage(args: JsonObject, world: World): FakeMessage {
  const message = findMessage(world, text(args, 'channel'), text(args, 'ts'));
  if (message === null) throw new SlackFailure('message_not_found');
  if (message.user !== BOT_USER) throw new SlackFailure('cant_update_message');
  return message;
}

function checkedContent(args: JsonObject, ctx: MethodContext): { text: string; blocks: JsonObject[] } {
  const content = { text: optionalText(args, 'text') ?? '', blocks: objects(args, 'blocks') };
  if (content.text === '' && content.blocks.length === 0) throw new SlackFailure('no_text');
  if (content.text === '') ctx.world.violations.push('a message without top-level text: notifications would be empty');
  if (content.text.length > MESSAGE_TEXT_CHARACTERS) refuse([{ error: 'msg_too_long', why: 'text too long' }], ctx);
  if (args.metadata !== undefined) refuse(checkMetadata(args.metadata), ctx);
  if (args.blocks === undefined) return content;
  if (content.blocks.some(({ type }) => ctx.world.unknownBlocks.has(String(type))))
    throw new SlackFailure('invalid_blocks');
  refuse(checkMessageBlocks(args.blocks, ctx.schemas), ctx);
  return content;
}

/** What the bot should have known before it asked is a violation as well as an error. */
export function refuse(broken: Broken[], ctx: MethodContext): void {
  const [first] = broken;
  if (first === undefined) return;
  ctx.world.violations.push(...broken.map(({ error, why }) => `${error}: ${why}`));
  throw new SlackFailure(first.error);
}
