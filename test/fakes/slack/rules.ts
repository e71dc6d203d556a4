/**
 * What Slack enforces on blocks, messages and views and its types do not say. Pure.
 * Sources: docs.slack.dev/reference/block-kit, slackapi/bolt-js#2509 and #2867 (the undocumented total).
 */
import { z } from 'zod';
import type { SlackSchemas } from './schema.ts';

/** Characters of all blocks as JSON: text plus containers, the stricter reading of bolt-js#2509. */
export const MESSAGE_BLOCKS_CHARACTERS = 13_200;
export const MESSAGE_TEXT_CHARACTERS = 40_000;
const MESSAGE_BLOCKS = 50;
const VIEW_BLOCKS = 100;
/** Event payloads of message metadata, as JSON. */
const METADATA_CHARACTERS = 8_000;

const Element = z.looseObject({ type: z.string(), action_id: z.string().optional() });
const Block = z.looseObject({
  type: z.string(),
  block_id: z.string().optional(),
  elements: z.array(z.unknown()).optional(),
  accessory: Element.optional(),
  tasks: z.array(z.looseObject({ task_id: z.string() })).optional(),
  rows: z.array(z.array(z.unknown())).optional(),
});
export const Blocks = z.array(Block);
const View = z.looseObject({ type: z.string(), blocks: Blocks, submit: z.unknown().optional() });

/** A broken rule: what Slack would answer, and why. */
export interface Broken {
  error: string;
  why: string;
}

const invalid = (why: string): Broken => ({ error: 'invalid_blocks', why });

export function checkMessageBlocks(value: unknown, schemas: SlackSchemas): Broken[] {
  const blocks = Blocks.safeParse(value);
  if (!blocks.success) return [{ error: 'invalid_blocks_format', why: blocks.error.message }];
  const size = JSON.stringify(value).length;
  return [
    ...commonRules(blocks.data, schemas),
    ...(blocks.data.length > MESSAGE_BLOCKS
      ? [invalid(`${blocks.data.length} blocks, at most ${MESSAGE_BLOCKS}`)]
      : []),
    ...(size > MESSAGE_BLOCKS_CHARACTERS
      ? [{ error: 'msg_blocks_too_long', why: `${size} characters of blocks` }]
      : []),
    ...(count(blocks.data, 'table') > 1 ? [{ error: 'only_one_table_allowed', why: 'two tables in one message' }] : []),
    ...(count(blocks.data, 'plan') > 0 && count(blocks.data, 'task_card') > 0
      ? [invalid('plan and task_card mixed')]
      : []),
    ...(count(blocks.data, 'input') + count(blocks.data, 'alert') > 0 ? [invalid('input or alert in a message')] : []),
  ];
}

export function checkView(value: unknown, schemas: SlackSchemas): Broken[] {
  const view = View.safeParse(value);
  if (!view.success) return [{ error: 'invalid_arguments', why: view.error.message }];
  const { blocks, type, submit } = view.data;
  const needsSubmit = type === 'modal' && count(blocks, 'input') > 0 && submit === undefined;
  return [
    ...commonRules(blocks, schemas),
    ...(blocks.length > VIEW_BLOCKS ? [invalid(`${blocks.length} blocks, at most ${VIEW_BLOCKS}`)] : []),
    ...(needsSubmit ? [{ error: 'invalid_arguments', why: 'a modal with inputs needs submit' }] : []),
  ];
}

export function checkMetadata(value: unknown): Broken[] {
  const Metadata = z.object({ event_type: z.string().regex(/^[a-zA-Z0-9_]+$/), event_payload: z.looseObject({}) });
  if (!Metadata.safeParse(value).success) return [{ error: 'invalid_metadata_format', why: JSON.stringify(value) }];
  const size = JSON.stringify(value).length;
  return size > METADATA_CHARACTERS ? [{ error: 'metadata_too_large', why: `${size} characters` }] : [];
}

function commonRules(blocks: z.infer<typeof Blocks>, schemas: SlackSchemas): Broken[] {
  const blockIds = blocks.flatMap(({ block_id }) => block_id ?? []);
  const taskIds = blocks.flatMap(({ tasks }) => (tasks ?? []).map(({ task_id }) => task_id));
  return [
    ...blocks.flatMap((block, at) => schemas.checkBlock(block).map((why) => invalid(`/blocks/${at}${why}`))),
    ...repeated(blockIds).map((id) => invalid(`block_id ${id} twice`)),
    ...repeated(taskIds).map((id) => invalid(`task_id ${id} twice`)),
    ...blocks.flatMap((block) => repeated(actionIds(block)).map((id) => invalid(`action_id ${id} twice in a block`))),
    ...blocks.flatMap(raggedTable),
    ...emptyTexts(blocks).map((path) => invalid(`${path} is empty`)),
  ];
}

function actionIds(block: z.infer<typeof Block>): string[] {
  const elements = [...(block.elements ?? []), block.accessory].map((element) => Element.safeParse(element));
  return elements.flatMap((element) => (element.success ? (element.data.action_id ?? []) : []));
}

function raggedTable({ type, rows }: z.infer<typeof Block>): Broken[] {
  const ragged = type === 'table' && new Set((rows ?? []).map((row) => row.length)).size > 1;
  return ragged ? [invalid('rows of a table differ in length')] : [];
}

/** Every text that Slack shows must have at least one character. */
function emptyTexts(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((inner, at) => emptyTexts(inner, `${path}/${at}`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'text' && inner === '' ? [`${path}/${key}`] : emptyTexts(inner, `${path}/${key}`),
  );
}

function repeated(ids: string[]): string[] {
  return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
}

function count(blocks: z.infer<typeof Blocks>, type: string): number {
  return blocks.filter((block) => block.type === type).length;
}
