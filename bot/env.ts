/** The one place that reads the environment. Secrets in the config are references (`env:NAME`, `file:PATH`) resolved here. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Environment {
  configPath: string;
  stateDir: string;
}

export function readEnvironment(flags: { config?: string | undefined; state?: string | undefined }): Environment {
  const { DROVER_CONFIG, DROVER_STATE_DIR, XDG_STATE_HOME } = process.env;
  const home = XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return {
    configPath: flags.config ?? DROVER_CONFIG ?? 'drover.yaml',
    stateDir: flags.state ?? DROVER_STATE_DIR ?? join(home, 'drover'),
  };
}

/** Another address of a platform's API, for a proxy or a test; null: the platform itself. Slack's ends with a slash. */
export function apiUrls(): { slack: string | null; discord: string | null } {
  const { SLACK_API_URL, DISCORD_API_URL } = process.env;
  const slash = (url: string) => (url.endsWith('/') ? url : `${url}/`);
  return {
    slack: SLACK_API_URL === undefined || SLACK_API_URL === '' ? null : slash(SLACK_API_URL),
    discord: DISCORD_API_URL === undefined || DISCORD_API_URL === '' ? null : DISCORD_API_URL,
  };
}

/** The secret behind a reference, without its last line feed. Throws `Error` that names the reference, never the value. */
export function resolveSecret(reference: string): string {
  if (reference.startsWith('env:')) {
    const value = process.env[reference.slice('env:'.length)];
    if (value === undefined || value === '') throw new Error(`reading ${reference}: it is not set`);
    return value;
  }
  if (reference.startsWith('file:')) return readFileSync(reference.slice('file:'.length), 'utf8').replace(/\n$/, '');
  throw new Error('a secret is given by reference, env:NAME or file:PATH, never by itself');
}
