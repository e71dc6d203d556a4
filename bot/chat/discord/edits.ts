/**
 * One writer for each message, the latest card wins: fifty changes in a slow minute become a few calls, in order. Discord
 * limits edits of messages older than an hour (30046, as a 429): progress then goes on in a new message in the thread, and
 * the old one is edited for changes of state alone.
 */
import { Routes } from 'discord.js';
import { OpsError } from '../../../actions/errors.ts';
import type { Card, Place } from '../card.ts';
import type { Calls } from './calls.ts';
import { createdAt } from './incoming.ts';
import { createKept } from './kept.ts';
import { laneOf } from './lane-of.ts';
import type { Lanes } from './lanes.ts';
import type { DiscordLog } from './log.ts';
import { toSendable } from './message-body.ts';
import type { Posts, Spot } from './posts.ts';
import { renderCard } from './render.ts';
import type { Threads } from './threads.ts';
import { answers, isAnswer, messageOf } from './trouble.ts';

/** Discord counts from an hour on; a call may wait some minutes for its turn. */
const LATE_MS = 55 * 60_000;
const MOST_KEPT = 10_000;

export interface EditsOptions {
  calls: Calls;
  lanes: Lanes;
  posts: Posts;
  threads: Threads;
  log: DiscordLog;
  now(): number;
}

export interface Edits {
  /** Ends when this card, or a newer one, stands there. `place` is where the request was asked for. */
  edit(place: Place, spot: Spot, card: Card): Promise<void>;
}

/** A message with the key that it was posted for, which keeps it findable. */
interface Successor extends Spot {
  key: string;
}

type Target = Spot & { key?: string };

interface Writer {
  place: Place;
  card: Card;
  waiting: { resolve(): void; reject(error: unknown): void }[];
}

export function createEdits({ calls, lanes, posts, threads, log, now }: EditsOptions): Edits {
  const writers = new Map<string, Writer>();
  /** Message → the one that goes on in its stead. */
  const successors = createKept<Successor>(MOST_KEPT);

  /** Sends whatever is the latest card at the moment of sending, until nobody waits any more. */
  const write = async (spot: Spot, writer: Writer) => {
    while (writer.waiting.length > 0) {
      const served: Writer['waiting'] = [];
      const latest = () => {
        served.push(...writer.waiting.splice(0));
        return writer.card;
      };
      try {
        await bring(writer, spot, latest);
        for (const { resolve } of served) resolve();
      } catch (error) {
        for (const { reject } of [...served, ...writer.waiting.splice(0)]) reject(error);
      }
    }
  };

  const bring = async (writer: Writer, spot: Target, latest: () => Card): Promise<void> => {
    if (now() - createdAt(spot.message) > LATE_MS) return late(writer, spot, latest);
    try {
      await patch(spot, () => laneOf(writer.card), latest, false);
    } catch (error) {
      // Somebody deleted the message: what it shows is still wanted.
      if (!isAnswer(error, ...GONE)) throw error;
      log.warn(`editing a message: ${messageOf(error)}; it goes on in a new one`);
      await goOn(writer, spot, latest());
    }
  };

  /** A change of state is worth one of the few late edits; progress is not. */
  const late = async (writer: Writer, spot: Target, latest: () => Card): Promise<void> => {
    const card = latest();
    const isProgress = laneOf(card) === 'progress';
    const known = successors.get(spot.message);
    if (isProgress) return known === undefined ? goOn(writer, spot, card) : bring(writer, known, () => card);
    const shown = await patch(
      spot,
      () => 'urgent',
      () => card,
      true,
    ).then(
      () => true,
      (error: unknown) => {
        if (!isLimited(error) && !isAnswer(error, ...GONE)) throw error;
        return false;
      },
    );
    if (known !== undefined) await bring(writer, known, () => card);
    else if (!shown) await goOn(writer, spot, card);
  };

  /** The same message is found again after a restart, by what it was posted for. */
  const goOn = async ({ place }: Writer, spot: Spot, card: Card): Promise<void> => {
    const thread = spot.channel === place.channel ? spot.message : spot.channel;
    const key = `goes-on/${spot.message}`;
    const { isNew, ...next } = await posts.post({ ...place, thread }, key, card);
    successors.set(spot.message, { ...next, key });
    if (!isNew) await bring({ place, card, waiting: [] }, { ...next, key }, () => card);
  };

  const patch = async (spot: Target, lane: () => ReturnType<typeof laneOf>, latest: () => Card, impatient: boolean) => {
    const send = () => {
      const message: { sent: ReturnType<typeof toSendable> | null } = { sent: null };
      const build = () => {
        message.sent ??= toSendable(renderCard(latest(), spot.key ?? null));
        return message.sent;
      };
      return calls.call({
        method: 'PATCH',
        path: Routes.channelMessage(spot.channel, spot.message),
        lane,
        body: () => build().body,
        files: () => build().files,
        repeatable: true,
        impatient,
      });
    };
    try {
      await send();
    } catch (error) {
      if (!isAnswer(error, answers.archivedThread)) throw error;
      await threads.reopen(spot.channel);
      await send();
    }
  };

  return {
    edit: (place, spot, card) =>
      new Promise((resolve, reject) => {
        const running = writers.get(spot.message);
        const writer = running ?? { place, card, waiting: [] };
        writer.card = card;
        writer.waiting.push({ resolve, reject });
        if (running === undefined) {
          writers.set(spot.message, writer);
          void write(spot, writer).finally(() => writers.delete(spot.message));
        } else if (laneOf(card) === 'urgent') lanes.wake();
      }),
  };
}

const GONE = [answers.unknownMessage, answers.unknownChannel];

function isLimited(error: unknown): boolean {
  return isAnswer(error, answers.tooManyOldEdits) || (error instanceof OpsError && error.code === 'failed');
}
