/** What the fake Discord shows of its things, in the shapes of the official description and of the gateway. Pure. */
import type { JsonObject } from '../../../actions/action.ts';
import { isObject } from './failure.ts';
import {
  APPLICATION,
  type FakeChannel,
  type FakeInteraction,
  type FakeMessage,
  type FakeUser,
  GUILD,
  userOf,
  type World,
} from './world.ts';

const time = (ms: number) => new Date(ms).toISOString();
/** VIEW_CHANNEL, SEND_MESSAGES and the like: all of them. */
const ALL_PERMISSIONS = '562949953421311';

export function userJson({ id, name, bot }: FakeUser): JsonObject {
  return {
    id,
    username: name,
    global_name: name,
    avatar: null,
    discriminator: '0',
    public_flags: 0,
    flags: 0,
    primary_guild: null,
    ...(bot ? { bot: true } : {}),
  };
}

export function messageJson(world: World, message: FakeMessage): JsonObject {
  const { id, channel, author, content, components, flags, files, nonce, createdAt, editedAt } = message;
  return {
    id,
    channel_id: channel,
    type: 0,
    content,
    author: userJson(userOf(world, author)),
    mentions: [],
    mention_roles: [],
    mention_everyone: false,
    attachments: files.map((file) => ({
      id: file.id,
      filename: file.name,
      size: Buffer.byteLength(file.text),
      url: `https://cdn.example/${file.id}/${file.name}`,
      proxy_url: `https://cdn.example/${file.id}/${file.name}`,
      content_type: 'text/plain; charset=utf-8',
    })),
    embeds: [],
    timestamp: time(createdAt),
    edited_timestamp: editedAt === null ? null : time(editedAt),
    flags,
    components: numbered(components),
    pinned: false,
    tts: false,
    ...(nonce === null ? {} : { nonce }),
  };
}

/** Discord gives an id to each component that has none. */
function numbered(components: JsonObject[]): JsonObject[] {
  let count = 0;
  const walk = (component: JsonObject): JsonObject => {
    count += 1;
    const inner = Array.isArray(component.components) ? component.components.filter(isObject) : null;
    const id = component.id ?? count;
    const file = isObject(component.file)
      ? { file: fileJson(component.file), name: 'file.txt', size: 1, spoiler: false }
      : {};
    const button = component.type === 2 ? { disabled: false } : {};
    const container = component.type === 17 ? { spoiler: false, accent_color: component.accent_color ?? null } : {};
    const separator = component.type === 14 ? { spacing: 1, divider: true } : {};
    const own = { ...component, id, ...file, ...button, ...container, ...separator };
    return inner === null ? own : { ...own, components: inner.map(walk) };
  };
  return components.map(walk);
}

function fileJson({ url }: JsonObject): JsonObject {
  return {
    id: '1',
    url: url ?? '',
    proxy_url: url ?? '',
    width: null,
    height: null,
    content_type: 'text/plain',
  };
}

export function channelJson(channel: FakeChannel): JsonObject {
  const { id, kind, name, parent } = channel;
  if (kind === 'dm') return { id, type: 1, flags: 0, last_message_id: null, recipients: [] };
  if (kind === 'thread') return threadJson(channel);
  return { id, type: 0, guild_id: GUILD, name, position: 0, permission_overwrites: [], parent_id: parent, flags: 0 };
}

function threadJson({ id, name, parent, archived, locked }: FakeChannel): JsonObject {
  return {
    id,
    type: 11,
    guild_id: GUILD,
    name,
    parent_id: parent,
    owner_id: APPLICATION,
    flags: 0,
    rate_limit_per_user: 0,
    last_message_id: null,
    message_count: 0,
    member_count: 1,
    total_message_sent: 0,
    thread_metadata: {
      archived,
      locked,
      archive_timestamp: time(0),
      auto_archive_duration: 1440,
      create_timestamp: time(0),
    },
  };
}

export function memberJson(user: FakeUser): JsonObject {
  return {
    user: userJson(user),
    roles: user.roles,
    nick: null,
    avatar: null,
    joined_at: time(0),
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0,
    pending: false,
    permissions: ALL_PERMISSIONS,
    communication_disabled_until: null,
  };
}

/** The frame of INTERACTION_CREATE. `data` is what was typed, pressed or filled in. */
export function interactionJson(world: World, interaction: FakeInteraction, data: JsonObject): JsonObject {
  const { id, token, type, user, channel, message } = interaction;
  const place = world.channels.get(channel);
  return {
    id,
    application_id: APPLICATION,
    type,
    token,
    version: 1,
    guild_id: GUILD,
    guild: { id: GUILD, locale: 'en-US', features: [] },
    guild_locale: 'en-US',
    locale: 'en-US',
    channel_id: channel,
    ...(place === undefined ? {} : { channel: { ...channelJson(place), permissions: ALL_PERMISSIONS } }),
    member: memberJson(userOf(world, user)),
    app_permissions: ALL_PERMISSIONS,
    entitlements: [],
    authorizing_integration_owners: { '0': GUILD },
    context: 0,
    attachment_size_limit: 10_485_760,
    ...(message === null ? {} : { message: messageJson(world, message) }),
    data,
  };
}

export function guildJson(world: World): JsonObject {
  const channels = [...world.channels.values()];
  return {
    id: GUILD,
    name: 'Fake',
    icon: null,
    splash: null,
    owner_id: '100000000000000009',
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: [
      {
        id: GUILD,
        name: '@everyone',
        color: 0,
        hoist: false,
        position: 0,
        permissions: ALL_PERMISSIONS,
        managed: false,
        mentionable: false,
        flags: 0,
      },
    ],
    emojis: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    preferred_locale: 'en-US',
    public_updates_channel_id: null,
    nsfw_level: 0,
    premium_progress_bar_enabled: false,
    joined_at: time(0),
    large: false,
    member_count: world.users.size,
    voice_states: [],
    members: [],
    channels: channels.filter(({ kind }) => kind === 'text').map(channelJson),
    threads: channels.filter(({ kind, archived }) => kind === 'thread' && !archived).map(channelJson),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    stickers: [],
    soundboard_sounds: [],
  };
}
