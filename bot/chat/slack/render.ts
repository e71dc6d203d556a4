/**
 * A card as a Slack message: top-level text for notifications, and blocks. Pure. Whatever the card holds, the result is
 * within every limit of Slack; what does not fit is left out with a note, never the buttons.
 */
import type { types } from '@slack/bolt';
import type { Card } from '../card.ts';
import { clean, escapeMarkup, jsonSize, shorten } from './fit.ts';
import { plain, renderButton } from './press.ts';
import { type Room, renderBlock } from './render-block.ts';
import { inline, richText, section, spans } from './rich-text.ts';

export interface SlackMessage {
  text: string;
  blocks: types.KnownBlock[];
  /** Something of the card was left out for lack of room. */
  cut: boolean;
}

export interface RenderOptions {
  /** Whether to use blocks that a workspace may not know yet (`plan`, `table`). */
  rich: boolean;
  /** Characters of the blocks as JSON. */
  size?: number;
}

/** Slack refuses at about 13,200 (slackapi/bolt-js#2509); what it counts is not documented, so JSON is counted, with a reserve. */
const MESSAGE_SIZE = 12_000;
/** Of 50; the rest are the header, the full title, the note and the buttons. */
const BODY_BLOCKS = 45;
const HEADER_LENGTH = 150;
const TITLE_LENGTH = 1000;
const TEXT_LENGTH = 1000;
const BUTTONS = 25;

const signs = { info: '💬', waiting: '⏳', running: '⚙️', good: '✅', bad: '⛔', unknown: '❓' } satisfies Record<
  Card['tone'],
  string
>;

export function renderCard(card: Card, { rich, size = MESSAGE_SIZE }: RenderOptions): SlackMessage {
  const title = `${signs[card.tone]} ${clean(card.title).replaceAll('\n', ' ').trim() || 'Drover'}`;
  const head = header(title);
  const buttons = actions(card);
  const body = renderBody(card, {
    size: size - jsonSize(head) - jsonSize(buttons.blocks) - 400,
    table: rich,
    plan: rich,
  });
  const cut = body.cut || buttons.cut;
  const blocks = [...head, ...body.blocks, ...(cut ? [note(card)] : []), ...buttons.blocks];
  return { text: fallbackText(title, card), blocks, cut };
}

/** A header is cut at 150 characters; a longer title follows in full. */
function header(title: string): types.KnownBlock[] {
  const head: types.KnownBlock = { type: 'header', text: plain(title, HEADER_LENGTH, 'Drover') };
  return title.length <= HEADER_LENGTH ? [head] : [head, richText(section(...spans(shorten(title, TITLE_LENGTH))))];
}

function renderBody(card: Card, room: Room): { blocks: types.KnownBlock[]; cut: boolean } {
  const blocks: types.KnownBlock[] = [];
  let left = room;
  for (const cardBlock of card.blocks) {
    if (blocks.length >= BODY_BLOCKS) return { blocks, cut: true };
    const { block, cut } = renderBlock(cardBlock, left);
    const size = block === null ? 0 : jsonSize(block) + 1;
    if (block !== null && size <= left.size) blocks.push(block);
    if (cut || size > left.size) return { blocks, cut: true };
    const used = block?.type;
    left = { size: left.size - size, table: left.table && used !== 'table', plan: left.plan && used !== 'plan' };
  }
  return { blocks, cut: false };
}

function actions({ buttons, operation }: Card): { blocks: types.KnownBlock[]; cut: boolean } {
  if (operation === null || buttons.length === 0) return { blocks: [], cut: false };
  const all = buttons.map((button, at) => renderButton(button, at, operation)).filter((button) => button !== null);
  const elements = all.slice(0, BUTTONS);
  while (jsonSize(elements) > MESSAGE_SIZE / 2) elements.pop();
  const blocks: types.KnownBlock[] = elements.length === 0 ? [] : [{ type: 'actions', elements }];
  return { blocks, cut: elements.length < buttons.length };
}

function note({ operation }: Card): types.KnownBlock {
  const where = operation === null ? '' : ` All of it: \`drover request ${operation.request}\`.`;
  return richText(section(...inline(`Not everything fits into a Slack message.${where}`)));
}

/** Shown in notifications and read aloud. Markup is read here, hence the escape. */
function fallbackText(title: string, card: Card): string {
  const first = card.blocks.find((block) => block.kind === 'text');
  const text = first === undefined ? title : `${title}\n${clean(first.text)}`;
  return shorten(escapeMarkup(shorten(text, TEXT_LENGTH)), TEXT_LENGTH * 5);
}
