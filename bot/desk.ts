/**
 * The front desk: takes every event from every platform once, writes it down, and hands it to the journey or to the
 * buttons. A platform gets its acknowledgement when the event is durable, long before anything slow.
 */
import type { Logger } from 'pino';
import { OpsError } from '../actions/errors.ts';
import { refusalAnswer } from './answers.ts';
import type { Auids } from './auids.ts';
import type { ChatPlatform, Inbound } from './chat/card.ts';
import type { Handled } from './handled.ts';
import type { Admitted, Inbox } from './inbox.ts';
import type { Journey } from './journey.ts';
import { type PressPorts, takePress } from './presses.ts';
import type { Subject } from './record-entry.ts';
import { stranger } from './stranger.ts';
import { answerKey, whisper } from './tell.ts';
import { createTurns } from './turns.ts';

export interface DeskPorts extends PressPorts {
  auids: Auids;
  inbox: Inbox;
  journey: Journey;
  log: Logger;
  platform(name: string): ChatPlatform | undefined;
}

export interface Desk {
  /** Resolves when the event is durable (or is none of ours); `handled` resolves when it has been dealt with. */
  take(inbound: Inbound): Promise<{ handled: Promise<Handled> }>;
  /** For adapters: resolves when the event is durable. */
  receive(inbound: Inbound): Promise<void>;
  /** Deals with what a former process admitted and did not finish. */
  recover(): Promise<void>;
  /** Whether no process can have tried to post this answer before: then nobody needs to look for an earlier copy. */
  isFirstTry(key: string): boolean;
  /** Resolves when nothing that was taken is still being dealt with; in time also when a host does not answer. */
  idle(): Promise<void>;
  /** From here on everybody is told that Drover is stopping. */
  close(): void;
}

/** What is still open then is dealt with by the next process. */
const IDLE_LIMIT_MS = 10_000;

const STOPPING = refusalAnswer('Drover is stopping.', 'Ask again in a moment; what waits or runs is kept.');

export function createDesk(ports: DeskPorts): Desk {
  const { inbox, journey, log } = ports;
  const underWay = new Map<number, Promise<Handled>>();
  const firstAnswers = new Set<string>();
  const nextTurn = createTurns();
  let closed = false;

  async function take(inbound: Inbound): Promise<{ handled: Promise<Handled> }> {
    if (!journey.concerns(inbound)) return { handled: Promise.resolve({ kind: 'ignored' }) };
    if (closed) return { handled: whisper(inbound, STOPPING, ports).then(() => ({ kind: 'refused' })) };
    const admitted = await inbox.admit(inbound);
    if (admitted === null) return { handled: Promise.resolve({ kind: 'seen-before' }) };
    const key = answerKey(admitted.request);
    firstAnswers.add(key);
    const handled = track(admitted);
    const forget = () => firstAnswers.delete(key);
    handled.then(forget, forget);
    return { handled };
  }

  function track(admitted: Admitted): Promise<Handled> {
    const handled = handle(admitted).finally(() => underWay.delete(admitted.request));
    underWay.set(admitted.request, handled);
    handled.catch((error) => log.error({ err: error, request: admitted.request }, 'a fault while handling an event'));
    return handled;
  }

  async function handle(admitted: Admitted): Promise<Handled> {
    const { inbound } = admitted;
    await nextTurn();
    const handled = await attempt(admitted, inbound);
    // An operation took the event's place in the store when it was written.
    if (handled.kind === 'operation') return handled;
    await ports.recorder.settled();
    await inbox.close(admitted);
    return handled;
  }

  /** Who cannot be told from others may do nothing: a source of identity that does not answer is a refusal. */
  async function attempt(admitted: Admitted, inbound: Inbound): Promise<Handled> {
    try {
      return inbound.kind === 'line' ? await journey.line(admitted, inbound) : await press(admitted, inbound);
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      log.warn({ err: error, request: admitted.request }, 'refused, because something that decides could not be asked');
      const card = refusalAnswer(`This cannot be decided now: ${error.message}.`, 'Nothing was done; try again.');
      await whisper(inbound, card, ports);
      return { kind: 'refused' };
    }
  }

  async function press(admitted: Admitted, inbound: Inbound & { kind: 'press' }): Promise<Handled> {
    const { from, place, address } = inbound;
    const identified = await ports.people.identify(from);
    if (identified.kind === 'stranger') return stranger(admitted, identified.reason, ports);
    const { person } = identified;
    const actor = await ports.auids.actor(person.name);
    const subject: Subject = { request: inbound.request, actor, account: person.name, place, address };
    const pressed = await takePress(inbound, person, subject, inbox.closing(admitted), ports);
    switch (pressed.kind) {
      case 'done':
        return { kind: 'operation', request: inbound.request };
      case 'no':
        await whisper(inbound, pressed.card, ports);
        return { kind: 'refused' };
      case 'command': {
        const own = { ...subject, request: admitted.request };
        return journey.command({ admitted, person, subject: own }, pressed.command);
      }
    }
  }

  return {
    take,
    receive: async (inbound) => void (await take(inbound)),
    async recover() {
      await inbox.prune(ports.now());
      for (const { operation } of await ports.operations.open()) {
        if (operation.state === 'received') await journey.proceed(operation.request);
      }
      // A platform may have brought new events already: those are being dealt with.
      for (const admitted of await inbox.open()) if (!underWay.has(admitted.request)) track(admitted);
    },
    isFirstTry: (key) => firstAnswers.has(key),
    async idle() {
      const ended = Promise.allSettled(underWay.values());
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, IDLE_LIMIT_MS).unref())]);
    },
    close() {
      closed = true;
    },
  };
}
