/**
 * The platform-neutral message. Every platform renders every card; nothing here may know a platform.
 * A card is a pure function of an operation's record, so it can be made again after a crash.
 */
import type { Block } from '../../actions/action.ts';

export type StepStatus = 'pending' | 'running' | 'done' | 'failed' | 'unknown' | 'skipped';

export interface CardStep {
  title: string;
  status: StepStatus;
  /** '' for none. */
  detail: string;
}

export type CardBlock = Block | { kind: 'steps'; steps: CardStep[] };

export type Verb = 'approve' | 'reject' | 'withdraw' | 'cancel' | 'adopt' | 'retry' | 'mark-done' | 'undo';

export interface Button {
  verb: Verb;
  label: string;
  style: 'primary' | 'danger' | 'plain';
  /** Asked before it counts; null for no question. */
  confirm: string | null;
  /** A line that the person may or must add; null for none. */
  input: { label: string; required: boolean } | null;
}

export interface Card {
  tone: 'info' | 'waiting' | 'running' | 'good' | 'bad' | 'unknown';
  title: string;
  blocks: CardBlock[];
  /** All buttons act on this operation, and on this plan where the digest matters. */
  buttons: Button[];
  operation: { request: number; digest: string } | null;
}

export interface Place {
  platform: string;
  channel: string;
  /** The thread's root message; null: the channel itself. */
  thread: string | null;
}

/** Who sent something, as the platform knows him: immutable id, never a display name. */
export interface PlatformUser {
  platform: string;
  id: string;
}

/** Everything that can come in from a platform. `eventId` is the platform's own and the same on redelivery. */
export type Inbound = {
  eventId: string;
  from: PlatformUser;
  place: Place;
  /** The message that a thread for the answer hangs on; null: the platform has none (a slash command). */
  message: string | null;
  /** Client address where it is known. */
  address: string | null;
} & ({ kind: 'line'; text: string } | { kind: 'press'; request: number; digest: string; verb: Verb; input: string });

/** One chat platform. Adapters import this file, never the journey. */
export interface ChatPlatform {
  readonly name: string;
  /** Posts once for `key`: after a lost answer the earlier copy is found by its key first. Gives the message's id. */
  post(place: Place, key: string, card: Card): Promise<string>;
  edit(place: Place, message: string, card: Card): Promise<void>;
  /** Seen by `to` only. Best effort: not kept, not found again. */
  whisper(place: Place, to: PlatformUser, card: Card): Promise<void>;
  close(): Promise<void>;
}
