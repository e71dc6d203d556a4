/** The Web API methods of the fake Slack that read: people, groups, conversations, files; and the list of all methods. */
import type { JsonObject } from '../../../actions/action.ts';
import { chatMethods } from './chat-methods.ts';
import { objects, optionalText, SlackFailure, text } from './failure.ts';
import type { Method } from './method.ts';
import { viewMethods } from './view-methods.ts';
import {
  BOT_ID,
  BOT_USER,
  directChannel,
  type FakeMessage,
  type FakeUser,
  findMessage,
  nextId,
  TEAM,
  type World,
} from './world.ts';

export const methods: Record<string, Method> = {
  ...chatMethods,
  ...viewMethods,
  'apps.connections.open': (_args, ctx) => ({ url: ctx.socketUrl() }),
  'auth.test': (_args, { origin }) => ({
    url: origin,
    team: 'Drover',
    team_id: TEAM,
    user: 'drover',
    user_id: BOT_USER,
    bot_id: BOT_ID,
  }),
  'conversations.open': (args, { world }) => ({ channel: { id: directChannel(world, text(args, 'users')).id } }),
  'conversations.history': (args, { world }) => {
    const channel = readable(world, text(args, 'channel'));
    const roots = world.messages.filter((message) => message.channel === channel && message.thread === null);
    return page(roots.toReversed(), args);
  },
  'conversations.replies': (args, { world }) => {
    const channel = readable(world, text(args, 'channel'));
    const root = text(args, 'ts');
    if (findMessage(world, channel, root) === null) throw new SlackFailure('thread_not_found');
    const inThread = world.messages.filter(
      ({ ts, thread, channel: of }) => of === channel && (ts === root || thread === root),
    );
    return page(inThread, args);
  },
  'users.info': (args, { world }) => {
    const user = world.users.get(text(args, 'user'));
    if (user === undefined) throw new SlackFailure('user_not_found');
    return { user: userJson(user) };
  },
  'usergroups.users.list': (args, { world }) => {
    const users = world.groups.get(text(args, 'usergroup'));
    if (users === undefined) throw new SlackFailure('no_such_subteam');
    return { users };
  },
  'files.getUploadURLExternal': (args, { world, origin }) => {
    const file = { id: nextId(world, 'F'), name: text(args, 'filename'), content: '', channel: null, thread: null };
    world.files.set(file.id, file);
    return { upload_url: `${origin}/upload/${file.id}`, file_id: file.id };
  },
  'files.completeUploadExternal': (args, { world }) => {
    const files = objects(args, 'files').map((entry) => world.files.get(text(entry, 'id')));
    if (files.some((file) => file === undefined)) throw new SlackFailure('file_not_found');
    const [channel, thread] = [optionalText(args, 'channel_id'), optionalText(args, 'thread_ts')];
    if (channel !== null) readable(world, channel);
    for (const file of files) Object.assign(file ?? {}, { channel, thread });
    return { files: files.map((file) => ({ id: file?.id ?? '', title: file?.name ?? '' })) };
  },
};

function readable(world: World, id: string): string {
  const channel = world.channels.get(id);
  if (channel === undefined) throw new SlackFailure('channel_not_found');
  if (!channel.members.has(BOT_USER)) throw new SlackFailure('not_in_channel');
  return id;
}

function page(messages: FakeMessage[], args: JsonObject): JsonObject {
  const from = Number(optionalText(args, 'cursor') ?? '0');
  const limit = Math.min(Number(optionalText(args, 'limit') ?? '100'), 999);
  const withMetadata = args.include_all_metadata === true || args.include_all_metadata === 'true';
  const more = from + limit < messages.length;
  return {
    messages: messages.slice(from, from + limit).map((message) => messageJson(message, withMetadata)),
    has_more: more,
    response_metadata: { next_cursor: more ? String(from + limit) : '' },
  };
}

export function messageJson(message: FakeMessage, withMetadata: boolean): JsonObject {
  const { ts, thread, user, text: content, blocks, metadata } = message;
  return {
    type: 'message',
    ts,
    user,
    text: content,
    blocks,
    ...(user === BOT_USER ? { bot_id: BOT_ID } : {}),
    ...(thread === null ? {} : { thread_ts: thread }),
    ...(withMetadata && metadata !== null ? { metadata } : {}),
  };
}

function userJson(user: FakeUser): JsonObject {
  return {
    id: user.id,
    team_id: user.team,
    name: user.name,
    real_name: user.name,
    deleted: user.deleted,
    is_bot: user.isBot,
    is_app_user: false,
    is_restricted: user.isRestricted,
    is_ultra_restricted: user.isUltraRestricted,
    is_stranger: user.isStranger,
    profile: { real_name: user.name, display_name: user.name },
  };
}
