/** Answers one HTTP request of the bot: fault, rate limit, token, description, rules, effect. The order is Discord's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Json, JsonObject } from '../../../actions/action.ts';
import { DiscordFailure, failures, isObject } from './failure.ts';
import type { Fault, Faults } from './faults.ts';
import type { Rates } from './rates.ts';
import { type Call, findRoute, type Match, majorOf, type Route } from './routes.ts';
import type { Spec } from './spec.ts';
import type { FakeInteraction, World } from './world.ts';

const BASE = '/api/v10';

export interface RestOptions {
  world: World;
  spec: Spec;
  faults: Faults;
  rates: Rates;
  routes: Route[];
  token: () => string;
  ackDeadlineMs: number;
  acknowledged(interaction: FakeInteraction): void;
}

interface Reply {
  status: number;
  body: Json;
  headers?: Record<string, string>;
}

export async function answerRequest(options: RestOptions, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://fake');
  const method = request.method ?? 'GET';
  const path = decodeURIComponent(url.pathname).replace(BASE, '');
  const { body, files } = await readBody(request);
  const seen = { method, path, body, status: 0, at: Date.now() };
  options.world.requests.push(seen);
  const fault = options.faults.take(method, path);
  if (fault?.delay !== undefined) await pause(fault.delay);
  if (fault?.drop === true) return void response.destroy();
  const reply = faulty(fault) ?? answer(options, method, path, url, request, body, files);
  seen.status = reply.status;
  if (fault?.dropAfter === true) response.destroy();
  else send(response, reply);
}

function faulty(fault: Fault | null): Reply | null {
  if (fault?.retryAfter !== undefined) return tooMany(fault.retryAfter, fault.global === true, {});
  if (fault?.status === undefined) return null;
  return { status: fault.status, body: { code: fault.code ?? 0, message: `as told: ${fault.status}` } };
}

function answer(
  options: RestOptions,
  method: string,
  path: string,
  url: URL,
  request: IncomingMessage,
  body: Json,
  files: Call['files'],
): Reply {
  const { world, rates } = options;
  try {
    const match = findRoute(options.routes, method, path);
    if (match === null) {
      world.violations.push(`${method} ${path} is no route that the fake knows`);
      throw failures.unknownRoute();
    }
    const verdict = rates.check(match.route.route, majorOf(match.params));
    if (verdict.kind === 'limited') return tooMany(verdict.retryAfter, verdict.global, verdict.headers);
    if (match.route.auth && request.headers.authorization !== `Bot ${options.token()}`) throw failures.unauthorized();
    return { ...run(options, match, url, body, files), headers: verdict.headers };
  } catch (failure) {
    if (!(failure instanceof DiscordFailure)) throw failure;
    const { code, message, errors } = failure;
    const wait = options.world.lateEditWaitSeconds;
    const more = failure.status === 429 ? { retry_after: wait, global: false } : {};
    return {
      status: failure.status,
      body: { code, message, ...(errors === null ? {} : { errors }), ...more },
      headers: failure.status === 429 ? { 'retry-after': String(wait) } : {},
    };
  }
}

function run(options: RestOptions, { route, params }: Match, url: URL, body: Json, files: Call['files']): Reply {
  const { world, spec, ackDeadlineMs, acknowledged } = options;
  const refuse = (wrong: string[]) => {
    if (wrong.length === 0) return;
    world.violations.push(...wrong.map((why) => `${route.route}: ${why}`));
    throw failures.invalidForm(wrong);
  };
  if (route.schemas.length > 0) refuse(spec.check(route.schemas, body));
  const call = { world, params, query: url.searchParams, body: isObject(body) ? body : {}, files, ackDeadlineMs };
  return route.run({ ...call, refuse, acknowledged });
}

function tooMany(seconds: number, global: boolean, headers: Record<string, string>): Reply {
  const all = { ...headers, 'retry-after': String(seconds), ...(global ? { 'x-ratelimit-global': 'true' } : {}) };
  return { status: 429, body: { message: 'You are being rate limited.', retry_after: seconds, global }, headers: all };
}

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  // A 204 must not carry a content type: discord.js would parse its empty body as JSON.
  const type = status === 204 ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers }).end(status === 204 ? '' : JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<{ body: Json; files: Call['files'] }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const raw = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (raw.length === 0) return { body: null, files: [] };
  if (!type.startsWith('multipart/')) return { body: z.json().parse(JSON.parse(raw.toString('utf8'))), files: [] };
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
  const files = [...form].flatMap(([name, part]) => (typeof part === 'string' ? [] : [{ name, part }]));
  const payload: JsonObject = z
    .record(z.string(), z.json())
    .parse(JSON.parse(String(form.get('payload_json') ?? '{}')));
  const read = files.map(async ({ part }) => ({ name: part.name, text: await part.text() }));
  return { body: payload, files: await Promise.all(read) };
}
