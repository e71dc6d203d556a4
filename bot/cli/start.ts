/** `drover start`: runs until SIGTERM or SIGINT, then lets what runs end; SIGHUP reads the policy again. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createWebChat } from '../chat/web/web.ts';
import type { Config } from '../config.ts';
import { type Drover, openDrover } from '../drover.ts';
import { resolveSecret } from '../env.ts';
import { serveControl } from '../terminal/control.ts';
import { createTerminal } from '../terminal/platform.ts';
import { EXIT } from '../terminal/session.ts';
import { type CliContext, failure, loadConfig } from './context.ts';

export async function runStart(_words: string[], ctx: CliContext): Promise<number> {
  const config = await loadConfig(ctx);
  if (config === null) return EXIT.usage;
  const log = pino(pino.destination({ dest: 2, sync: true }));
  let drover: Drover;
  try {
    drover = await openDrover({ config, stateDir: ctx.stateDir, log });
  } catch (error) {
    return failure(`start: ${error instanceof Error ? error.message : String(error)}`);
  }
  const stopped = untilSignal(() => void drover.reloadPolicy());
  const terminal = createTerminal();
  drover.addPlatform(terminal);
  const url = await startWeb(config, drover);
  await drover.begin();
  const control = await serveControl(drover, terminal, ctx.stateDir);
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
  log.info({ host: config.host.uri }, 'ready');

  const signal = await stopped;
  log.info({ signal, graceSeconds: config.drainSeconds }, 'stopping');
  await control.close();
  const left = await drover.stop(config.drainSeconds * 1000);
  if (left.length > 0) log.warn({ requests: left }, 'still running: the next start goes on with them');
  log.flush();
  // What is left is a call that does not answer; its operation is on record and the next start asks about it.
  if (left.length > 0) process.exit(EXIT.done);
  return EXIT.done;
}

async function startWeb({ web, people }: Config, drover: Drover): Promise<string | null> {
  if (web === null) return null;
  const known = people.flatMap(({ name, accounts }) => accounts.web.map((id) => ({ id, name })));
  const chat = createWebChat({
    store: drover.store,
    receive: drover.desk.receive,
    people: () => known,
    channels: web.channels,
    demo: web.demo,
    host: '127.0.0.1',
    port: web.port,
    token: web.token === null ? randomBytes(16).toString('hex') : resolveSecret(web.token),
  });
  drover.addPlatform(chat);
  return (await chat.listen()).url;
}

function untilSignal(reload: () => void): Promise<NodeJS.Signals> {
  process.on('SIGHUP', reload);
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}
