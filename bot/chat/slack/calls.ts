/**
 * Calls to Slack's Web API: paced by the limiter, in two lanes with a client each, so that slow progress never holds up an
 * approval. The library's own retries are off: they repeat posts, and on a 429 they stop every call of a client.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { webApi } from '@slack/bolt';
import { mayHaveHappened, OpsError } from '../../../actions/errors.ts';
import type { Lane, Limiter } from './limiter.ts';
import { quietLogger, type SlackLog } from './log.ts';
import { isFatal, type Trouble, toTrouble } from './trouble.ts';

/** ms for one request; the library's default is none at all. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Pauses before another try of a call that may be repeated. */
const RETRY_PAUSES_MS = [300, 1_000, 3_000];
/** A single wait that Slack may ask for; beyond it the caller hears about it. */
const LONGEST_WAIT_MS = 10 * 60_000;

export interface SlackCall {
  method: string;
  channel: string | null;
  lane: () => Lane;
  /** Read when the call is sent, after all waiting. */
  args: () => Record<string, unknown>;
  /** Whether doing it twice is as good as once. A post is not. */
  repeatable: boolean;
}

export interface Calls {
  /** Gives Slack's answer. Throws `SlackAnswerError` for a no, `OpsError` for a world that failed. */
  call(call: SlackCall): Promise<unknown>;
}

export interface CallsOptions {
  token: string;
  /** null: Slack itself. */
  apiUrl: string | null;
  limiter: Limiter;
  log: SlackLog;
  /** The token is worth nothing any more. */
  onFatal(error: Error): void;
}

export function clientOptions(apiUrl: string | null, log: SlackLog): webApi.WebClientOptions {
  return {
    ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
    logger: quietLogger(log),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: REQUEST_TIMEOUT_MS,
    allowAbsoluteUrls: false,
  };
}

export function createCalls({ token, apiUrl, limiter, log, onFatal }: CallsOptions): Calls {
  const clients = {
    urgent: new webApi.WebClient(token, clientOptions(apiUrl, log)),
    progress: new webApi.WebClient(token, { ...clientOptions(apiUrl, log), maxRequestConcurrency: 10 }),
  } satisfies Record<Lane, webApi.WebClient>;

  const once = async ({ method, channel, lane, args }: SlackCall): Promise<unknown> => {
    for (;;) {
      await limiter.turn(method, channel, lane);
      try {
        return await clients[lane()].apiCall(method, args());
      } catch (thrown) {
        const trouble = toTrouble(method, thrown);
        if (trouble.kind !== 'wait') throw reported(trouble, onFatal);
        if (trouble.ms > LONGEST_WAIT_MS)
          throw new OpsError('failed', `calling ${method}: Slack asks to wait ${trouble.ms / 1000} s`);
        log.info(
          `Slack asks to wait ${trouble.ms / 1000} s before the next ${method} in ${channel ?? 'the workspace'}`,
        );
        limiter.pause(method, channel, trouble.ms);
      }
    }
  };

  return {
    call: async (call) => {
      for (const ms of call.repeatable ? RETRY_PAUSES_MS : []) {
        try {
          return await once(call);
        } catch (error) {
          if (!isTransient(error)) throw error;
          log.warn(`${messageOf(error)}; trying again in ${ms} ms`);
          await pause(ms);
        }
      }
      return once(call);
    },
  };
}

function reported(trouble: Exclude<Trouble, { kind: 'wait' }>, onFatal: (error: Error) => void): Error {
  if (isFatal(trouble.error)) onFatal(trouble.error);
  return trouble.error;
}

/** Slack or the way to it failed; the same call may go through later. */
export function isTransient(error: unknown): boolean {
  return error instanceof OpsError && (mayHaveHappened(error.code) || error.code === 'unreachable');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
