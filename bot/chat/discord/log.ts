/** Where the adapter writes. Never a token, never the text of a message. */
export interface DiscordLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
