/**
 * `drover start`: runs until SIGTERM or SIGINT, then lets what runs end; SIGHUP reads the policy again. A platform that
 * refuses Drover for good ends it with a failure, so that its supervisor notices.
 */
import { type Logger, pino } from 'pino';
import { type Drover, openDrover } from '../drover.ts';
import { startPlatforms } from '../platforms/platforms.ts';
import { serveControl } from '../terminal/control.ts';
import { createTerminal } from '../terminal/platform.ts';
import { EXIT } from '../terminal/session.ts';
import { type CliContext, failure, loadConfig } from './context.ts';

type Ending = { kind: 'signal'; signal: NodeJS.Signals } | { kind: 'fatal'; error: Error };

export async function runStart(_words: string[], ctx: CliContext): Promise<number> {
  const config = await loadConfig(ctx);
  if (config === null) return EXIT.usage;
  const log = pino(pino.destination({ dest: 2, sync: true }));
  const ending = Promise.withResolvers<Ending>();
  let drover: Drover;
  try {
    drover = await openDrover({ config, stateDir: ctx.stateDir, log });
  } catch (error) {
    return failure(`start: ${messageOf(error)}`);
  }
  onSignals(drover, (signal) => ending.resolve({ kind: 'signal', signal }));
  const closing: (() => Promise<void>)[] = [];
  try {
    const terminal = createTerminal();
    drover.addPlatform(terminal);
    const onFatal = (error: Error) => ending.resolve({ kind: 'fatal', error });
    const url = await startPlatforms({ config, drover, log, onFatal });
    await drover.begin();
    const control = await serveControl(drover, terminal, ctx.stateDir);
    closing.push(() => control.close());
    process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
    log.info({ host: config.host.uri }, 'ready');
  } catch (error) {
    ending.resolve({ kind: 'fatal', error: new Error(`start: ${messageOf(error)}`) });
  }
  const ended = await ending.promise;
  for (const close of closing) await close();
  return stop(drover, ended, config.drainSeconds, log);
}

async function stop(drover: Drover, ended: Ending, graceSeconds: number, log: Logger): Promise<number> {
  const why = ended.kind === 'signal' ? { signal: ended.signal } : { err: ended.error };
  log[ended.kind === 'signal' ? 'info' : 'fatal']({ ...why, graceSeconds }, 'stopping');
  const left = await drover.stop(graceSeconds * 1000);
  if (left.length > 0) log.warn({ requests: left }, 'still running: the next start goes on with them');
  log.flush();
  const exit = ended.kind === 'signal' ? EXIT.done : EXIT.failed;
  // What is left is a call that does not answer; its operation is on record and the next start asks about it.
  if (left.length > 0) process.exit(exit);
  return exit;
}

function onSignals(drover: Drover, end: (signal: NodeJS.Signals) => void): void {
  process.on('SIGHUP', () => void drover.reloadPolicy());
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
