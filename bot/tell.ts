/** Tells a person something directly. A platform that cannot say it is no reason to stop what was asked. */
import type { Logger } from 'pino';
import type { Card, ChatPlatform, Inbound } from './chat/card.ts';

export interface TellPorts {
  platform(name: string): ChatPlatform | undefined;
  log: Logger;
}

type Listener = Pick<Inbound, 'from' | 'place'>;

/** Seen by him alone. */
export async function whisper({ from, place }: Listener, card: Card, ports: TellPorts): Promise<void> {
  await attempt(place, ports, (platform) => platform.whisper(place, from, card));
}

/** Where everybody who saw the question sees it; once for `key`. */
export async function answer(
  { place, message }: Pick<Inbound, 'place' | 'message'>,
  key: string,
  card: Card,
  ports: TellPorts,
): Promise<void> {
  await attempt(place, ports, (platform) => platform.post(threadOf({ place, message }), key, card));
}

/** What a request's one answer is posted under. */
export function answerKey(request: number): string {
  return `${request}/answer`;
}

/** The thread of an answer hangs on the message that asked, or goes on where it was asked. */
export function threadOf({ place, message }: Pick<Inbound, 'place' | 'message'>): Inbound['place'] {
  return { ...place, thread: place.thread ?? message };
}

async function attempt(
  { platform: name, channel }: Inbound['place'],
  { platform, log }: TellPorts,
  tell: (platform: ChatPlatform) => Promise<unknown>,
): Promise<void> {
  const found = platform(name);
  try {
    if (found !== undefined) await tell(found);
  } catch (error) {
    log.warn({ err: error, platform: name, channel }, 'an answer could not be told');
  }
}
