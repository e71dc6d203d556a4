/**
 * Hides known secret values in what leaves Drover. The callback has hidden them already (drover_redaction.py); this is
 * the second look, for whoever has the values at hand, with the same forms.
 */
import { type Malformed, PlayEvent } from './events.ts';

const SHORTEST = 4;
const SHORTEST_LINE = 6;

/** Words of our own, and names that other events are matched by. A secret may be the word `failed`. */
const kept = new Set(['kind', 'status', 'v', 'seq', 'at', 'taskId', 'playId', 'host', 'hosts']);

export interface Redactor {
  text(text: string): string;
  event(event: PlayEvent | Malformed): PlayEvent | Malformed;
}

export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const names = new Map(Object.entries(secrets).flatMap(([name, value]) => formsOf(value).map((form) => [form, name])));
  const forms = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  const text = (given: string) =>
    forms.length === 0 ? given : given.replace(pattern, (form) => `[hidden: ${names.get(form)}]`);
  return {
    text,
    event: (event) => (event.kind === 'malformed' ? event : PlayEvent.parse(redactFields(event, text))),
  };
}

function redactFields(value: unknown, text: (given: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((each) => redactFields(each, text));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, each]) => [key, kept.has(key) ? each : redactFields(each, text)]);
  return Object.fromEntries(fields);
}

function formsOf(value: string): string[] {
  const lines = value.split(/\r\n|\n|\r/).map((line) => line.trim());
  const whole = [value, value.trim()];
  const forms = [
    ...whole,
    ...lines.filter((line) => line.length >= SHORTEST_LINE),
    ...whole.flatMap((each) => [
      JSON.stringify(each).slice(1, -1),
      each.replaceAll("'", `'"'"'`),
      encodeURIComponent(each.toWellFormed()),
      Buffer.from(each).toString('base64'),
    ]),
  ];
  return forms.filter((form) => form.length >= SHORTEST);
}
