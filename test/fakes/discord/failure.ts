/** How the fake Discord says no, and readers of JSON that make it do so. Source: docs.discord.com/developers/topics/opcodes-and-status-codes */
import type { Json, JsonObject } from '../../../actions/action.ts';

export class DiscordFailure extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: JsonObject | null;

  constructor(status: number, code: number, message: string, errors: JsonObject | null = null) {
    super(message);
    this.name = 'DiscordFailure';
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

export const failures = {
  unauthorized: () => new DiscordFailure(401, 0, '401: Unauthorized'),
  unknownRoute: () => new DiscordFailure(404, 0, '404: Not Found'),
  unknownChannel: () => new DiscordFailure(404, 10003, 'Unknown Channel'),
  unknownMessage: () => new DiscordFailure(404, 10008, 'Unknown Message'),
  unknownMember: () => new DiscordFailure(404, 10007, 'Unknown Member'),
  unknownWebhook: () => new DiscordFailure(404, 10015, 'Unknown Webhook'),
  unknownInteraction: () => new DiscordFailure(404, 10062, 'Unknown interaction'),
  unknownCommand: () => new DiscordFailure(404, 10063, 'Unknown application command'),
  tooManyCreates: () =>
    new DiscordFailure(429, 30034, 'Max number of daily application command creates has been reached'),
  tooManyOldEdits: () =>
    new DiscordFailure(429, 30046, 'Maximum number of edits to messages older than 1 hour reached. Try again later.'),
  alreadyAcknowledged: () => new DiscordFailure(400, 40060, 'Interaction has already been acknowledged.'),
  missingAccess: () => new DiscordFailure(403, 50001, 'Missing Access'),
  othersMessage: () => new DiscordFailure(403, 50005, 'Cannot edit a message authored by another user'),
  closedDms: () => new DiscordFailure(403, 50007, 'Cannot send messages to this user'),
  missingPermissions: () => new DiscordFailure(403, 50013, 'Missing Permissions'),
  invalidToken: () => new DiscordFailure(401, 50027, 'Invalid Webhook Token'),
  archivedThread: () => new DiscordFailure(400, 50083, 'Tried to perform an operation on an archived thread'),
  threadExists: () => new DiscordFailure(400, 160004, 'A thread has already been created for this message'),
  tooManyThreads: () => new DiscordFailure(400, 160006, 'Maximum number of active threads reached'),
  invalidForm: (wrong: string[]) =>
    new DiscordFailure(400, 50035, 'Invalid Form Body', {
      _errors: wrong.map((message) => ({ code: 'BASE_TYPE_INVALID', message })),
    }),
} as const;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(object: JsonObject, key: string): string | null {
  const value = object[key];
  return typeof value === 'string' ? value : null;
}

export function number(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === 'number' ? value : null;
}

export function objects(object: JsonObject, key: string): JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function strings(object: JsonObject, key: string): string[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
