/**
 * A card as a Discord message of components v2. Pure. Whatever the card holds, the result is within every limit; what does
 * not fit goes into a file beside it, never the buttons.
 * Source: docs.discord.com/developers/components/reference (40 components, 4,000 characters of text in all)
 */
import { createHash } from 'node:crypto';
import {
  type APIButtonComponentWithCustomId,
  type APIComponentInContainer,
  type APIMessageTopLevelComponent,
  ButtonStyle,
  ComponentType,
  MessageFlags,
} from 'discord.js';
import type { Button, Card } from '../card.ts';
import { fullText } from './full-text.ts';
import { fitWritten, literal, oneLine, shorten } from './markdown.ts';
import { formatPressId, pressIdOf } from './press-id.ts';
import { writeBlock } from './render-block.ts';

export interface DiscordMessage {
  flags: number;
  components: APIMessageTopLevelComponent[];
  /** The whole text, when not everything fits; null: it does. */
  file: { name: string; text: string } | null;
}

/** Of 4,000; what is left over is for the note. */
const TEXT_LENGTH = 3_700;
const TITLE_LENGTH = 400;
const LABEL_LENGTH = 80;
const ROW_BUTTONS = 5;
const ROWS = 5;

const signs = { info: '💬', waiting: '⏳', running: '⚙️', good: '✅', bad: '⛔', unknown: '❓' } satisfies Record<
  Card['tone'],
  string
>;
const colours = {
  info: 0x5865f2,
  waiting: 0xf0b132,
  running: 0x3498db,
  good: 0x2ecc71,
  bad: 0xe74c3c,
  unknown: 0x9b59b6,
} satisfies Record<Card['tone'], number>;
const styles = {
  primary: ButtonStyle.Success,
  danger: ButtonStyle.Danger,
  plain: ButtonStyle.Secondary,
} satisfies Record<Button['style'], ButtonStyle>;

/** `key` is what the message was posted for: its mark makes it be found again; null for none. */
export function renderCard(card: Card, key: string | null): DiscordMessage {
  const title = `## ${signs[card.tone]} ${titleOf(card)}`;
  const { text, cut: textCut } = writeBody(card, TEXT_LENGTH - title.length);
  const { rows, cut: buttonsCut } = buttonRows(card);
  const cut = textCut || buttonsCut;
  const name = fileName(card);
  const mark = key === null ? {} : { id: markOf(key) };
  const request = card.operation === null ? {} : { id: requestMark(card.operation.request) };
  const inner: APIComponentInContainer[] = [
    { type: ComponentType.TextDisplay, ...request, content: title },
    ...(text === '' ? [] : [{ type: ComponentType.TextDisplay as const, content: text }]),
    ...(cut ? [{ type: ComponentType.TextDisplay as const, content: NOTE }] : []),
    ...(rows.length === 0 ? [] : [{ type: ComponentType.Separator as const }]),
    ...rows,
  ];
  const file: APIMessageTopLevelComponent[] = cut
    ? [{ type: ComponentType.File, file: { url: `attachment://${name}` } }]
    : [];
  return {
    flags: MessageFlags.IsComponentsV2,
    components: [
      { type: ComponentType.Container, ...mark, accent_color: colours[card.tone], components: inner },
      ...file,
    ],
    file: cut ? { name, text: fullText(card) } : null,
  };
}

const NOTE = '-# Not everything fits into a Discord message: all of it is in the file.';

/** A whole card's title as plain text, such as for the name of a thread. */
export function plainTitle(card: Card, length: number): string {
  return shorten(oneLine(card.title), length).trim() || 'Drover';
}

/**
 * The `id` of the container (1 to 2^31 - 1, free for the sender, kept with the message): by it the message of a key is found
 * again. Low numbers are given by Discord to components without one.
 */
export function markOf(key: string): number {
  return 1_000_000_000 + (createHash('sha256').update(key).digest().readUInt32BE(0) % 1_000_000_000);
}

/** The `id` of the title: by it the message that shows a request is found again. */
export function requestMark(request: number): number {
  return 1_000 + (request % 999_000_000);
}

function titleOf(card: Card): string {
  const line = oneLine(card.title) || 'Drover';
  const whole = literal(line);
  return whole.length <= TITLE_LENGTH ? whole : fitWritten(line, TITLE_LENGTH, literal);
}

function writeBody(card: Card, room: number): { text: string; cut: boolean } {
  const parts: string[] = [];
  let left = room;
  for (const block of card.blocks) {
    const { text, cut } = writeBlock(block, left - 2);
    if (text.trim() !== '') parts.push(text);
    left -= text.length + 2;
    if (cut) return { text: parts.join('\n\n'), cut: true };
  }
  return { text: parts.join('\n\n'), cut: oneLine(card.title).length > TITLE_LENGTH };
}

function buttonRows({ buttons, operation }: Card): { rows: APIComponentInContainer[]; cut: boolean } {
  if (operation === null) return { rows: [], cut: false };
  const all = buttons.flatMap((button, at) => renderButton(button, at, operation) ?? []).slice(0, ROWS * ROW_BUTTONS);
  const rows = Array.from({ length: Math.ceil(all.length / ROW_BUTTONS) }, (_, row) => ({
    type: ComponentType.ActionRow as const,
    components: all.slice(row * ROW_BUTTONS, (row + 1) * ROW_BUTTONS),
  }));
  return { rows, cut: all.length < buttons.length };
}

function renderButton(
  button: Button,
  at: number,
  operation: NonNullable<Card['operation']>,
): APIButtonComponentWithCustomId | null {
  const id = formatPressId(pressIdOf(button, at, operation));
  if (id === null) return null;
  const label = shorten(oneLine(button.label), LABEL_LENGTH).trim() || button.verb;
  return { type: ComponentType.Button, style: styles[button.style], label, custom_id: id };
}

function fileName({ operation }: Card): string {
  return operation === null ? 'answer.txt' : `request-${operation.request}.txt`;
}
