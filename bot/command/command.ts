/** What a line of chat, a slash command, a form or a button becomes: the same value for every platform. */
import type { JsonObject } from '../../actions/action.ts';

/** A typed but not yet checked request for an action; `args` are checked when the action is bound. */
export type Command =
  | { kind: 'action'; action: string; args: JsonObject; dryRun: boolean }
  | { kind: 'help'; verb: string | null }
  | { kind: 'explain'; of: Command & { kind: 'action' } };

export type Parsed =
  | { kind: 'ignored' }
  | { kind: 'command'; command: Command }
  | { kind: 'refusal'; reason: string; suggestion: string | null };
