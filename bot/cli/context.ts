/** What every command of the program gets, and how each of them reads its config and complains. */
import { type Config, readConfig } from '../config.ts';
import { EXIT } from '../terminal/session.ts';

export interface Flags {
  as?: string | undefined;
  at?: string | undefined;
  reason?: string | undefined;
  pin?: string | undefined;
  anchor?: string[] | undefined;
  'not-before'?: string | undefined;
  request?: string | undefined;
  person?: string | undefined;
  vm?: string | undefined;
  uuid?: string | undefined;
  type?: string | undefined;
  result?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  limit?: string | undefined;
}

export interface CliContext {
  configPath: string;
  stateDir: string;
  json: boolean;
  flags: Flags;
}

/** Says it on standard error and gives the exit code for a wrong command line. */
export function usageError(message: string): number {
  process.stderr.write(`drover: ${message}\n`);
  return EXIT.usage;
}

export function failure(message: string): number {
  process.stderr.write(`drover: ${message}\n`);
  return EXIT.failed;
}

export function print(ctx: CliContext, value: object, lines: string[]): void {
  process.stdout.write(ctx.json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''));
}

/** null: the file is broken, which has been said. */
export async function loadConfig({ configPath }: CliContext): Promise<Config | null> {
  const read = await readConfig(configPath);
  if (read.kind === 'config') return read.config;
  for (const { file, line, column, problem } of read.problems) {
    process.stderr.write(`drover: ${file}:${line}:${column}: ${problem}\n`);
  }
  return null;
}

/** ms since the epoch; null after having said what is wrong. */
export function readTime(name: string, text: string): number | null {
  const time = /[zZ]|[+-]\d\d:?\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  usageError(`--${name} ${text}: not a time with a zone, such as 2026-11-22T22:00:00Z`);
  return null;
}
