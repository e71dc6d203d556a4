/**
 * The control socket of a running Drover, for the `drover` command on the same machine. A unix socket in the state
 * directory, mode 0600: who can open it owns the state, so the name in `as` is taken at its word.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { streamText } from 'hono/streaming';
import type { Drover } from '../drover.ts';
import type { Terminal } from './platform.ts';
import { Ask, runAsk } from './session.ts';
import { requestView } from './view.ts';

export const controlPath = (stateDir: string) => join(stateDir, 'control.sock');

export async function serveControl(
  drover: Drover,
  terminal: Terminal,
  stateDir: string,
): Promise<{ close(): Promise<void> }> {
  const path = controlPath(stateDir);
  await rm(path, { force: true });
  const server = createServer(getRequestListener(routes(drover, terminal).fetch));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return { close: () => closeServer(server) };
}

function routes(drover: Drover, terminal: Terminal): Hono {
  const app = new Hono();
  app.post('/ask', async (ctx) => {
    const ask = Ask.safeParse(await ctx.req.json());
    if (!ask.success) return ctx.json({ problem: ask.error.message }, 400);
    return streamText(ctx, async (stream) => {
      let written = Promise.resolve<unknown>(undefined);
      const write = (value: object) => {
        written = written.then(() => stream.write(`${JSON.stringify(value)}\n`));
      };
      const ended = await runAsk(drover, terminal, ask.data, (spoken) => write({ kind: 'said', ...spoken }));
      write({ kind: 'ended', ...ended });
      await written;
    });
  });
  app.get('/request/:number', async (ctx) => {
    const view = await requestView(drover, Number(ctx.req.param('number')));
    return view === null ? ctx.json(null, 404) : ctx.json(view);
  });
  return app;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Whether a Drover answers there; a socket file that a dead one left does not count. */
export async function isServing(stateDir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(controlPath(stateDir));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
