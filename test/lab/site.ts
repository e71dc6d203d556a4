/** A Drover as an operator runs it: the program with a config file on a lab host, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const CLI = fileURLToPath(new URL('../../bot/cli.ts', import.meta.url));
const Ready = z.object({ ready: z.literal(true), url: z.string() });

export interface SiteOptions {
  uri: string;
  image: string;
  serialDir: string;
  /** Lines of YAML that replace the people of the demonstration. */
  people?: string;
  port?: number;
}

export interface Site {
  stateDir: string;
  configPath: string;
  /** Starts the program and waits until it is ready. The same address after every start. */
  start(): Promise<{ url: string; child: ChildProcess }>;
  /** Runs `drover …` to its end, whatever its exit code. */
  run(...words: string[]): Promise<{ exit: number; output: string }>;
  remove(): Promise<void>;
}

export const PEOPLE = `
  - { name: alice, groups: [team-a], accounts: { web: alice } }
  - { name: bob, groups: [approvers], accounts: { web: bob } }
  - { name: carol, groups: [approvers, operators], accounts: { web: carol } }
  - { name: dave, groups: [approvers], accounts: { web: dave } }`;

export async function makeSite({ uri, image, serialDir, people = PEOPLE, port = 0 }: SiteOptions): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'drover-site-'));
  const stateDir = join(directory, 'state');
  const configPath = join(directory, 'drover.yaml');
  const token = join(directory, 'token');
  await writeFile(token, crypto.randomUUID().replaceAll('-', ''), { mode: 0o600 });
  await writeFile(
    configPath,
    `# A lab: a private libvirtd with guests under emulation.
host: { uri: "${uri}", virtType: qemu, pool: default, image: ${image}, serialDir: ${serialDir} }
people:${people}
web: { port: ${port}, channels: [ops, team-a], demo: true, token: "file:${token}" }
drainSeconds: 20
`,
  );
  const flags = ['--config', configPath, '--state', stateDir];
  return {
    stateDir,
    configPath,
    start: () => startProgram(flags),
    run: (...words) => runProgram([...words, ...flags]),
    remove: () => rm(directory, { recursive: true }),
  };
}

async function startProgram(flags: string[]): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [CLI, 'start', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = await Promise.race([
    createInterface({ input: child.stdout })
      [Symbol.asyncIterator]()
      .next()
      .then(({ value }) => [value]),
    new Promise<[]>((resolve) => child.once('exit', () => resolve([]))),
  ]);
  if (typeof first !== 'string') throw new Error(`drover start ended with ${child.exitCode} before it was ready`);
  return { url: Ready.parse(JSON.parse(first)).url, child };
}

function runProgram(words: string[]): Promise<{ exit: number; output: string }> {
  const child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => child.once('close', (exit) => resolve({ exit: exit ?? -1, output })));
}

/** Ends the program as an operator would, and waits for it. */
export async function endProgram(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  await ended;
  return child.exitCode;
}
