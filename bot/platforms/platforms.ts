/**
 * The chat platforms that the config file asks for, one line each. An adapter and its libraries are loaded only when
 * they are wanted: a Drover without Slack neither reads nor holds Slack's code.
 */
import { startDiscord } from './discord.ts';
import type { PlatformPorts, Started } from './ports.ts';
import { startSlack } from './slack.ts';
import { startWeb } from './web.ts';

const PLATFORMS: ((ports: PlatformPorts) => Promise<Started | null>)[] = [startWeb, startSlack, startDiscord];

/** Gives the web chat's address; null without it. Throws when a platform that is asked for cannot be started. */
export async function startPlatforms(ports: PlatformPorts): Promise<string | null> {
  const started = await Promise.all(PLATFORMS.map((start) => start(ports)));
  return started.find((one) => one?.url != null)?.url ?? null;
}
