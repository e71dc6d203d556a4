/**
 * Calls to Discord's REST API, each in its lane. discord.js keeps the buckets; its own retries are off, because they come
 * without a pause. Calls that are as good done twice are tried again after growing pauses.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, type RawFile, RESTEvents, RequestMethod } from 'discord.js';
import { OpsError } from '../../../actions/errors.ts';
import type { Lane, Lanes } from './lanes.ts';
import type { DiscordLog } from './log.ts';
import { isTransient, messageOf, toTrouble } from './trouble.ts';

/** Pauses before another try of a call that may be repeated; answers to interactions have 3 s in all. */
const RETRY_PAUSES_MS = [300, 1_000, 3_000];
const QUICK_PAUSES_MS = [100, 300, 600];
/** A single wait that Discord may ask for; beyond it the caller hears about it. */
const LONGEST_WAIT_MS = 10 * 60_000;

export interface DiscordCall {
  method: `${RequestMethod}`;
  path: `/${string}`;
  lane: () => Lane;
  /** Read when the call is sent, after all waiting; null for none. */
  body: () => object | null;
  files?: () => RawFile[];
  query?: URLSearchParams;
  /** Whether doing it twice is as good as once. A post with an enforced nonce is. */
  repeatable: boolean;
  /** The path has a token of its own; the bot's is not sent. */
  hasOwnToken?: boolean;
  /** Not counted by any limit (answers to interactions): it waits for nobody. */
  exempt?: boolean;
  /** Waits that Discord asks for are not sat out but thrown as `failed`. */
  impatient?: boolean;
}

export interface Calls {
  /** Gives Discord's answer. Throws `DiscordAnswerError` for a no, `OpsError` for a world that failed. */
  call(call: DiscordCall): Promise<unknown>;
}

export interface CallsOptions {
  client: Client;
  lanes: Lanes;
  log: DiscordLog;
  /** The token is worth nothing any more. */
  onFatal(error: Error): void;
}

export function createCalls({ client, lanes, log, onFatal }: CallsOptions): Calls {
  client.rest.on(RESTEvents.Response, ({ method, path }, { headers }) => {
    const number = (name: string) => Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN);
    const [limit, remaining, seconds] = [number('limit'), number('remaining'), number('reset-after')];
    if (Number.isNaN(limit + remaining + seconds)) return;
    lanes.observe(bucketOf(method, path), { limit, remaining, resetAfterMs: seconds * 1000 });
  });

  const once = async (call: DiscordCall): Promise<unknown> => {
    const { method, path, lane, hasOwnToken = false, impatient = false, exempt = false } = call;
    const [bucket, name] = [bucketOf(method, path), nameOf(method, path)];
    const run = () => send(client, call);
    for (;;) {
      try {
        return await (exempt ? run() : lanes.run(bucket, lane, run));
      } catch (thrown) {
        if (thrown instanceof OpsError) throw thrown;
        const trouble = toTrouble(name, thrown, !hasOwnToken);
        if (trouble.kind === 'fatal') onFatal(trouble.error);
        if (trouble.kind !== 'wait') throw trouble.error;
        if (impatient || trouble.ms > LONGEST_WAIT_MS)
          throw new OpsError('failed', `calling ${name}: Discord asks to wait ${trouble.ms / 1000} s`);
        log.info(`Discord asks to wait ${trouble.ms / 1000} s before the next ${name}`);
        lanes.pause(trouble.global ? null : bucket, trouble.ms);
      }
    }
  };

  return {
    call: async (call) => {
      const pauses = call.exempt === true ? QUICK_PAUSES_MS : RETRY_PAUSES_MS;
      for (const ms of call.repeatable ? pauses : []) {
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

const methods = {
  GET: RequestMethod.Get,
  POST: RequestMethod.Post,
  PATCH: RequestMethod.Patch,
  PUT: RequestMethod.Put,
  DELETE: RequestMethod.Delete,
} satisfies Record<`${RequestMethod}`, RequestMethod>;

/** Without the token of an interaction, which must not get into a log. */
function nameOf(method: string, path: string): string {
  return `${method} ${path.replace(/^\/(webhooks|interactions)\/(\d+)\/[^/]+/, '/$1/$2/…')}`;
}

/** Discord counts by route and by channel (or guild, or token); ids of messages and commands make no difference. */
function bucketOf(method: string, path: string): string {
  return `${method} ${path.replace(/\/(messages|commands)\/[^/]+/g, '/$1/:id')}`;
}

function send(
  client: Client,
  { method, path, body, files, query, hasOwnToken = false }: DiscordCall,
): Promise<unknown> {
  const [content, attached] = [body(), files?.() ?? []];
  return client.rest.request({
    method: methods[method],
    fullRoute: path,
    auth: !hasOwnToken,
    ...(content === null ? {} : { body: content }),
    ...(attached.length === 0 ? {} : { files: attached }),
    ...(query === undefined ? {} : { query }),
  });
}
