/**
 * Sends a card in the form that the workspace takes: first with the newest blocks; with older ones when Slack calls them
 * invalid (new blocks are rolled out in phases); smaller when Slack calls it too long.
 */
import type { Card } from '../card.ts';
import { renderCard, type SlackMessage } from './render.ts';
import { SlackAnswerError } from './trouble.ts';

const refusesBlocks = new Set(['invalid_blocks', 'invalid_blocks_format', 'only_one_table_allowed']);
const refusesSize = new Set(['msg_blocks_too_long', 'msg_too_long']);
const SIZES = [12_000, 6_000, 2_500];
/** How long a refusal of new blocks is remembered: the workspace may get them any day. */
const REMEMBER_MS = 60 * 60_000;

export type Render = (card: Card) => SlackMessage;

export interface Variants {
  /** Calls `send` with a renderer until Slack takes the form; other errors pass through. */
  tryForms<T>(send: (render: Render) => Promise<T>): Promise<T>;
}

export function createVariants(): Variants {
  let plainUntil = 0;
  return {
    tryForms: async (send) => {
      let rich = Date.now() >= plainUntil;
      let size = 0;
      for (;;) {
        try {
          const options = { rich, size: SIZES[size] ?? 1_000 };
          return await send((card) => renderCard(card, options));
        } catch (error) {
          if (!(error instanceof SlackAnswerError)) throw error;
          if (rich && refusesBlocks.has(error.answer)) {
            rich = false;
            plainUntil = Date.now() + REMEMBER_MS;
          } else if (size < SIZES.length - 1 && refusesSize.has(error.answer)) size += 1;
          else throw error;
        }
      }
    },
  };
}
