/**
 * Two Socket Mode connections, each kept up by us. Slack renews connections about once an hour and sends each event to one
 * of those that are open; with two, commands are answered during a renewal (measured: 12 of 12 within 3 s; with one, 0).
 * The library's own reconnect is off: it waits 5 s, and when the token is refused it ends the process without a word.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { clientOptions, messageOf } from './calls.ts';
import type { Entrance } from './entrance.ts';
import { quietLogger, type SlackLog } from './log.ts';
import { isFatal, waitAskedFor } from './trouble.ts';

export const CONNECTIONS = 2;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** ms without an answer to a ping before a connection counts as dead; the library's own is 5,000. */
const PING_TIMEOUT_MS = 3_000;
/** A connection that ends sooner counts as a failure: the pauses grow. */
const HEALTHY_MS = 10_000;
/** Failures that count at most while Slack does say hello: nobody should wait long for a connection that only flaps. */
const MOST_WHILE_FLAPPING = 3;
const CLOSE_TIMEOUT_MS = 2_000;
/** ms from an address to Slack's hello. */
const HELLO_TIMEOUT_MS = 15_000;

export interface SocketOptions {
  appToken: string;
  apiUrl: string | null;
  log: SlackLog;
  onFatal(error: Error): void;
}

export function createSocket({ appToken, apiUrl, log, onFatal }: SocketOptions): Entrance {
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    clientPingTimeout: PING_TIMEOUT_MS,
    logger: quietLogger(log),
    installerOptions: { clientOptions: clientOptions(apiUrl, log) },
    // What failed is in the log already, and is not acknowledged: Slack delivers events again.
    processEventErrorHandler: async () => false,
  });
  const { client } = receiver;
  const closing = new AbortController();
  const { signal } = closing;
  const over = aborted(signal);
  let connected = false;
  let keeper = Promise.resolve();

  /** One life of the connection. */
  const connect = async (onConnected: () => void) => {
    const { promise: ended, resolve: onEnd } = Promise.withResolvers<void>();
    client.once('disconnected', onEnd);
    const started = client.start().then(
      () => {
        connected = !signal.aborted;
        if (connected) onConnected();
        else void client.disconnect();
      },
      // The library gives no reason when the connection ends before Slack's hello.
      (error: unknown) => Promise.reject(error ?? new Error('it ended before the hello')),
    );
    try {
      await Promise.race([started, giveUp(signal)]);
      await Promise.race([ended, over]);
    } finally {
      client.off('disconnected', onEnd);
    }
  };

  /** Runs until closed or refused for good. */
  const keep = async (onConnected: () => void) => {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const since = Date.now();
      let [asked, reached] = [0, false];
      try {
        await connect(() => {
          reached = true;
          onConnected();
        });
      } catch (error) {
        if (isFatal(error))
          return onFatal(new Error(`opening Slack's socket: ${messageOf(error)}; check the app token`));
        asked = waitAskedFor(error);
        void client.disconnect();
        if (!signal.aborted) log.warn(`opening Slack's socket: ${messageOf(error)}; trying again`);
      }
      connected = false;
      if (Date.now() - since > HEALTHY_MS) failures = 0;
      else if (reached) failures = Math.min(failures, MOST_WHILE_FLAPPING);
      const ms = Math.max(asked, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures));
      await pause(ms, null, { signal }).catch(() => null);
    }
  };

  return {
    receiver,
    start: () =>
      new Promise((resolve) => {
        keeper = keep(resolve).finally(resolve);
      }),
    isOpen: () => connected,
    port: () => null,
    close: async () => {
      closing.abort();
      await Promise.race([client.disconnect().catch(() => null), pause(CLOSE_TIMEOUT_MS, null, { ref: false })]);
      await keeper;
    },
  };
}

async function giveUp(signal: AbortSignal): Promise<never> {
  await pause(HELLO_TIMEOUT_MS, null, { signal, ref: false });
  throw new Error(`no hello within ${HELLO_TIMEOUT_MS / 1000} s`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
