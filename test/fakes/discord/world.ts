/**
 * What the fake Discord knows: people, channels, threads, messages, interactions, commands, and what it saw the bot do
 * wrong. Plain state with a few questions; routes and driver change it. Its clock can be put forward.
 */
import type { Json, JsonObject } from '../../../actions/action.ts';

export const GUILD = '100000000000000001';
export const BOT = '100000000000000002';
export const APPLICATION = BOT;

/** Discord's epoch, 2015-01-01, in ms. */
const EPOCH_MS = 1_420_070_400_000;

export interface FakeUser {
  id: string;
  name: string;
  bot: boolean;
  roles: string[];
  /** Takes no direct messages. */
  closed: boolean;
}

/** What the bot may do in a channel. */
export type Permission = 'view' | 'send' | 'read-history' | 'create-threads' | 'send-in-threads' | 'manage-threads';

export interface FakeChannel {
  id: string;
  kind: 'text' | 'thread' | 'dm';
  name: string;
  /** Of a thread: the channel; of a direct channel: the person. */
  parent: string | null;
  archived: boolean;
  locked: boolean;
  /** Taken away from the bot. */
  forbidden: Set<Permission>;
}

export interface FakeFile {
  id: string;
  name: string;
  text: string;
}

export interface FakeMessage {
  id: string;
  channel: string;
  author: string;
  content: string;
  components: JsonObject[];
  flags: number;
  files: FakeFile[];
  nonce: string | null;
  /** Whom alone it is shown to; null: everybody. */
  onlyFor: string | null;
  /** ms since the epoch. */
  createdAt: number;
  editedAt: number | null;
  /** Edits after the first hour. */
  lateEdits: number;
  /** What was shown before, oldest first, as plain text. */
  history: string[];
}

export type InteractionState = 'open' | 'deferred' | 'deferred-update' | 'answered' | 'modal' | 'choices';

export interface FakeInteraction {
  id: string;
  token: string;
  /** 2 command, 3 component, 4 autocomplete, 5 modal. */
  type: number;
  user: string;
  channel: string;
  issuedAt: number;
  state: InteractionState;
  /** The message of `@original`; null: none yet. */
  original: FakeMessage | null;
  /** The message that the pressed component is on. */
  message: FakeMessage | null;
  /** The modal that was opened in answer. */
  modal: JsonObject | null;
  choices: JsonObject[];
}

export interface SeenRequest {
  method: string;
  /** Without `/api/v10`. */
  path: string;
  body: Json;
  status: number;
  /** ms since the epoch, real clock. */
  at: number;
}

export interface World {
  users: Map<string, FakeUser>;
  channels: Map<string, FakeChannel>;
  messages: FakeMessage[];
  ephemerals: FakeMessage[];
  interactions: Map<string, FakeInteraction>;
  commands: JsonObject[];
  /** Commands created, which Discord allows 200 times a day. */
  creates: number;
  /** Edits that a message older than an hour still takes. */
  lateEditsAllowed: number;
  /** Told with the 429 of 30046: how long to wait. */
  lateEditWaitSeconds: number;
  activeThreadsAllowed: number;
  /** What the bot sent that Discord would not take, or should not be sent. Must stay empty. */
  violations: string[];
  /** Interactions that were not acknowledged in time: the person saw "The application did not respond". */
  timeouts: string[];
  requests: SeenRequest[];
  /** How far the clock was put forward, ms. */
  ahead: number;
  count: number;
}

export function createWorld(): World {
  return {
    users: new Map([[BOT, { id: BOT, name: 'Drover', bot: true, roles: [], closed: false }]]),
    channels: new Map(),
    messages: [],
    ephemerals: [],
    interactions: new Map(),
    commands: [],
    creates: 0,
    lateEditsAllowed: 0,
    lateEditWaitSeconds: 2,
    activeThreadsAllowed: 1000,
    violations: [],
    timeouts: [],
    requests: [],
    ahead: 0,
    count: 0,
  };
}

export function now(world: World): number {
  return Date.now() + world.ahead;
}

/** A snowflake: its upper bits are the time, so that age and order can be read from it. */
export function nextId(world: World): string {
  world.count += 1;
  return String((BigInt(now(world) - EPOCH_MS) << 22n) | BigInt(world.count % 4_194_304));
}

export function userOf(world: World, id: string): FakeUser {
  const user = world.users.get(id);
  if (user === undefined) throw new Error(`the fake Discord has no user ${id}: add it first`);
  return user;
}

export function findMessage(world: World, channel: string, id: string): FakeMessage | null {
  return world.messages.find((message) => message.channel === channel && message.id === id) ?? null;
}

export function newMessage(world: World, fields: Pick<FakeMessage, 'channel' | 'author'> & Partial<FakeMessage>) {
  const message: FakeMessage = {
    id: nextId(world),
    content: '',
    components: [],
    flags: 0,
    files: [],
    nonce: null,
    onlyFor: null,
    createdAt: now(world),
    editedAt: null,
    lateEdits: 0,
    history: [],
    ...fields,
  };
  return message;
}

/** All that a person can read of a message. */
export function textOf({ content, components }: Pick<FakeMessage, 'content' | 'components'>): string {
  const inner = (component: JsonObject): string[] =>
    Object.entries(component).flatMap(([key, value]) => {
      if ((key === 'content' || key === 'label') && typeof value === 'string') return [value];
      const nested = Array.isArray(value) ? value : [value];
      return nested.flatMap((item) =>
        typeof item === 'object' && item !== null && !Array.isArray(item) ? inner(item) : [],
      );
    });
  return [content, ...components.flatMap(inner)].filter((part) => part !== '').join('\n');
}
