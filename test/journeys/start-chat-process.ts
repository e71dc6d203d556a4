/** Starts `chat-process.ts` for a test or a bench, and ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChatProcessOptions } from './chat-process.ts';

/** Characters of a program's diagnostics that are kept. */
const MOST_SAID = 20_000;
const PROGRAM = fileURLToPath(new URL('./chat-process.ts', import.meta.url));

export interface ChatProcess {
  child: ChildProcess;
  /** The end of its standard error. */
  said(): string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Lets it end by itself. */
  stop(): Promise<void>;
}

/** Ends when it is ready. `env`: addresses and tokens of the platforms. */
export function startChatProcess(options: ChatProcessOptions, env: Record<string, string>): Promise<ChatProcess> {
  return startProgram([PROGRAM, JSON.stringify(options)], env);
}

/** Any program of Node that says `ready`. Throws when it ends before. */
export async function startProgram(words: string[], env: Record<string, string>): Promise<ChatProcess> {
  const child = spawn(process.execPath, words, {
    // The program ends when its standard input does: it does not outlive whoever started it.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MOST_SAID);
  });
  const exited = once(child, 'exit');
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  if (!(await saysReady(child))) throw new Error(`${words[0]} ended before it was ready: ${said}`);
  return { child, said: () => said, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

async function saysReady(child: ChildProcess): Promise<boolean> {
  if (child.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) if (line === 'ready') return true;
  return false;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('listening on loopback gave no port');
  return address.port;
}
