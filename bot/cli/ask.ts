/** Hands a request to the Drover that runs here, or runs the journey in this process when none does. */
import { readlinkSync } from 'node:fs';
import http from 'node:http';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { pino } from 'pino';
import { z } from 'zod';
import { CardSchema } from '../chat/card-schema.ts';
import { cardToText } from '../chat/text.ts';
import { type Drover, openDrover } from '../drover.ts';
import { OPERATION_STATES } from '../operations/states.ts';
import { StoreInUse } from '../store/store.ts';
import { controlPath, isServing } from '../terminal/control.ts';
import { createTerminal, type Spoken } from '../terminal/platform.ts';
import { type Ask, type Ended, EXIT, runAsk } from '../terminal/session.ts';
import { RequestView, requestView } from '../terminal/view.ts';
import { type CliContext, failure, loadConfig } from './context.ts';

const Line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('said'), how: z.enum(['post', 'edit', 'whisper']), card: CardSchema }),
  z.object({
    kind: z.literal('ended'),
    exit: z.number(),
    request: z.number().nullable(),
    state: z.enum(OPERATION_STATES).nullable(),
  }),
]);

export async function ask(asked: Ask, ctx: CliContext): Promise<number> {
  const speak = createSpeaker(ctx);
  const atServer = () => askServer(asked, ctx, speak);
  const ended = await reach<Ended>(ctx, atServer, (drover) => askHere(drover, asked, speak), true);
  if (typeof ended === 'number') return ended;
  if (ctx.json) process.stdout.write(`${JSON.stringify({ kind: 'ended', ...ended })}\n`);
  return ended.exit;
}

/** An exit code: there is no such request, or nobody to ask for it; which of them has been said. */
export async function viewRequest(request: number, ctx: CliContext): Promise<RequestView | number> {
  const look = (drover: Drover) => requestView(drover, request);
  const view = await reach<RequestView | null>(ctx, () => viewAtServer(request, ctx), look, false);
  return view ?? failure(`there is no request #${request}`);
}

/** How long a command waits for another one that has the state: longer than one that only looks. */
const PATIENCE_MS = 5000;
const AGAIN_MS = 100;

/** The Drover that runs here, or one in this process; an exit code when there is neither, which has been said. */
async function reach<T>(
  ctx: CliContext,
  atServer: () => Promise<T | number>,
  here: (drover: Drover) => Promise<T>,
  begin: boolean,
): Promise<T | number> {
  for (const end = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))) {
    try {
      return (await isServing(ctx.stateDir)) ? await atServer() : await withDrover(ctx, here, begin);
    } catch (error) {
      if (error instanceof StoreInUse && Date.now() < end) continue;
      return failure(error instanceof Error ? error.message : String(error));
    }
  }
}

async function viewAtServer(request: number, { stateDir }: CliContext): Promise<RequestView | null> {
  const response = await call(stateDir, 'GET', `/request/${request}`, null);
  const text = await textOf(response);
  return response.statusCode === 200 ? RequestView.parse(JSON.parse(text)) : null;
}

/** Opens Drover in this process, with its diagnostics on standard error. */
async function withDrover<T>(
  ctx: CliContext,
  work: (drover: Drover) => Promise<T>,
  begin: boolean,
): Promise<T | number> {
  const config = await loadConfig(ctx);
  if (config === null) return EXIT.usage;
  const log = pino({ level: 'error' }, pino.destination(2));
  const drover = await openDrover({ config, stateDir: ctx.stateDir, log });
  try {
    if (begin) await drover.begin();
    return await work(drover);
  } finally {
    await drover.stop(config.drainSeconds * 1000);
  }
}

async function askHere(drover: Drover, asked: Ask, speak: (spoken: Spoken) => void): Promise<Ended> {
  const terminal = createTerminal();
  drover.addPlatform(terminal);
  return runAsk(drover, terminal, asked, speak);
}

async function askServer(asked: Ask, ctx: CliContext, speak: (spoken: Spoken) => void): Promise<Ended | number> {
  const response = await call(ctx.stateDir, 'POST', '/ask', JSON.stringify(asked));
  try {
    for await (const text of createInterface({ input: response })) {
      const line = Line.parse(JSON.parse(text));
      if (line.kind === 'said') speak(line);
      else return line;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
  }
  failure('the running Drover ended before it answered; what was asked goes on with it: see drover request <number>');
  return EXIT.unknown;
}

function call(stateDir: string, method: string, path: string, body: string | null): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body === null ? {} : { 'content-type': 'application/json' };
    const request = http.request({ socketPath: controlPath(stateDir), method, path, headers }, resolve);
    request.once('error', reject);
    request.end(body ?? undefined);
  });
}

/** Posts in full; of an edit only the lines that are new, so that a terminal shows progress and no repetition. */
function createSpeaker({ json }: CliContext, out: Writable = process.stdout): (spoken: Spoken) => void {
  const shown = new Set<string>();
  return (spoken) => {
    if (json) {
      out.write(`${JSON.stringify({ kind: 'said', ...spoken })}\n`);
      return;
    }
    const lines = cardToText({ ...spoken.card, buttons: [] }, { width: process.stdout.columns ?? 100 }).split('\n');
    const fresh = spoken.how === 'edit' ? lines.filter((line) => !shown.has(line)) : lines;
    for (const line of lines) shown.add(line);
    if (fresh.length > 0) out.write(`${fresh.join('\n')}\n`);
  };
}

/** `pts/0`; `cli` without a terminal. */
export function ttyName(): string {
  try {
    const target = readlinkSync('/proc/self/fd/0');
    return target.startsWith('/dev/') && target !== '/dev/null'
      ? target.slice('/dev/'.length).replace(/[^a-z0-9/]/gi, '')
      : 'cli';
  } catch {
    return 'cli';
  }
}
