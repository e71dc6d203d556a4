/**
 * Puts the limits that Slack's type comments state in words ("Maximum length for this field is 255 characters") into the
 * schema made from them, and closes what the types leave open. Pure.
 */
import { z } from 'zod';

export const JsonSchema = z.looseObject({ definitions: z.record(z.string(), z.unknown()) });
export type JsonSchema = z.infer<typeof JsonSchema>;

type Node = Record<string, unknown>;

const lengthPatterns = [
  /max(?:imum)? length (?:for|of) (?:this field|the `?text`? in this field|the text in this field|the field)? ?(?:is )?([\d,]+)/i,
  /maximum length (?:of|is) ([\d,]+) characters/i,
  /max length of ([\d,]+) characters/i,
  /limit ([\d,]+) characters max/i,
];
const itemPatterns = [
  /maximum number of (?:items|options|option groups) (?:is|allowed is) ([\d,]+)/i,
  /maximum of ([\d,]+) (?:elements|items|options|suggested prompts|shortcuts|slash commands)/i,
  /max of ([\d,]+) blocks/i,
  /maximum ([\d,]+) (?:rows|items|blocks)/i,
  /maximum ([\d,]+) cards/i,
];
const eachItemPattern = /maximum length for the text in each item is ([\d,]+)/i;
const cellsPattern = /max of ([\d,]+) table cells/i;

export function withLimits(schema: JsonSchema): JsonSchema {
  const { definitions } = schema;
  // A plain `Block` lets every unknown block pass; a plan's tasks may be any record by the type.
  const closed = 'Block' in definitions ? { ...definitions, Block: { not: {} } } : definitions;
  const limited = Object.fromEntries(Object.entries(closed).map(([name, node]) => [name, limitNode(node)]));
  const plan = 'PlanBlock' in limited ? { PlanBlock: strictTasks(limited.PlanBlock) } : {};
  return { ...schema, definitions: { ...limited, ...plan } };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Walks a schema and narrows every property whose comment states a limit. */
function limitNode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(limitNode);
  if (!isNode(value)) return value;
  const walked = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, limitNode(inner)]));
  return typeof walked.description === 'string' ? narrow(walked, walked.description) : walked;
}

function narrow(node: Node, description: string): Node {
  const words = description.replaceAll(/\s+/g, ' ');
  if (node.type === 'string') return { ...node, ...bound('maxLength', first(lengthPatterns, words)) };
  if (node.type === 'array')
    return { ...node, ...bound('maxItems', first(itemPatterns, words)), ...items(node, words) };
  // A reference to a text object: the limit is on the text inside.
  const length = typeof node.$ref === 'string' ? first(lengthPatterns, words) : null;
  return length === null ? node : { allOf: [node, { properties: { text: { maxLength: length, minLength: 1 } } }] };
}

function items(node: Node, words: string): Node {
  const each = first([eachItemPattern], words);
  const cells = first([cellsPattern], words);
  if (each !== null) return { items: { allOf: [node.items, { properties: { text: { maxLength: each } } }] } };
  return cells === null ? {} : { items: { allOf: [node.items, { maxItems: cells }] } };
}

function bound(keyword: string, limit: number | null): Node {
  return limit === null ? {} : { [keyword]: limit };
}

function first(patterns: RegExp[], words: string): number | null {
  for (const pattern of patterns) {
    const found = pattern.exec(words)?.[1];
    if (found !== undefined) return Number(found.replaceAll(',', ''));
  }
  return null;
}

function strictTasks(plan: unknown): unknown {
  if (!isNode(plan) || !isNode(plan.properties)) return plan;
  const tasks = { type: 'array', items: { $ref: '#/definitions/TaskCardBlock' } };
  return { ...plan, properties: { ...plan.properties, tasks } };
}
