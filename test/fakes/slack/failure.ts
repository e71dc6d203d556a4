/** An answer `{ok: false, error}`, and how methods of the fake read their arguments. */
import type { Json, JsonObject } from '../../../actions/action.ts';

export class SlackFailure extends Error {
  readonly error: string;

  constructor(error: string) {
    super(`the fake Slack answers ${error}`);
    this.error = error;
  }
}

export function text(args: JsonObject, name: string): string {
  const value = args[name];
  if (value === undefined || value === null) throw new SlackFailure('invalid_arguments');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function optionalText(args: JsonObject, name: string): string | null {
  return args[name] === undefined || args[name] === null ? null : text(args, name);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(args: JsonObject, name: string): JsonObject {
  const value = args[name];
  if (!isObject(value)) throw new SlackFailure('invalid_arguments');
  return value;
}

export function objects(args: JsonObject, name: string): JsonObject[] {
  const value = args[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
