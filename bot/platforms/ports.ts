/** What every platform's starter is given, and what it gives back. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Drover } from '../drover.ts';

export interface PlatformPorts {
  config: Config;
  drover: Drover;
  log: Logger;
  /** The platform cannot be used any more: the program must end, so that its supervisor notices. */
  onFatal(error: Error): void;
}

export interface Started {
  /** Address for people; null: the platform has its own. */
  url: string | null;
}
