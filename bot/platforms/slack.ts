/** Slack, when the config file has `slack`. */
import { apiUrls, resolveSecret } from '../env.ts';
import { createForms } from '../forms.ts';
import { homeCards } from '../home.ts';
import type { PlatformPorts, Started } from './ports.ts';

export async function startSlack({ config, drover, log, onFatal }: PlatformPorts): Promise<Started | null> {
  const { slack } = config;
  if (slack === null) return null;
  const { createSlackChat } = await import('../chat/slack/slack.ts');
  const part = log.child({ part: 'slack' });
  const chat = createSlackChat({
    botToken: resolveSecret(slack.botToken),
    mode:
      slack.mode === 'socket'
        ? { kind: 'socket', appToken: resolveSecret(slack.appToken) }
        : { kind: 'http', signingSecret: resolveSecret(slack.signingSecret), host: slack.host, port: slack.port },
    apiUrl: apiUrls().slack,
    receive: drover.desk.receive,
    forms: createForms({ ...drover, now: Date.now }),
    home: (user) => homeCards(user, drover),
    isFirstTry: drover.isFirstTry,
    onFatal,
    log: {
      debug: (message) => part.debug(message),
      info: (message) => part.info(message),
      warn: (message) => part.warn(message),
      error: (message) => part.error(message),
    },
  });
  drover.addPlatform(chat, chat.directory);
  await chat.start();
  return { url: null };
}
