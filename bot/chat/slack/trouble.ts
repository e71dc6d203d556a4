/** What went wrong in a call to Slack, in the words of the rest of Drover. */
import { webApi } from '@slack/bolt';
import { OpsError, type OpsErrorCode } from '../../../actions/errors.ts';

/** Slack's own no: `{ok: false, error}`. Nothing was done. Source of the codes: each method's page on docs.slack.dev. */
export class SlackAnswerError extends Error {
  /** `not_in_channel`, `invalid_blocks` … */
  readonly answer: string;

  constructor(method: string, answer: string) {
    super(`calling ${method}: Slack answers ${answer}`);
    this.name = 'SlackAnswerError';
    this.answer = answer;
  }
}

export type Trouble =
  | { kind: 'wait'; ms: number }
  | { kind: 'answer'; error: SlackAnswerError }
  | { kind: 'world'; error: OpsError };

/** The token will not get better by itself: the program must end and say so. */
const fatalAnswers = new Set([
  'account_inactive',
  'app_uninstalled',
  'invalid_auth',
  'not_authed',
  'team_access_not_granted',
  'team_disabled',
  'token_expired',
  'token_revoked',
  'user_removed_from_team',
]);

/** "It's possible some aspect of the operation succeeded": docs.slack.dev says so of these on every method's page. */
const unclearAnswers = new Set(['fatal_error', 'internal_error', 'request_timeout', 'service_unavailable']);

export function isFatal(error: unknown): boolean {
  if (error instanceof SlackAnswerError) return fatalAnswers.has(error.answer);
  return error instanceof webApi.WebAPIPlatformError && fatalAnswers.has(error.data.error);
}

/** Seconds to wait when Slack says `ratelimited` with HTTP 200 and gives none. */
const DEFAULT_WAIT_MS = 5_000;

/** ms that Slack asked to wait; 0 if it did not. */
export function waitAskedFor(error: unknown): number {
  return error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter * 1000 : 0;
}

export function toTrouble(method: string, error: unknown): Trouble {
  if (error instanceof webApi.WebAPIRateLimitedError) return { kind: 'wait', ms: error.retryAfter * 1000 };
  if (error instanceof webApi.WebAPIPlatformError) {
    const { error: answer, response_metadata } = error.data;
    if (unclearAnswers.has(answer)) {
      return { kind: 'world', error: new OpsError('bad-answer', `calling ${method}: Slack answers ${answer}`) };
    }
    if (answer !== 'ratelimited') return { kind: 'answer', error: new SlackAnswerError(method, answer) };
    return { kind: 'wait', ms: (response_metadata?.retryAfter ?? DEFAULT_WAIT_MS / 1000) * 1000 };
  }
  if (error instanceof webApi.WebAPIHTTPError) {
    const code = error.statusCode >= 500 ? 'bad-answer' : 'failed';
    return { kind: 'world', error: new OpsError(code, `calling ${method}: Slack answers HTTP ${error.statusCode}`) };
  }
  if (error instanceof webApi.WebAPIRequestError) return { kind: 'world', error: fromNetwork(method, error.original) };
  throw error;
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

function fromNetwork(method: string, original: Error): OpsError {
  const cause = original.cause;
  const detail = cause instanceof Error && 'code' in cause ? String(cause.code) : original.message;
  const code: OpsErrorCode = neverConnected.has(detail)
    ? 'unreachable'
    : original.name === 'TimeoutError'
      ? 'timed-out'
      : 'connection-lost';
  return new OpsError(code, `calling ${method}: ${detail}`);
}
