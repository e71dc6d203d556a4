/** Messages, threads and direct channels of the fake Discord: who may write where, what fits, and what stays. */
import type { JsonObject } from '../../../actions/action.ts';
import { DiscordFailure, failures, isObject, number, objects, text } from './failure.ts';
import { channelJson, messageJson } from './payloads.ts';
import type { Call, Route } from './routes.ts';
import { checkMessage, checkNonce } from './rules.ts';
import {
  BOT,
  type FakeChannel,
  type FakeFile,
  type FakeMessage,
  findMessage,
  newMessage,
  nextId,
  now,
  type Permission,
  textOf,
  type World,
} from './world.ts';

const HOUR_MS = 3_600_000;
/** "In the past few minutes", by the documentation. */
const NONCE_MS = 5 * 60_000;

export const channelRoutes: Route[] = [
  {
    route: 'GET /channels/:channel',
    schemas: [],
    auth: true,
    run: ({ world, params }) => ok(channelJson(open(world, params.channel, []))),
  },
  {
    route: 'PATCH /channels/:channel',
    schemas: ['UpdateThreadRequestPartial'],
    auth: true,
    run: ({ world, params, body }) => {
      const channel = open(world, params.channel, []);
      if (channel.locked && channel.forbidden.has('manage-threads')) throw failures.missingPermissions();
      if (typeof body.archived === 'boolean') channel.archived = body.archived;
      if (typeof body.locked === 'boolean') channel.locked = body.locked;
      return ok(channelJson(channel));
    },
  },
  {
    route: 'GET /channels/:channel/messages',
    schemas: [],
    auth: true,
    run: ({ world, params, query }) => {
      const channel = open(world, params.channel, ['read-history']);
      const before = query.get('before');
      const limit = Number(query.get('limit') ?? 50);
      if (!(limit >= 1 && limit <= 100)) throw failures.invalidForm([`limit ${limit}`]);
      const found = world.messages
        .filter((message) => message.channel === channel.id && (before === null || BigInt(message.id) < BigInt(before)))
        .toReversed()
        .slice(0, limit);
      // The nonce is told to whoever posts, and is not kept.
      return { status: 200, body: found.map((message) => messageJson(world, { ...message, nonce: null })) };
    },
  },
  {
    route: 'POST /channels/:channel/messages',
    schemas: ['MessageCreateRequest'],
    auth: true,
    run: (call) => ok(messageJson(call.world, post(call))),
  },
  {
    route: 'GET /channels/:channel/messages/:message',
    schemas: [],
    auth: true,
    run: ({ world, params }) => ok(messageJson(world, known(world, params))),
  },
  {
    route: 'PATCH /channels/:channel/messages/:message',
    schemas: ['MessageEditRequestPartial'],
    auth: true,
    run: (call) => {
      const { world, params } = call;
      const message = known(world, params);
      if (message.author !== BOT) throw failures.othersMessage();
      const channel = open(world, params.channel, []);
      if (channel.archived) throw failures.archivedThread();
      if (now(world) - message.createdAt > HOUR_MS) {
        if (message.lateEdits >= world.lateEditsAllowed) throw failures.tooManyOldEdits();
        message.lateEdits += 1;
      }
      change(call, message);
      return ok(messageJson(world, message));
    },
  },
  {
    route: 'POST /channels/:channel/messages/:message/threads',
    schemas: ['CreateTextThreadWithMessageRequest'],
    auth: true,
    run: ({ world, params, body }) => {
      const parent = open(world, params.channel, ['create-threads']);
      const { id } = known(world, params);
      if (world.channels.has(id)) throw failures.threadExists();
      if (activeThreads(world) >= world.activeThreadsAllowed) throw failures.tooManyThreads();
      const thread: FakeChannel = {
        id,
        kind: 'thread',
        name: text(body, 'name') ?? '',
        parent: parent.id,
        archived: false,
        locked: false,
        forbidden: parent.forbidden,
      };
      world.channels.set(id, thread);
      return { status: 201, body: channelJson(thread) };
    },
  },
  {
    route: 'POST /channels/:channel/typing',
    schemas: [],
    auth: true,
    run: ({ world, params }) => {
      open(world, params.channel, []);
      return { status: 204, body: null };
    },
  },
  {
    route: 'POST /users/@me/channels',
    schemas: ['CreatePrivateChannelRequest'],
    auth: true,
    run: ({ world, body }) => {
      const user = text(body, 'recipient_id') ?? '';
      const found = [...world.channels.values()].find(({ kind, parent }) => kind === 'dm' && parent === user);
      if (found !== undefined) return ok(channelJson(found));
      if (!world.users.has(user)) throw new DiscordFailure(400, 50033, 'Invalid Recipient(s)');
      const dm: FakeChannel = {
        id: nextId(world),
        kind: 'dm',
        name: '',
        parent: user,
        archived: false,
        locked: false,
        forbidden: new Set(),
      };
      world.channels.set(dm.id, dm);
      return ok(channelJson(dm));
    },
  },
];

export function ok(body: JsonObject): { status: number; body: JsonObject } {
  return { status: 200, body };
}

function open(world: World, id: string | undefined, needs: Permission[]): FakeChannel {
  const channel = world.channels.get(id ?? '');
  if (channel === undefined) throw failures.unknownChannel();
  if (channel.forbidden.has('view')) throw failures.missingAccess();
  if (needs.some((permission) => channel.forbidden.has(permission))) throw failures.missingPermissions();
  return channel;
}

function known(world: World, params: Call['params']): FakeMessage {
  open(world, params.channel, []);
  const message = findMessage(world, params.channel ?? '', params.message ?? '');
  if (message === null) throw failures.unknownMessage();
  return message;
}

function activeThreads(world: World): number {
  return [...world.channels.values()].filter(({ kind, archived }) => kind === 'thread' && !archived).length;
}

function post(call: Call): FakeMessage {
  const { world, params, body } = call;
  const channel = open(world, params.channel, []);
  const needs: Permission = channel.kind === 'thread' ? 'send-in-threads' : 'send';
  if (channel.forbidden.has(needs)) throw failures.missingPermissions();
  if (channel.kind === 'dm' && world.users.get(channel.parent ?? '')?.closed === true) throw failures.closedDms();
  if (channel.archived && channel.locked) throw failures.archivedThread();
  channel.archived = false;
  const nonce = text(body, 'nonce');
  const earlier = world.messages.find(
    (message) =>
      nonce !== null &&
      message.nonce === nonce &&
      message.channel === channel.id &&
      now(world) - message.createdAt < NONCE_MS,
  );
  if (earlier !== undefined && body.enforce_nonce === true) return earlier;
  const message = newMessage(world, { channel: channel.id, author: BOT, nonce });
  fill(call, message, checkNonce(body));
  world.messages.push(message);
  return message;
}

/** An edit: what is left out stays. */
export function change(call: Call, message: FakeMessage): void {
  const before = textOf(message);
  fill(call, message, []);
  message.history.push(before);
  message.editedAt = now(call.world);
}

/** Checks the body as a whole, then puts it into the message. */
export function fill({ world, body, files, refuse }: Call, message: FakeMessage, wrong: string[]): void {
  const kept = keptFiles(body, message);
  const all = [...kept, ...files.map((file) => ({ id: nextId(world), ...file }))];
  refuse([...wrong, ...checkMessage({ body, flags: message.flags, files: all.map(({ name }) => name) })]);
  message.files = all;
  message.content = text(body, 'content') ?? ('content' in body ? '' : message.content);
  message.flags = number(body, 'flags') ?? message.flags;
  if (body.components !== undefined) message.components = objects(body, 'components');
}

/** `attachments` names those that stay; left out, all stay. */
function keptFiles(body: JsonObject, message: FakeMessage): FakeFile[] {
  if (!Array.isArray(body.attachments)) return message.files;
  const ids = body.attachments.filter(isObject).map(({ id }) => id);
  return message.files.filter(({ id }) => ids.includes(id));
}
