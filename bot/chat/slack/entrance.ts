/** One way in for Slack's events: a socket that Drover opens, or a server that Slack calls. */
import type { Receiver } from '@slack/bolt';

export interface Entrance {
  receiver: Receiver;
  /** Ends when events can come in, or when it is clear that they never will. */
  start(): Promise<void>;
  isOpen(): boolean;
  /** HTTP: where it listens. */
  port(): number | null;
  close(): Promise<void>;
}
