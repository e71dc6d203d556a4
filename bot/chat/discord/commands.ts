/**
 * `/vm` with a subcommand for each action, made of the registry: adding an action is all it takes to have it here. Pure.
 * Limits: docs.discord.com/developers/interactions/application-commands (25 options, names 32, descriptions 100, 8,000 in all)
 */
import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionContextType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import type { Action } from '../../../actions/action.ts';
import { type Option, optionsOf } from '../../command/options.ts';
import { type Entry, layOut, nameOf, pathOf } from './layout.ts';
import { clean, shorten } from './markdown.ts';

export const COMMAND = 'vm';
/** Any command as one line, for what options cannot say. */
export const LINE = { sub: 'line', option: 'text' } as const;
export const HELP = { sub: 'help', option: 'verb' } as const;
export const EXPLAIN = { sub: 'explain', option: 'command' } as const;
export const DRY_RUN = 'dry-run';

/** What autocompletion can be asked for. */
export type Completable = 'vm' | 'verb' | 'template';

const DESCRIPTION_LENGTHS = [100, 70, 45, 25, 10];
const MOST_OPTIONS = 25;
const MOST_CHARACTERS = 8_000;

/** Arguments whose values are known names. */
const completables = new Map<string, Completable>([
  ['vm', 'vm'],
  ['vms', 'vm'],
  ['image', 'template'],
]);

export type CommandDefinition = RESTPostAPIChatInputApplicationCommandsJSONBody;

/** `withForm`: actions that open a form when something is missing, so that nothing is required. */
export function defineCommand(actions: readonly Action[], withForm: ReadonlySet<string>): CommandDefinition {
  for (const length of DESCRIPTION_LENGTHS) {
    const command = defineWithin(actions, withForm, length);
    if (countCharacters(command) <= MOST_CHARACTERS) return command;
  }
  throw new Error(`/${COMMAND} is longer than Discord's ${MOST_CHARACTERS} characters, even with short descriptions`);
}

function defineWithin(actions: readonly Action[], withForm: ReadonlySet<string>, length: number): CommandDefinition {
  const entries = layOut(actions, OWN.length);
  const made = (entry: Entry) => subcommand(entry, withForm.has(entry.action.name), length);
  const groups = [...new Set(entries.flatMap(({ group }) => group ?? []))];
  return {
    type: ApplicationCommandType.ChatInput,
    name: COMMAND,
    description: 'See and operate virtual machines',
    contexts: [InteractionContextType.Guild],
    options: [
      ...entries.filter(({ group }) => group === null).map(made),
      ...groups.map((name) => groupOf(name, entries.filter(({ group }) => group === name).map(made), length)),
      ...OWN,
    ],
  };
}

function groupOf(
  name: string,
  options: APIApplicationCommandSubcommandOption[],
  length: number,
): APIApplicationCommandSubcommandGroupOption {
  const summary = describe(options.map((option) => option.name).join(', '), length);
  return { type: ApplicationCommandOptionType.SubcommandGroup, name, description: summary, options };
}

/** The action at `disk add` or `stop`; null: there is none. */
export function findAction(actions: readonly Action[], path: string): Action | null {
  return layOut(actions, OWN.length).find((entry) => pathOf(entry) === path)?.action ?? null;
}

/** `grace` for `graceSeconds`. */
export function optionName({ option }: Option): string {
  return nameOf(option);
}

export function completableOf({ name, kind }: Option): Completable | null {
  return kind === 'flag' ? null : (completables.get(name) ?? null);
}

function subcommand({ name, action }: Entry, hasForm: boolean, length: number): APIApplicationCommandSubcommandOption {
  const options = optionsOf(action).toSorted((a, b) => Number(b.required) - Number(a.required));
  const dryRun = action.risk === 'read' ? [] : [dryRunOption(length)];
  const room = MOST_OPTIONS - dryRun.length;
  return {
    type: ApplicationCommandOptionType.Subcommand,
    name,
    description: describe(action.summary, length),
    options: [...options.slice(0, room).map((option) => argument(option, hasForm, length)), ...dryRun],
  };
}

function argument(option: Option, hasForm: boolean, length: number): APIApplicationCommandBasicOption {
  const common = {
    name: optionName(option),
    description: describe(option.description || option.option, length),
    ...(option.required && !hasForm ? { required: true } : {}),
  };
  if (option.kind === 'flag') return { type: ApplicationCommandOptionType.Boolean, ...common };
  const autocomplete = completableOf(option) === null ? {} : { autocomplete: true };
  return { type: ApplicationCommandOptionType.String, ...common, ...autocomplete };
}

function dryRunOption(length: number): APIApplicationCommandBasicOption {
  const description = describe('Show the plan and change nothing', length);
  return { type: ApplicationCommandOptionType.Boolean, name: DRY_RUN, description };
}

const text = (name: string, description: string, more: { required?: boolean; autocomplete?: true }) => ({
  type: ApplicationCommandOptionType.String as const,
  name,
  description,
  ...more,
});
const sub = (name: string, description: string, option: APIApplicationCommandBasicOption) => ({
  type: ApplicationCommandOptionType.Subcommand as const,
  name,
  description,
  options: [option],
});

const lineCommand = sub(
  LINE.sub,
  'Any command as one line',
  text(LINE.option, 'such as: stop web-01 --grace 2m', { required: true }),
);
const helpCommand = sub(HELP.sub, 'What can be asked', text(HELP.option, 'a command', { autocomplete: true }));
const explainCommand = sub(
  EXPLAIN.sub,
  'Who may run a command, and why',
  text(EXPLAIN.option, 'such as: stop web-01', { required: true }),
);

function describe(words: string, length: number): string {
  return shorten(clean(words).replace(/\s+/g, ' ').trim() || '…', length);
}

const OWN = [lineCommand, helpCommand, explainCommand];

interface Level {
  name: string;
  description?: string | undefined;
  options?: readonly unknown[] | undefined;
}

/** As Discord counts: names and descriptions of all levels. */
function countCharacters({ name, description, options }: Level): number {
  const inner = (options ?? []).filter(isLevel).map(countCharacters);
  return [name.length, (description ?? '').length, ...inner].reduce((sum, size) => sum + size, 0);
}

function isLevel(value: unknown): value is Level {
  return typeof value === 'object' && value !== null && 'name' in value;
}
