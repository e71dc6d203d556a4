/** All of a card as a plain text file, for what a message has no room for. Nothing is wrapped: output can be megabytes. Pure. */
import type { Card, CardBlock } from '../card.ts';
import { clean, shorten } from './markdown.ts';

/** Far below the 10 MiB that a bot may upload. */
const FILE_LENGTH = 2_000_000;

export function fullText({ title, blocks, buttons }: Card): string {
  const choices = buttons.map(({ label }) => label).join(', ');
  const parts = [title, ...blocks.map(blockText), ...(choices === '' ? [] : [`Choices: ${choices}`])];
  return clean(shorten(parts.join('\n\n'), FILE_LENGTH));
}

function blockText(block: CardBlock): string {
  switch (block.kind) {
    case 'text':
    case 'code':
      return block.text;
    case 'fields':
      return block.fields.map(({ name, value }) => `${name}: ${value}`).join('\n');
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n');
    case 'table':
      return [block.columns, ...block.rows].map((row) => row.join(' | ')).join('\n');
    case 'steps':
      return block.steps
        .map(({ title, status, detail }) => `${status}: ${title}${detail === '' ? '' : ` (${detail})`}`)
        .join('\n');
  }
}
