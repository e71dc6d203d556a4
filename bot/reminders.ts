/**
 * Reminds approvers of what waits, with growing pauses and never in their quiet hours; later tells the next group.
 * Which reminder is due is a pure function of the record and the clock, and each is posted under a key of its own:
 * after any downtime the newest one comes once, the missed ones never.
 */
import type { Logger } from 'pino';
import type { Card, ChatPlatform, Place } from './chat/card.ts';
import { judgeBallot } from './judge.ts';
import type { Operation } from './operations/operation.ts';
import type { Operations } from './operations/operations.ts';
import type { People } from './people.ts';
import { isQuiet, type QuietHours } from './quiet-hours.ts';

export interface ReminderSettings {
  /** Minutes after the request began to wait, in order. */
  afterMinutes: number[];
  quietHours: QuietHours | null;
  /** A group that is told, too, once nobody has decided for so long; null: none. */
  escalate: { afterMinutes: number; group: string } | null;
}

export interface Reminder {
  /** From 1. */
  number: number;
  escalated: boolean;
}

export interface ReminderPorts {
  operations: Operations;
  people: People;
  platform(name: string): ChatPlatform | undefined;
  /** Where the request is shown. */
  places(operation: Operation): Place[];
  settings: ReminderSettings;
  log: Logger;
  now(): number;
}

const LOOK_MS = 30_000;
const MINUTE_MS = 60_000;

/** The newest reminder that is due; null: none yet, not waiting, or quiet hours. */
export function dueReminder(operation: Operation, settings: ReminderSettings, now: number): Reminder | null {
  const { state, demand, expiresAt } = operation;
  if (state !== 'waiting' || demand?.kind !== 'ask' || expiresAt === null || expiresAt <= now) return null;
  if (settings.quietHours !== null && isQuiet(settings.quietHours, now)) return null;
  const waited = (now - (expiresAt - demand.expiresSeconds * 1000)) / MINUTE_MS;
  const number = settings.afterMinutes.filter((after) => after <= waited).length;
  if (number === 0) return null;
  return { number, escalated: settings.escalate !== null && waited >= settings.escalate.afterMinutes };
}

export function startReminders(ports: ReminderPorts): { stop(): void } {
  const posted = new Set<string>();
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking
      .then(() => remindAll(ports, posted))
      .catch((error) => ports.log.warn({ err: error }, 'a reminder could not be told'));
  }, LOOK_MS).unref();
  return { stop: () => clearInterval(timer) };
}

/** `posted` only saves asking the platform again; the key is what keeps a reminder single. */
export async function remindAll(ports: ReminderPorts, posted: Set<string>): Promise<void> {
  for (const { operation } of await ports.operations.open()) {
    const reminder = dueReminder(operation, ports.settings, ports.now());
    if (reminder === null) continue;
    const key = `${operation.request}/reminder-${operation.digest.slice(0, 8)}-${reminder.number}`;
    if (posted.has(key)) continue;
    const card = await reminderCard(operation, reminder, ports);
    for (const place of ports.places(operation)) await ports.platform(place.platform)?.post(place, key, card);
    posted.add(key);
  }
}

async function reminderCard(operation: Operation, reminder: Reminder, ports: ReminderPorts): Promise<Card> {
  const { request, line, requester, expiresAt } = operation;
  const members = await ports.people.members();
  const ballot = judgeBallot(operation, members);
  const who = ballot.kind === 'missing' ? ballot.who : [];
  const { escalate } = ports.settings;
  const next = reminder.escalated && escalate !== null ? (members[escalate.group] ?? []) : [];
  const minutes = Math.max(1, Math.round(((expiresAt ?? 0) - ports.now()) / MINUTE_MS));
  return {
    tone: 'waiting',
    title: `#${request} still waits: ${line}`,
    blocks: [
      {
        kind: 'fields',
        fields: [
          { name: 'Asked by', value: requester },
          { name: 'Can decide', value: who.join(', ') || 'nobody at the moment' },
          ...(next.length > 0 ? [{ name: 'Told as well', value: next.join(', ') }] : []),
          { name: 'Expires in', value: `${minutes} min` },
        ],
      },
    ],
    buttons: [],
    operation: null,
  };
}
