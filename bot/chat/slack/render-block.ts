/** One block of a card as one Slack block that fits into the room that is left. Pure. */
import type { types } from '@slack/bolt';
import type { CardBlock, CardStep, StepStatus } from '../card.ts';
import { displayWidth, pad } from '../width.ts';
import { clean, fitJson, jsonSize, shorten } from './fit.ts';
import { bold, bullets, inline, preformatted, richText, section, spans } from './rich-text.ts';

/** What this message may still use. */
export interface Room {
  /** Characters of JSON. */
  size: number;
  /** Whether a `table` block may be used: Slack takes one a message. */
  table: boolean;
  /** Whether a `plan` block may be used: not where the workspace refused it, and one a message. */
  plan: boolean;
}

export interface Rendered {
  block: types.KnownBlock | null;
  /** Something was left out for lack of room. */
  cut: boolean;
}

/** Source: @slack/types, TableBlock. The first row holds the names. */
const TABLE_ROWS = 100;
const TABLE_CELLS = 20;
/** Slack does not say how many tasks a plan takes. */
const PLAN_TASKS = 40;
const TASK_TITLE_LENGTH = 250;
/** JSON around the text of a block, generously. */
const FRAME = 200;

const signs = {
  pending: '○',
  running: '▸',
  done: '✓',
  failed: '✗',
  unknown: '?',
  skipped: '–',
} satisfies Record<StepStatus, string>;

/** Slack knows neither "unknown" nor "skipped": those say so in words. */
const taskStatus = {
  pending: 'pending',
  running: 'in_progress',
  done: 'complete',
  failed: 'error',
  unknown: 'error',
  skipped: 'complete',
} satisfies Record<StepStatus, types.TaskCardBlock['status']>;

export function renderBlock(block: CardBlock, room: Room): Rendered {
  switch (block.kind) {
    case 'text':
      return oneText(block.text, room, (text) => richText(section(...inline(text))));
    case 'code':
      return oneText(block.text, room, (text) => richText(preformatted(text)));
    case 'fields':
      return asMany(block.fields, room, (fields) =>
        richText(
          section(...fields.flatMap(({ name, value }) => [...bold(`${name}: `), ...inline(value), ...spans('\n')])),
        ),
      );
    case 'list':
      return asMany(
        block.items.filter((item) => item.trim() !== ''),
        room,
        (items) => richText(bullets(items)),
      );
    case 'table':
      return tabular(block.columns, block.rows, room);
    case 'steps':
      return room.plan && block.steps.length <= PLAN_TASKS ? plan(block.steps, room) : stepLines(block.steps, room);
  }
}

/** Markup around the pieces can be long (a text full of backticks): then it is shown as one literal piece. */
function oneText(text: string, room: Room, build: (text: string) => types.KnownBlock): Rendered {
  if (text.trim() === '') return { block: null, cut: false };
  const whole = build(text);
  if (jsonSize(whole) <= room.size) return { block: whole, cut: false };
  const fitted = fitJson(clean(text), room.size - FRAME - 40 * Math.ceil(room.size / 3000));
  return { block: richText(section(...spans(fitted))), cut: true };
}

/** As many items as fit, from the first. */
function asMany<T>(items: T[], room: Room, build: (items: T[]) => types.KnownBlock): Rendered {
  if (items.length === 0) return { block: null, cut: false };
  let count = items.length;
  while (count > 0 && jsonSize(build(items.slice(0, count))) > room.size) count = Math.floor(count * 0.8);
  return { block: count === 0 ? null : build(items.slice(0, count)), cut: count < items.length };
}

function tabular(columns: string[], rows: string[][], room: Room): Rendered {
  if (columns.length === 0) return { block: null, cut: false };
  const cells = [columns, ...rows].map((row) => columns.map((_, at) => clean(row[at] ?? '').trim() || '–'));
  if (!room.table || columns.length > TABLE_CELLS) {
    return oneText(tableText(cells), room, (text) => richText(preformatted(text)));
  }
  const { block, cut } = asMany(cells.slice(0, TABLE_ROWS), room, (fitting) => ({
    type: 'table',
    rows: fitting.map((row) => row.map((text) => ({ type: 'raw_text', text }))),
  }));
  return { block, cut: cut || cells.length > TABLE_ROWS };
}

function tableText(cells: string[][]): string {
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.min(40, Math.max(...cells.map((row) => displayWidth(row[at] ?? '')))),
  );
  return cells
    .map((row) =>
      row
        .map((cell, at) => pad(cell.replaceAll('\n', ' '), widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function plan(steps: CardStep[], room: Room): Rendered {
  const done = steps.filter(({ status }) => status === 'done' || status === 'skipped').length;
  const title = `${done} of ${steps.length} steps done`;
  const tasks = steps.map(({ title, status, detail }, at): types.TaskCardBlock => {
    const note = [status === 'unknown' || status === 'skipped' ? status : '', clean(detail).trim()].filter(
      (part) => part !== '',
    );
    return {
      type: 'task_card',
      task_id: `step-${at}`,
      title: shorten(clean(title).trim(), TASK_TITLE_LENGTH) || `step ${at + 1}`,
      status: taskStatus[status],
      ...(note.length === 0 ? {} : { details: richText(section(...spans(note.join(': ')))) }),
    };
  });
  const block: types.PlanBlock = { type: 'plan', title, tasks };
  return jsonSize(block) <= room.size ? { block, cut: false } : stepLines(steps, room);
}

function stepLines(steps: CardStep[], room: Room): Rendered {
  const lines = steps.map(({ title, status, detail }) => {
    const word = status === 'unknown' || status === 'skipped' ? ` (${status})` : '';
    return `${signs[status]} ${title}${word}${detail === '' ? '' : `: ${detail}`}\n`;
  });
  return asMany(lines, room, (fitting) => richText(section(...fitting.flatMap(spans))));
}
