/** What a Web API method of the fake Slack is. */
import type { JsonObject } from '../../../actions/action.ts';
import type { SlackSchemas } from './schema.ts';
import type { World } from './world.ts';

export interface MethodContext {
  world: World;
  schemas: SlackSchemas;
  /** Address of the fake, without a slash at the end. */
  origin: string;
  /** A fresh address for a Socket Mode connection. */
  socketUrl(): string;
}

/** Gives what stands in the answer beside `ok: true`; throws `SlackFailure`. */
export type Method = (args: JsonObject, ctx: MethodContext) => JsonObject;
