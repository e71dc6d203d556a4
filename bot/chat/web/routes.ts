/** The web chat's addresses. Each checks who asks and what, hands on, and answers; nothing is decided here. */
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import { type PageFile, pageFile, readPageFiles } from './files.ts';
import { createTokenGate, ownHostOnly, ownPageOnly, safeHeaders } from './gate.ts';
import type { Handled, Incoming, Sender } from './incoming.ts';
import { LIMITS } from './limits.ts';
import type { MessagePage } from './messages.ts';
import type { Rate } from './rate.ts';
import { LineRequest, OlderRequest, PressRequest } from './requests.ts';

export interface RoutePorts {
  token: string;
  people: () => { id: string; name: string }[];
  channels: string[];
  incoming: Incoming;
  rate: Rate;
  openStream(person: string, lastId: string | null): ReadableStream<Uint8Array> | null;
  older(channel: string, before: string): Promise<MessagePage>;
  report(error: unknown): void;
}

type Env = { Variables: { person: string } };

export function createRoutes(ports: RoutePorts): Hono<Env> {
  const { token, people, channels, incoming, openStream } = ports;
  const app = new Hono<Env>();
  const gate = createTokenGate(token);
  const files = readPageFiles();
  const [page, wrongAddress] = [pageFile('page.html'), pageFile('wrong-address.html')];
  // A header holds no letters beyond Latin-1, so the id comes encoded; an event stream cannot send headers at all.
  const signedIn = signedInAs(
    (header, query) => people().find(({ id }) => encodeURIComponent(id) === header || id === query)?.id ?? null,
  );
  const sends = [ownPageOnly, gate.cookieOnly, limitBody, signedIn, limitRate(ports.rate)] as const;

  app.use(safeHeaders, ownHostOnly);
  app.onError((error, c) => {
    ports.report(error);
    return c.json({ error: 'Drover could not take this. Its log says why; you may try again.' }, 500);
  });
  app.notFound((c) => c.json({ error: 'there is nothing at this address' }, 404));

  app.get('/', (c) => (gate.admits(c) ? sendFile(c, page) : sendFile(c, wrongAddress, 403)));
  for (const [path, file] of files) app.get(path, (c) => sendFile(c, file));
  app.get('/session', gate.cookieOnly, (c) => c.json({ people: people(), channels, lineLength: LIMITS.lineLength }));
  app.get('/events', ownPageOnly, gate.cookieOnly, signedIn, (c) => {
    const stream = openStream(c.get('person'), c.req.header('Last-Event-ID') ?? c.req.query('after') ?? null);
    if (stream === null) return c.json({ error: 'too many pages are open; close one' }, 503);
    return c.body(stream, 200, { 'Content-Type': 'text/event-stream' });
  });
  app.get('/messages', ownPageOnly, gate.cookieOnly, signedIn, async (c) => {
    const asked = OlderRequest.safeParse(c.req.query());
    if (!asked.success || !channels.includes(asked.data.channel)) return c.json({ error: 'no such messages' }, 400);
    return c.json(await ports.older(asked.data.channel, asked.data.before));
  });
  app.post('/lines', ...sends, async (c) => {
    const line = await read(c, LineRequest);
    if (line === null) return c.json({ error: `a line has 1 to ${LIMITS.lineLength} characters` }, 400);
    if (!channels.includes(line.channel)) return c.json({ error: `there is no channel ${line.channel}` }, 404);
    return answer(c, await incoming.line(line, senderOf(c)));
  });
  app.post('/presses', ...sends, async (c) => {
    const press = await read(c, PressRequest);
    if (press === null) return c.json({ error: `an answer has at most ${LIMITS.lineLength} characters` }, 400);
    return answer(c, await incoming.press(press, senderOf(c)));
  });
  return app;
}

/** The page says in each request who its person is: two tabs can be two people. Demo mode only. */
function signedInAs(find: (header: string | null, query: string | null) => string | null): MiddlewareHandler<Env> {
  return async (c, next) => {
    const id = find(c.req.header('X-Drover-Person') ?? null, c.req.query('as') ?? null);
    if (id === null) return c.json({ error: 'say first who you are' }, 401);
    c.set('person', id);
    return next();
  };
}

function limitRate(rate: Rate): MiddlewareHandler<Env> {
  return async (c, next) => {
    const waitMs = rate.take(c.get('person'));
    if (waitMs === 0) return next();
    const seconds = Math.ceil(waitMs / 1000);
    const error = `that is more than ${LIMITS.linesPerWindow} in ${LIMITS.rateWindowMs / 1000} s; go on in ${seconds} s`;
    return c.json({ error }, 429, { 'Retry-After': String(seconds) });
  };
}

const limitBody = bodyLimit({
  maxSize: LIMITS.bodyBytes,
  onError: (c) => c.json({ error: `this is larger than ${LIMITS.bodyBytes / 1024} KiB` }, 413),
});

/** null for anything but the JSON that is asked for. A form of another site cannot send this media type. */
async function read<S extends z.ZodType>(c: Context<Env>, schema: S): Promise<z.output<S> | null> {
  if (c.req.header('Content-Type') !== 'application/json') return null;
  const body: unknown = await c.req.json().catch(() => null);
  const parsed = schema.safeParse(body);
  return parsed.success ? parsed.data : null;
}

function answer(c: Context<Env>, handled: Handled): Response {
  switch (handled.kind) {
    case 'handled':
      return c.json({ message: handled.message }, 202);
    case 'missing':
      return c.json({ error: handled.what }, 404);
  }
}

function senderOf(c: Context<Env>): Sender {
  return { person: c.get('person'), address: getConnInfo(c).remote.address ?? null };
}

function sendFile(c: Context, { body, type }: PageFile, status: 200 | 403 = 200): Response {
  return c.body(body, status, { 'Content-Type': type });
}
