/** A chat platform as the fault battery needs it: people who ask and press, what stands there, and what can go wrong. */
import type { Verb } from '../../../bot/chat/card.ts';
import type { Sight } from '../stage.ts';
import type { World } from '../world.ts';

export interface FaultRow {
  /** As in `Slack over HTTP, <name>: …`. */
  name: string;
  /** Happens now, or at the next occasion. */
  fire(): void;
}

export interface BatteryChat {
  /** How many channels there are to ask in. */
  places: number;
  /** Gives whether the platform got its acknowledgement, at once or after a redelivery. */
  ask(person: string, place: number, line: string): Promise<boolean>;
  press(person: string, sight: Sight, verb: Verb): Promise<boolean>;
  /** The newest messages of the bot, oldest first. */
  newest(count: number): Sight[];
  /** What the platform and the network do wrong. */
  rows: FaultRow[];
  /** No more faults; ends when the bot can be reached again. */
  calm(): Promise<void>;
  /** What the bot sent that the platform's contract forbids. */
  violations(): string[];
  close(): Promise<void>;
}

export interface BatteryStage {
  name: string;
  /** Adds the accounts of this platform to a person. */
  accounts(person: string): object;
  open(world: World): Promise<BatteryChat>;
}

/** The same sequence for the same seed: a linear congruential generator with Knuth's constants. Gives numbers from 0 to 1. */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
