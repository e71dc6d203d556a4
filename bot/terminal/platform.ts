/**
 * The terminal as a chat platform: a session is a channel, whoever runs the command reads it. Nothing is kept; a
 * session that is gone swallows what is said to it, and `drover request` shows the rest.
 */
import type { Card, ChatPlatform } from '../chat/card.ts';

export type Spoken = { how: 'post' | 'edit' | 'whisper'; card: Card };

export interface Terminal extends ChatPlatform {
  /** Opens a session; `name` such as `pts/0` goes into the audit log. */
  open(name: string, listener: (spoken: Spoken) => void): { channel: string; close(): void };
}

export const TERMINAL = 'terminal';

export function createTerminal(): Terminal {
  const sessions = new Map<string, (spoken: Spoken) => void>();
  // Never the same again, also after a restart: what was meant for one session must not be told to another.
  const life = Date.now().toString(36);
  let count = 0;

  return {
    name: TERMINAL,
    open(name, listener) {
      count += 1;
      const channel = `${name}.${life}.${count}`;
      sessions.set(channel, listener);
      return { channel, close: () => void sessions.delete(channel) };
    },
    async post({ channel }, key, card) {
      sessions.get(channel)?.({ how: 'post', card });
      return key;
    },
    async edit({ channel }, _message, card) {
      sessions.get(channel)?.({ how: 'edit', card });
    },
    async whisper({ channel }, _to, card) {
      sessions.get(channel)?.({ how: 'whisper', card });
    },
    async close() {
      sessions.clear();
    },
  };
}
