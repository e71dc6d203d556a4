/** One block of a card as text in Discord's markdown that fits into the room that is left. Pure. */
import type { CardBlock, CardStep, StepStatus } from '../card.ts';
import { displayWidth, pad } from '../width.ts';
import { clean, codeBlock, fitWritten, inline, literal, oneLine } from './markdown.ts';

export interface Written {
  /** '' for nothing to show. */
  text: string;
  /** Something was left out for lack of room. */
  cut: boolean;
}

/** Cells that a code block shows in one line on a desktop. */
const TABLE_WIDTH = 90;

const signs = {
  pending: '○',
  running: '▸',
  done: '✓',
  failed: '✗',
  unknown: '?',
  skipped: '–',
} satisfies Record<StepStatus, string>;

export function writeBlock(block: CardBlock, room: number): Written {
  switch (block.kind) {
    case 'text':
      return oneText(block.text, room);
    case 'code':
      return block.text.trim() === '' ? nothing : fitted(block.text, room, codeBlock);
    case 'fields':
      return someLines(
        block.fields.map(({ name, value }) => `**${literal(oneLine(name)) || '–'}:** ${inline(oneLine(value))}`),
        room,
      );
    case 'list':
      return someLines(
        block.items.filter((item) => item.trim() !== '').map((item) => `- ${inline(oneLine(item))}`),
        room,
      );
    case 'table':
      return table(block.columns, block.rows, room);
    case 'steps':
      return someLines(block.steps.map(stepLine), room);
  }
}

const nothing: Written = { text: '', cut: false };

function oneText(text: string, room: number): Written {
  if (text.trim() === '') return nothing;
  const whole = inline(text);
  return whole.length <= room
    ? { text: whole, cut: false }
    : { text: fitWritten(clean(text), room, literal), cut: true };
}

function fitted(text: string, room: number, write: (text: string) => string): Written {
  const whole = write(text);
  return whole.length <= room ? { text: whole, cut: false } : { text: fitWritten(clean(text), room, write), cut: true };
}

/** As many lines as fit, from the first; a first line that is too long alone is left out too. */
function someLines(lines: string[], room: number): Written {
  let used = 0;
  const fitting = lines.filter((line) => {
    used += line.length + 1;
    return used <= room;
  });
  return { text: fitting.join('\n'), cut: fitting.length < lines.length };
}

/** Columns side by side where they fit on a screen; else a line for each row. */
function table(columns: string[], rows: string[][], room: number): Written {
  if (columns.length === 0) return nothing;
  const cells = [columns, ...rows].map((row) => columns.map((_, at) => oneLine(row[at] ?? '') || '–'));
  const isWide = cells.some((row) => row.join('  ').length > TABLE_WIDTH);
  const widths = isWide ? [] : columns.map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? ''))));
  if (isWide || sum(widths) + 2 * columns.length > TABLE_WIDTH)
    return someLines(cells.slice(1).map(rowLine(columns)), room);
  const lines = cells.map((row) =>
    row
      .map((cell, at) => pad(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const { text, cut } = someLines(lines, room - codeBlock('').length - 2);
  const block = text.trim() === '' ? '' : codeBlock(text);
  return block.length <= room ? { text: block, cut } : { text: '', cut: true };
}

/** `- **web-01** · State: running · Owner: alice` */
function rowLine(columns: string[]): (row: string[]) => string {
  const names = columns.map((column) => literal(oneLine(column)) || '–');
  return ([first = '', ...others]) =>
    [`- **${literal(first)}**`, ...others.map((cell, at) => `${names[at + 1]}: ${literal(cell)}`)].join(' · ');
}

function sum(sizes: number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

function stepLine({ title, status, detail }: CardStep): string {
  const word = status === 'unknown' || status === 'skipped' ? ` (${status})` : '';
  const more = detail.trim() === '' ? '' : `: ${inline(oneLine(detail))}`;
  return `${signs[status]} ${inline(oneLine(title))}${word}${more}`;
}
