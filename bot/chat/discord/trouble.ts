/** What went wrong in a call to Discord, in the words of the rest of Drover. */
import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { OpsError, type OpsErrorCode } from '../../../actions/errors.ts';

/** Discord's own no. Nothing was done. Codes: docs.discord.com/developers/topics/opcodes-and-status-codes#json */
export class DiscordAnswerError extends Error {
  readonly code: number;
  /** HTTP status. */
  readonly status: number;

  constructor(call: string, code: number, status: number, message: string) {
    super(`calling ${call}: Discord answers ${code} (${message})`);
    this.name = 'DiscordAnswerError';
    this.code = code;
    this.status = status;
  }
}

export const answers = {
  unknownChannel: 10_003,
  unknownMessage: 10_008,
  unknownWebhook: 10_015,
  unknownInteraction: 10_062,
  tooManyOldEdits: 30_046,
  alreadyAcknowledged: 40_060,
  missingAccess: 50_001,
  missingPermissions: 50_013,
  invalidToken: 50_027,
  archivedThread: 50_083,
  threadExists: 160_004,
  tooManyThreads: 160_006,
} as const;

export function isAnswer(error: unknown, ...codes: number[]): error is DiscordAnswerError {
  return error instanceof DiscordAnswerError && codes.includes(error.code);
}

export type Trouble =
  | { kind: 'wait'; ms: number; global: boolean }
  | { kind: 'error'; error: DiscordAnswerError | OpsError }
  /** The token is worth nothing any more. */
  | { kind: 'fatal'; error: Error };

/** `authorized`: whether the bot's own token was sent; only then a 401 is about it. */
export function toTrouble(call: string, error: unknown, authorized: boolean): Trouble {
  if (error instanceof RateLimitError) {
    return { kind: 'wait', ms: Math.max(error.retryAfter, error.timeToReset, 0), global: error.global };
  }
  if (error instanceof DiscordAPIError) {
    const { status, code, message } = error;
    if (status === 401 && authorized) return { kind: 'fatal', error: refused(call) };
    return { kind: 'error', error: new DiscordAnswerError(call, Number(code), status, message) };
  }
  if (error instanceof HTTPError) {
    const code: OpsErrorCode = error.status >= 500 ? 'bad-answer' : 'failed';
    return { kind: 'error', error: new OpsError(code, `calling ${call}: Discord answers HTTP ${error.status}`) };
  }
  // discord.js forgets the token after one 401, and says so at every later call.
  if (error instanceof Error && error.message.startsWith('Expected token to be set')) {
    return { kind: 'fatal', error: refused(call) };
  }
  return { kind: 'error', error: fromNetwork(call, error) };
}

function refused(call: string): Error {
  return new Error(`calling ${call}: Discord answers 401, the token is not valid; put a new one into DISCORD_TOKEN`);
}

/** Never connected: no effect. Anything later: the effect may have happened. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function fromNetwork(call: string, error: unknown): OpsError {
  if (!(error instanceof Error)) throw error;
  const codes = [error, error.cause].map((one) => (one instanceof Error && 'code' in one ? String(one.code) : ''));
  const detail = codes.find((code) => code !== '' && code !== '20') ?? error.message;
  if (error.name === 'AbortError') return new OpsError('timed-out', `calling ${call}: no answer in time`);
  if (neverConnected.has(detail)) return new OpsError('unreachable', `calling ${call}: ${detail}`);
  if (detail.startsWith('UND_ERR') || /^E[A-Z]+$/.test(detail) || error.name === 'TypeError') {
    return new OpsError('connection-lost', `calling ${call}: ${detail}`);
  }
  throw error;
}

/** Discord or the way to it failed; the same call may go through later. */
export function isTransient(error: unknown): boolean {
  const codes: OpsErrorCode[] = ['timed-out', 'connection-lost', 'unreachable', 'bad-answer'];
  return error instanceof OpsError && codes.includes(error.code);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
