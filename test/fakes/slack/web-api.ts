/** Answers one HTTP request of the bot: token, faults, schema, method. The order is Slack's: faults come first. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Json, JsonObject } from '../../../actions/action.ts';
import { isObject, objects, optionalText, SlackFailure } from './failure.ts';
import type { Fault, Faults } from './faults.ts';
import type { MethodContext } from './method.ts';
import { methods } from './methods.ts';

/** Arguments that the client sends as JSON inside a form field. */
const JSON_FIELDS = new Set(['blocks', 'view', 'metadata', 'attachments', 'files', 'loading_messages', 'chunks']);
const RESPONSE_URL_USES = 5;
const RESPONSE_URL_LIFE_MS = 30 * 60_000;

export interface WebApiOptions {
  ctx: MethodContext;
  faults: Faults;
  /** Tokens that are valid now. */
  tokens: { bot: string; app: string };
  /** Why this call is too early, in seconds to wait; null if it is not. */
  tooEarly(method: string, channel: string | null): number | null;
}

export async function answerRequest(
  options: WebApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://fake').pathname;
  const body = await readBody(request);
  const [, kind, name = ''] = path.split('/');
  if (kind === 'api') return answerMethod(options, name, request, body, response);
  if (kind === 'response') return answerResponseUrl(options, name, body, response);
  if (kind === 'upload') return answerUpload(options, name, body, response);
  reply(response, 404, { ok: false, error: 'unknown_method' });
}

async function answerMethod(
  options: WebApiOptions,
  method: string,
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const { ctx, faults } = options;
  const args = decode(body);
  const channel = optionalText(args, 'channel') ?? optionalText(args, 'channel_id');
  ctx.world.requests.push({ method, args, at: Date.now() });
  const fault = faults.take(method, channel);
  if (fault?.delay !== undefined) await pause(fault.delay);
  if (fault !== null && failBefore(fault, response)) return;
  const early = options.tooEarly(method, channel);
  if (early !== null) return tooMany(response, early);
  const answer = callMethod(options, method, request, args);
  if (fault?.dropAfter === true) response.destroy();
  else reply(response, 200, answer);
}

/** Gives whether the fault already ended the request. */
function failBefore(fault: Fault, response: ServerResponse): boolean {
  if (fault.error !== undefined && fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
  if (fault.drop === true) response.destroy();
  else if (fault.error !== undefined) reply(response, 200, { ok: false, error: fault.error });
  else if (fault.retryAfter !== undefined) tooMany(response, fault.retryAfter);
  else if (fault.status !== undefined) reply(response, fault.status, { ok: false });
  else return false;
  return true;
}

function callMethod(
  { ctx, tokens }: WebApiOptions,
  method: string,
  request: IncomingMessage,
  args: JsonObject,
): JsonObject {
  try {
    const given = request.headers.authorization?.replace('Bearer ', '') ?? optionalText(args, 'token') ?? '';
    if (given !== (method === 'apps.connections.open' ? tokens.app : tokens.bot))
      throw new SlackFailure('invalid_auth');
    const run = methods[method];
    if (run === undefined) throw new SlackFailure('unknown_method');
    // The copy, because the check turns '200' into 200 in place.
    const wrong = ctx.schemas.checkRequest(method, structuredClone(args));
    const answer = run(args, ctx);
    ctx.world.violations.push(...wrong.map((why) => `${method}: ${why}`));
    return { ok: true, ...answer };
  } catch (failure) {
    if (failure instanceof SlackFailure) return { ok: false, error: failure.error };
    throw failure;
  }
}

function answerResponseUrl({ ctx }: WebApiOptions, id: string, body: string, response: ServerResponse): void {
  const { world } = ctx;
  const address = world.responseUrls.get(id);
  const expired = address === undefined || Date.now() - address.issuedAt > RESPONSE_URL_LIFE_MS;
  if (expired || address.uses >= RESPONSE_URL_USES) {
    reply(response, 404, { ok: false, error: 'used_url' });
    return;
  }
  address.uses += 1;
  const args = asObject(JSON.parse(body));
  const content = { text: optionalText(args, 'text') ?? '', blocks: objects(args, 'blocks') };
  const { channel, user } = address;
  world.ephemerals.push({ channel, user, thread: optionalText(args, 'thread_ts'), ...content, via: 'response_url' });
  reply(response, 200, { ok: true });
}

function answerUpload({ ctx }: WebApiOptions, id: string, body: string, response: ServerResponse): void {
  const file = ctx.world.files.get(id);
  if (file !== undefined) file.content = body;
  reply(response, file === undefined ? 404 : 200, { ok: file !== undefined });
}

function decode(body: string): JsonObject {
  const fields = [...new URLSearchParams(body)];
  return Object.fromEntries(fields.map(([name, value]) => [name, JSON_FIELDS.has(name) ? JSON.parse(value) : value]));
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function tooMany(response: ServerResponse, seconds: number): void {
  response.setHeader('retry-after', String(seconds));
  reply(response, 429, { ok: false, error: 'ratelimited' });
}

function reply(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
