/** The Home tab: the cards that concern a person, most important first. */
import type { types } from '@slack/bolt';
import type { Card, PlatformUser } from '../card.ts';
import type { Calls } from './calls.ts';
import { sentence } from './form.ts';
import { renderCard } from './render.ts';

/** Of 100 blocks in a view; a card of this size has at most about ten. */
const MOST_BLOCKS = 95;
const CARD_SIZE = 3_000;

export interface Home {
  show(user: string): Promise<void>;
}

export function createHome(calls: Calls, cardsFor: (person: PlatformUser) => Promise<Card[]>): Home {
  return {
    show: async (user) => {
      const cards = await cardsFor({ platform: 'slack', id: user });
      const args = () => ({ user_id: user, view: { type: 'home', blocks: homeBlocks(cards) } });
      await calls.call({ method: 'views.publish', channel: null, lane: () => 'progress', repeatable: true, args });
    },
  };
}

/** Whole cards, as many as fit. Pure. */
export function homeBlocks(cards: Card[]): types.KnownBlock[] {
  const blocks: types.KnownBlock[] = [];
  for (const card of cards) {
    const next = [...renderCard(card, { rich: false, size: CARD_SIZE }).blocks, { type: 'divider' as const }];
    if (blocks.length + next.length > MOST_BLOCKS) return [...blocks, sentence('There is more: ask `vm requests`.')];
    blocks.push(...next);
  }
  return blocks.length === 0
    ? [sentence('Nothing waits for you. Ask for something with /vm, or by a message to me.')]
    : blocks;
}
