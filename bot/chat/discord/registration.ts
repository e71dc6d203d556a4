/**
 * Keeps Discord's copy of the commands as it should be, and touches only what differs: creates are limited to 200 a day and
 * guild, and a needless update makes every client load the commands anew.
 */
import { Routes } from 'discord.js';
import { z } from 'zod';
import type { Calls } from './calls.ts';
import type { CommandDefinition } from './commands.ts';

/** Only what a definition says; Discord adds much, and leaves out what is false. */
const Option = z.object({
  type: z.number(),
  name: z.string(),
  description: z.string(),
  required: z.boolean().default(false),
  autocomplete: z.boolean().default(false),
  get options(): z.ZodDefault<z.ZodArray<typeof Option>> {
    return z.array(Option).default([]);
  },
});
const Definition = z.object({
  name: z.string(),
  description: z.string(),
  contexts: z.array(z.number()).nullish(),
  options: z.array(Option).default([]),
});
const Registered = z.array(z.looseObject({ id: z.string(), name: z.string(), description: z.string() }));

export interface RegistrationOptions {
  calls: Calls;
  application: string;
  /** null: for all guilds, which takes Discord longer to spread. */
  guild: string | null;
}

/** Gives what was done. */
export async function registerCommands(
  wanted: readonly CommandDefinition[],
  { calls, application, guild }: RegistrationOptions,
): Promise<{ created: string[]; changed: string[]; deleted: string[] }> {
  const path =
    guild === null ? Routes.applicationCommands(application) : Routes.applicationGuildCommands(application, guild);
  const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', route: `/${string}`, body: object | null) =>
    calls.call({ method, path: route, lane: () => 'urgent', repeatable: true, body: () => body });
  const registered = Registered.parse(await call('GET', path, null));
  const done = { created: [] as string[], changed: [] as string[], deleted: [] as string[] };
  for (const command of wanted) {
    const old = registered.find(({ name }) => name === command.name);
    if (old !== undefined && isSame(old, command)) continue;
    if (old === undefined) await call('POST', path, command);
    else await call('PATCH', `${path}/${old.id}`, withoutType(command));
    (old === undefined ? done.created : done.changed).push(command.name);
  }
  for (const { id, name } of registered) {
    if (wanted.some((command) => command.name === name)) continue;
    await call('DELETE', `${path}/${id}`, null);
    done.deleted.push(name);
  }
  return done;
}

/** What a command is cannot be changed, so an update must not say it. */
function withoutType({ type: _, ...command }: CommandDefinition): object {
  return command;
}

function isSame(old: unknown, wanted: CommandDefinition): boolean {
  return JSON.stringify(Definition.parse(old)) === JSON.stringify(Definition.parse(wanted));
}
