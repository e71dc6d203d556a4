/**
 * What the fake Slack knows: people, channels, messages, views, triggers, and what it saw the bot do wrong. Plain state
 * with a few questions; the methods and the driver change it.
 */
import type { JsonObject } from '../../../actions/action.ts';

export const TEAM = 'T0DROVER0';
export const BOT_USER = 'U0DROVER0';
export const BOT_ID = 'B0DROVER0';
export const APP_ID = 'A0DROVER0';

export interface FakeUser {
  id: string;
  name: string;
  /** Another team than TEAM is a Slack Connect outsider. */
  team: string;
  deleted: boolean;
  isBot: boolean;
  /** Multi-channel guest. */
  isRestricted: boolean;
  /** Single-channel guest. */
  isUltraRestricted: boolean;
  isStranger: boolean;
}

export interface FakeChannel {
  id: string;
  kind: 'channel' | 'im';
  members: Set<string>;
}

export interface FakeMessage {
  ts: string;
  channel: string;
  thread: string | null;
  user: string;
  text: string;
  blocks: JsonObject[];
  metadata: JsonObject | null;
  /** Every text that stood there before, oldest first. */
  history: string[];
}

export interface FakeEphemeral {
  channel: string;
  user: string;
  thread: string | null;
  text: string;
  blocks: JsonObject[];
  via: 'chat.postEphemeral' | 'response_url' | 'ack';
}

export interface FakeView {
  id: string;
  hash: string;
  user: string;
  kind: 'modal' | 'home';
  view: JsonObject;
  /** Set by a submission that was answered with errors. */
  errors: Record<string, string>;
  open: boolean;
}

export interface FakeFile {
  id: string;
  name: string;
  content: string;
  channel: string | null;
  thread: string | null;
}

export interface SeenRequest {
  method: string;
  args: JsonObject;
  /** ms since the epoch. */
  at: number;
}

export interface World {
  users: Map<string, FakeUser>;
  channels: Map<string, FakeChannel>;
  groups: Map<string, string[]>;
  messages: FakeMessage[];
  ephemerals: FakeEphemeral[];
  views: FakeView[];
  files: Map<string, FakeFile>;
  statuses: { channel: string; thread: string; status: string }[];
  triggers: Map<string, { user: string; issuedAt: number; used: boolean }>;
  responseUrls: Map<string, { channel: string; user: string; issuedAt: number; uses: number }>;
  /** What the bot sent that Slack would not take, or should not be sent. Must stay empty. */
  violations: string[];
  /** Interactions that were not acknowledged in time: the person saw `operation_timeout`. */
  timeouts: { user: string; what: string }[];
  /** Events that were never acknowledged, after all redeliveries: their messages' ids. */
  undelivered: string[];
  requests: SeenRequest[];
  /** Block types that this workspace does not know yet: new blocks are rolled out in phases. */
  unknownBlocks: Set<string>;
  /** A counter that makes ids and timestamps unique. */
  count: number;
}

export function createWorld(): World {
  return {
    users: new Map(),
    channels: new Map(),
    groups: new Map(),
    messages: [],
    ephemerals: [],
    views: [],
    files: new Map(),
    statuses: [],
    triggers: new Map(),
    responseUrls: new Map(),
    violations: [],
    timeouts: [],
    undelivered: [],
    requests: [],
    unknownBlocks: new Set(),
    count: 0,
  };
}

export function nextId(world: World, prefix: string): string {
  world.count += 1;
  return `${prefix}${world.count.toString(36).toUpperCase().padStart(8, '0')}`;
}

/** A message's id: seconds, and a counter that keeps the order. */
export function nextTs(world: World): string {
  world.count += 1;
  return `${Math.floor(Date.now() / 1000)}.${world.count.toString().padStart(6, '0')}`;
}

export function userOf(world: World, id: string): FakeUser {
  const user = world.users.get(id);
  if (user === undefined) throw new Error(`the fake Slack has no user ${id}: add it first`);
  return user;
}

/** The direct conversation of a person with the bot; made when it is first asked for. */
export function directChannel(world: World, user: string): FakeChannel {
  const id = `D${user.slice(1)}`;
  const known = world.channels.get(id) ?? { id, kind: 'im' as const, members: new Set([user, BOT_USER]) };
  world.channels.set(id, known);
  return known;
}

export function findMessage(world: World, channel: string, ts: string): FakeMessage | null {
  return world.messages.find((message) => message.channel === channel && message.ts === ts) ?? null;
}
