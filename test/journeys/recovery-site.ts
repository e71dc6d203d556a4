/** A Drover that is killed and started again on one state directory, on a lab host whose guests need no boot. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Verb } from '../../bot/chat/card.ts';
import type { Lab } from '../lab/lab.ts';
import { PEOPLE } from '../lab/site.ts';

const CLI = fileURLToPath(new URL('../../bot/cli.ts', import.meta.url));
const KILL_AT = new URL('./recovery-kill-at.ts', import.meta.url);
const Ready = z.object({ ready: z.literal(true), url: z.string() });

/** When the process gets kill -9: see recovery-kill-at.ts. */
export type Moment = { before: string } | { after: string };

export interface Life {
  child: ChildProcess;
  /** Resolves when it is ready; null: it ended before. */
  ready: Promise<string | null>;
  gone: Promise<void>;
}

export interface RecoverySite {
  stateDir: string;
  start(moment?: Moment): Life;
  /** As a person in the web chat's channel ops; gives the id of the line. Throws when Drover goes away meanwhile. */
  say(url: string, person: string, text: string): Promise<string>;
  press(url: string, person: string, press: Press): Promise<void>;
  /** All that this person's page is told from now on, as it comes. */
  listen(url: string, person: string): Promise<{ heard(): string; leave(): void }>;
  /** Runs `drover …` to its end. */
  run(...words: string[]): Promise<{ exit: number; output: string }>;
  /** What the process said on standard error, in all its lives. */
  diagnostics(): Promise<string>;
  /** Ends what still lives of it, too. */
  remove(): Promise<void>;
}

export interface Press {
  /** Of the card with the button. */
  message: string;
  request: number;
  digest: string;
  verb: Verb;
  input: string;
}

export interface RecoveryOptions {
  /** Instead of the lab's own: a proxy's. */
  uri?: string;
  drainSeconds?: number;
}

export async function makeRecoverySite(lab: Lab, image: string, options: RecoveryOptions = {}): Promise<RecoverySite> {
  const { uri = lab.uri, drainSeconds = 20 } = options;
  const directory = await mkdtemp(join(tmpdir(), 'drover-recovery-'));
  const stateDir = join(directory, 'state');
  const configPath = join(directory, 'drover.yaml');
  const errors = join(directory, 'stderr');
  const token = randomUUID().replaceAll('-', '');
  await writeFile(join(directory, 'token'), token, { mode: 0o600 });
  const host = `uri: "${uri}", virtType: qemu, image: ${image}, serialDir: ${lab.serialDir}, readySeconds: 1`;
  const web = `port: ${await freePort()}, channels: [ops], demo: true, token: "file:${join(directory, 'token')}"`;
  await writeFile(configPath, `host: { ${host} }\npeople:${PEOPLE}\nweb: { ${web} }\ndrainSeconds: ${drainSeconds}\n`);
  const lives = new Set<Life>();
  const flags = ['--config', configPath, '--state', stateDir];

  async function enter(url: string): Promise<string> {
    const entered = await fetch(url);
    await entered.text();
    return (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  }

  async function listen(url: string, person: string) {
    const leaving = new AbortController();
    const sent = { headers: { cookie: await enter(url) }, signal: leaving.signal };
    const { body } = await fetch(new URL(`/events?as=${person}`, url), sent);
    let heard = '';
    const follow = async () => {
      for await (const chunk of body ?? []) heard += Buffer.from(chunk).toString();
    };
    follow().catch(() => {}); // its Drover may be gone
    return { heard: () => heard, leave: () => leaving.abort() };
  }

  async function post(url: string, person: string, path: string, body: object): Promise<string> {
    const headers = { cookie: await enter(url), 'x-drover-person': person, 'content-type': 'application/json' };
    const sent = { method: 'POST', headers, body: JSON.stringify({ id: randomUUID(), ...body }) };
    const response = await fetch(new URL(path, url), sent);
    const answer = await response.text();
    if (!response.ok) throw new Error(`${person} at ${path}: ${response.status} ${answer}`);
    return z.object({ message: z.string() }).parse(JSON.parse(answer)).message;
  }

  return {
    stateDir,
    start(moment) {
      const log = openSync(errors, 'a');
      const preload = moment === undefined ? [] : ['--import', `${KILL_AT.href}?${new URLSearchParams({ ...moment })}`];
      const child = spawn(process.execPath, [...preload, CLI, 'start', ...flags], { stdio: ['ignore', 'pipe', log] });
      closeSync(log);
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const life = { child, gone, ready: readUrl(child) };
      lives.add(life);
      void gone.then(() => lives.delete(life));
      return life;
    },
    say: (url, person, text) => post(url, person, '/lines', { channel: 'ops', thread: null, text }),
    press: async (url, person, press) => void (await post(url, person, '/presses', press)),
    listen,
    run: (...words) => runToEnd([CLI, ...words, ...flags]),
    diagnostics: () => readFile(errors, 'utf8'),
    async remove() {
      for (const { child } of lives) child.kill('SIGKILL');
      await Promise.all([...lives].map(({ gone }) => gone));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function readUrl(child: ChildProcess): Promise<string | null> {
  if (child.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) return Ready.parse(JSON.parse(line)).url;
  return null;
}

export function runToEnd(words: string[]): Promise<{ exit: number; output: string }> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => child.once('close', (exit) => resolve({ exit: exit ?? -1, output })));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
