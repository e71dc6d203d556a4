/** Whispers live in memory: long enough to outlive a reload, never on disk. The oldest give way to new ones. */
import { randomUUID } from 'node:crypto';
import { LIMITS } from './limits.ts';
import type { Whisper } from './message.ts';

export interface Whispers {
  add(whisper: Omit<Whisper, 'id' | 'created' | 'expires'>): Whisper;
  /** Those that this person may see now, oldest first. */
  of(person: string): Whisper[];
}

export function createWhispers(now: () => number): Whispers {
  let kept: Whisper[] = [];
  return {
    add(whisper) {
      const created = now();
      const added = { ...whisper, id: `whisper/${randomUUID()}`, created, expires: created + LIMITS.whisperLifeMs };
      kept = [...kept.filter(({ expires }) => expires > created), added].slice(-LIMITS.whispers);
      return added;
    },
    of: (person) => kept.filter(({ to, expires }) => to === person && expires > now()),
  };
}
