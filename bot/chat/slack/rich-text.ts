/**
 * Slack's rich text: what stands in a `text` element is shown literally, so no name can become markup or a mention.
 * Text between backticks becomes code. Pure.
 */
import type { types } from '@slack/bolt';
import { clean } from './fit.ts';

export function richText(...elements: types.RichTextBlock['elements']): types.RichTextBlock {
  return { type: 'rich_text', elements };
}

export function section(...elements: types.RichTextElement[]): types.RichTextSection {
  return { type: 'rich_text_section', elements };
}

export function preformatted(text: string): types.RichTextPreformatted {
  return { type: 'rich_text_preformatted', elements: spans(text) };
}

export function bullets(items: string[]): types.RichTextList {
  return { type: 'rich_text_list', style: 'bullet', elements: items.map((item) => section(...inline(item))) };
}

export function bold(text: string): types.RichTextText[] {
  return spans(text).map((element) => ({ ...element, style: { bold: true } }));
}

/** Literal text with `code` between backticks. */
export function inline(text: string): types.RichTextText[] {
  const pieces = text.split(/`([^`\n]+)`/);
  return pieces.flatMap((piece, at) =>
    at % 2 === 0 ? spans(piece) : spans(piece).map((element) => ({ ...element, style: { code: true } })),
  );
}

/**
 * Slack documents no limit for one element; sections have 3,000 UTF-16 units, which 1,500 code points never pass.
 * None for '' for ''; never cut inside a character.
 */
export function spans(text: string): types.RichTextText[] {
  const pieces = clean(text).match(/.{1,1500}/gsu) ?? [];
  return pieces.map((piece) => ({ type: 'text' as const, text: piece }));
}
