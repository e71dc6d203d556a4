/** Where the adapter and Slack's libraries write. Their chatter at `info` is ours at `debug`. */
import { type Logger, LogLevel } from '@slack/bolt';

export interface SlackLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export function quietLogger(log: SlackLog): Logger {
  const text = (parts: unknown[]) => `slack: ${parts.map(String).join(' ')}`;
  return {
    // Slack's own debug lines hold whole messages: they stay out.
    debug: () => undefined,
    info: (...parts) => log.debug(text(parts)),
    warn: (...parts) => log.warn(text(parts)),
    error: (...parts) => log.error(text(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
