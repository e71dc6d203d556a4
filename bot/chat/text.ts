/**
 * A card as plain text, for terminals and logs. Nothing is cut off: what does not fit in `width` goes on in the next line.
 * Meaning is carried by words and signs, never by colour.
 */
import type { Card, CardBlock, CardStep, StepStatus } from './card.ts';
import { displayWidth, pad, printable, wrap } from './width.ts';

/** Cells of a classic terminal. */
const DEFAULT_WIDTH = 80;
const INDENT = '  ';
/** A name of a field wider than this stands in a line of its own. */
const MAX_NAME_WIDTH = 24;

const toneWords = {
  info: '',
  waiting: '[waiting] ',
  running: '[running] ',
  good: '[done] ',
  bad: '[not done] ',
  unknown: '[unknown] ',
} satisfies Record<Card['tone'], string>;

const statusSigns = {
  pending: '○ pending',
  running: '▸ running',
  done: '✓ done',
  failed: '✗ failed',
  unknown: '? unknown',
  skipped: '– skipped',
} satisfies Record<StepStatus, string>;

/** Lines of at most `width` cells (at least 20) joined by line feeds, without one at the end. */
export function cardToText(card: Card, { width = DEFAULT_WIDTH }: { width?: number } = {}): string {
  const inner = Math.max(20, width) - INDENT.length;
  const title = wrap(printable(toneWords[card.tone] + card.title), inner + INDENT.length);
  const body = [...card.blocks.map((block) => blockLines(block, inner)), choices(card, inner)];
  return [...title, ...body.flat().map((line) => (INDENT + line).trimEnd())].join('\n');
}

function blockLines(block: CardBlock, width: number): string[] {
  switch (block.kind) {
    case 'text':
      return wrap(printable(block.text), width);
    case 'fields':
      return pairLines(
        block.fields.map(({ name, value }) => [name, value]),
        width,
      );
    case 'list':
      return block.items.flatMap((item) => hang('- ', item, width));
    case 'table':
      return tableLines(block.columns, block.rows, width);
    case 'code':
      return printable(block.text)
        .split('\n')
        .map((line) => `| ${line}`);
    case 'steps':
      return block.steps.flatMap((step) => stepLines(step, width));
  }
}

function stepLines({ status, title, detail }: CardStep, width: number): string[] {
  return hang(pad(statusSigns[status], 11), detail === '' ? title : `${title}: ${detail}`, width);
}

/** Name and value in two columns; a very wide name takes a line of its own. */
function pairLines(pairs: (readonly [string, string])[], width: number): string[] {
  const names = pairs.map(([name]) => displayWidth(name)).filter((size) => size <= MAX_NAME_WIDTH);
  const column = Math.min(Math.max(0, ...names) + 2, Math.floor(width / 2));
  return pairs.flatMap(([name, value]) =>
    displayWidth(name) + 2 <= column
      ? hang(pad(name, column), value, width)
      : [...wrap(printable(name), width), ...hang(INDENT, value, width)],
  );
}

/** Columns side by side where they fit; else each row as name and value. */
function tableLines(columns: string[], rows: string[][], width: number): string[] {
  const cells = [columns, ...rows].map((row) => columns.map((_, at) => printable(row[at] ?? '').replaceAll('\n', ' ')));
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? ''))));
  const total = widths.reduce((sum, size) => sum + size, 0) + 2 * (columns.length - 1);
  if (total <= width) return cells.map((row) => row.map((cell, at) => pad(cell, widths[at] ?? 0)).join('  '));
  return rows.flatMap((row, number) => [
    ...(number === 0 ? [] : ['']),
    ...pairLines(
      columns.map((column, at) => [column, row[at] ?? '']),
      width,
    ),
  ]);
}

/** What one may answer, in words: a terminal has no buttons. */
function choices({ buttons, operation }: Card, width: number): string[] {
  if (buttons.length === 0) return [];
  const labels = buttons.map(({ label, verb }) => `${label} (${verb})`).join(', ');
  return hang('Choices: ', operation === null ? labels : `${labels}; request ${operation.request}`, width);
}

/** `text` after `head`, its further lines indented as far as `head` is wide. */
function hang(head: string, text: string, width: number): string[] {
  const safeHead = printable(head);
  const column = displayWidth(safeHead);
  return wrap(printable(text), width - column).map((line, at) => (at === 0 ? safeHead : ' '.repeat(column)) + line);
}
