/**
 * How what people do reaches the bot: an envelope over one of the Socket Mode connections, or a signed HTTP request.
 * Both give the bot 3 s. Events are delivered again when nobody acknowledged them; commands and presses are not.
 */
import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../../actions/action.ts';
import { isObject } from './failure.ts';
import { nextId, type World } from './world.ts';

export interface Envelope {
  type: 'slash_commands' | 'interactive' | 'events_api';
  payload: JsonObject;
}

/** What came back in time: the payload of the acknowledgement ({} for none); null: nothing came in time. */
export type Acknowledgement = JsonObject | null;

/** Sends once and waits for the acknowledgement. */
export type Transport = (envelope: Envelope, retry: number, deadlineMs: number) => Promise<Acknowledgement>;

export interface Delivery {
  /** A person waits for it: if it is not acknowledged in time, he sees `operation_timeout`. */
  interact(user: string, what: string, envelope: Envelope): Promise<Acknowledgement>;
  /** Gives whether it was acknowledged at all, after all tries. */
  event(event: JsonObject): Promise<boolean>;
  /** The next `times` deliveries come twice, the second marked as a retry. */
  duplicate(times: number): void;
  /** The next `times` acknowledgements do not reach Slack. */
  loseAcknowledgements(times: number): void;
  /** From here on everything arrives once, and every acknowledgement comes through. */
  calm(): void;
  close(): void;
}

export interface DeliveryOptions {
  world: World;
  transport: Transport;
  /** 3,000 at Slack. */
  ackDeadlineMs: number;
  /** Pauses before the tries after the first; 0, 60,000 and 300,000 at Slack. */
  eventRetryMs: number[];
  eventBody(event: JsonObject): JsonObject;
}

export function createDelivery({
  world,
  transport,
  ackDeadlineMs,
  eventRetryMs,
  eventBody,
}: DeliveryOptions): Delivery {
  const closing = new AbortController();
  let duplicates = 0;
  let losses = 0;
  const send = async (envelope: Envelope, retry: number) => {
    const first = await transport(envelope, retry, ackDeadlineMs);
    if (duplicates > 0) {
      duplicates -= 1;
      await transport(envelope, retry + 1, ackDeadlineMs);
    }
    if (losses === 0) return first;
    losses -= 1;
    return null;
  };
  return {
    interact: async (user, what, envelope) => {
      const acknowledged = await send(envelope, 0);
      if (acknowledged === null && !closing.signal.aborted) world.timeouts.push({ user, what });
      return acknowledged;
    },
    event: async (event) => {
      const envelope: Envelope = { type: 'events_api', payload: eventBody(event) };
      for (const [retry, pauseMs] of [0, ...eventRetryMs].entries()) {
        if (retry > 0) await pause(pauseMs, closing.signal);
        if (closing.signal.aborted) return false;
        if ((await send(envelope, retry)) !== null) return true;
      }
      if (!closing.signal.aborted) world.undelivered.push(String(event.event_ts));
      return false;
    },
    duplicate: (times) => {
      duplicates += times;
    },
    loseAcknowledgements: (times) => {
      losses += times;
    },
    calm: () => {
      duplicates = 0;
      losses = 0;
    },
    close: () => closing.abort(),
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Signed requests. Source: docs.slack.dev/authentication/verifying-requests-from-slack */
export function createHttpTransport(url: string, signingSecret: string): Transport {
  return async (envelope, retry, deadlineMs) => {
    const { body, contentType } = encode(envelope);
    const headers = {
      ...signedHeaders(body, signingSecret, Math.floor(Date.now() / 1000)),
      'content-type': contentType,
    };
    const again = retry === 0 ? {} : { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': 'http_timeout' };
    try {
      const signal = AbortSignal.timeout(deadlineMs);
      const response = await fetch(url, { method: 'POST', body, headers: { ...headers, ...again }, signal });
      return response.ok ? parseAck(await response.text()) : null;
    } catch {
      return null;
    }
  };
}

export function signedHeaders(body: string, secret: string, timestamp: number): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': String(timestamp), 'x-slack-signature': `v0=${signature}` };
}

/** Commands and interactions are form-encoded, events are JSON. */
export function encode({ type, payload }: Envelope): { body: string; contentType: string } {
  const form = 'application/x-www-form-urlencoded';
  if (type === 'events_api') return { body: JSON.stringify(payload), contentType: 'application/json' };
  if (type === 'interactive') {
    return { body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), contentType: form };
  }
  const fields = Object.entries(payload).map(([name, value]) => [name, String(value)]);
  return { body: new URLSearchParams(fields).toString(), contentType: form };
}

export function parseAck(body: string): JsonObject {
  if (body === '') return {};
  const value = body.startsWith('{') ? JSON.parse(body) : body;
  return isObject(value) ? value : { text: body };
}

/** Events carry an id of their own, the same on every delivery. */
export function eventId(world: World): string {
  return nextId(world, 'Ev');
}
