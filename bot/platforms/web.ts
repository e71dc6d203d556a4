/** Drover's own web chat, when the config file has `web`. */
import { randomBytes } from 'node:crypto';
import { resolveSecret } from '../env.ts';
import type { PlatformPorts, Started } from './ports.ts';

export async function startWeb({ config, drover, log }: PlatformPorts): Promise<Started | null> {
  const { web, people } = config;
  if (web === null) return null;
  const { createWebChat } = await import('../chat/web/web.ts');
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
    report: (error) => log.error({ err: error }, 'web chat'),
  });
  drover.addPlatform(chat);
  return { url: (await chat.listen()).url };
}
