/**
 * Catches a slip in the name of an existing VM before anything is done. Names that look alike stay different names:
 * the near one is offered, never taken.
 */
import type { Action, Json, JsonObject } from '../../actions/action.ts';
import { nearest } from '../../actions/nearest.ts';
import { formatCommand } from './format.ts';
import type { Wrong } from './tokens.ts';
import { show } from './wrongs.ts';

/** Names of the positional argument by which an action says that the VM is there already; a new VM's is `name`. */
const existing = new Set(['vm', 'vms']);

/** null: nothing to say. A name that is near to none passes, and the action answers that it does not exist. */
export function checkVmNames(
  action: Action,
  args: JsonObject,
  dryRun: boolean,
  vmNames: readonly string[],
): Wrong | null {
  const { positional } = action;
  const value = positional !== null && existing.has(positional) ? args[positional] : undefined;
  if (positional === null || value === undefined) return null;
  const seen = new Set(vmNames.map((name) => name.normalize('NFC')));
  for (const typed of textsOf(value)) {
    const near = seen.has(typed) ? null : nearest(typed, seen);
    if (near === null) continue;
    const corrected = { ...args, [positional]: exchange(value, typed, near) };
    return { kind: 'wrong', reason: reasonFor(typed, near), attempts: [formatCommand(action, corrected, { dryRun })] };
  }
  return null;
}

function textsOf(value: Json): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

function exchange(value: Json, typed: string, near: string): Json {
  return Array.isArray(value) ? value.map((item) => (item === typed ? near : item)) : near;
}

/** Where the letters that differ look the same, their code points are the only thing that shows it. */
function reasonFor(typed: string, near: string): string {
  const foreign = Array.from(typed).find((letter) => /[^\p{ASCII}]/u.test(letter) && !near.includes(letter));
  const point = foreign?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  const note = point === undefined ? '' : ` (its ${foreign} is U+${point})`;
  return `you have no VM ${show(typed)}${note}; the nearest name is ${near}`;
}
