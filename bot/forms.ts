/**
 * A form for any action, made of its schema, and what was filled in read back as the line that one could have typed.
 * Platforms draw it as a modal; nothing here knows which.
 */
import type { Action, JsonObject } from '../actions/action.ts';
import type { HostReader } from '../actions/host.ts';
import type { Registry } from '../actions/registry.ts';
import { formatMiB } from '../actions/units.ts';
import type { Form, FormAnswer, FormField, Forms, FormValues } from './chat/form.ts';
import { formatBound } from './command/format.ts';
import { commandFromOptions, type OptionValues } from './command/from-options.ts';
import { type Option, optionsOf } from './command/options.ts';
import { verbOf } from './command/verbs.ts';
import type { People } from './people.ts';

export interface FormPorts {
  registry: Registry;
  people: People;
  host: HostReader;
  now(): number;
}

export function createForms({ registry, people, host, now }: FormPorts): Forms {
  return {
    async form(name, user) {
      const action = registry.get(name);
      const identified = await people.identify(user);
      if (action === undefined || identified.kind === 'stranger') return null;
      return formOf(action, await capacityLine(host));
    },
    read(name, values) {
      const action = registry.get(name);
      if (action === undefined) return { kind: 'wrong', fields: {} };
      return readForm(action, values, now());
    },
  };
}

export function formOf(action: Action, intro: string): Form {
  return {
    action: action.name,
    title: `vm ${verbOf(action.name)}`,
    submit: 'Ask for it',
    intro,
    fields: optionsOf(action).map(fieldOf),
  };
}

export function readForm(action: Action, values: FormValues, now: number): FormAnswer {
  const parsed = commandFromOptions(action.name, givenOptions(action, values));
  if (parsed.kind === 'refusal') return wrong(unreadableField(action, values), parsed.reason);
  if (parsed.kind !== 'command' || parsed.command.kind !== 'action') return wrong(action.positional, 'not readable');
  const bound = action.bind(parsed.command.args, { requester: 'somebody', now });
  if (bound.kind === 'refused') {
    return wrong(fieldNamed(action, bound.reason), [bound.reason, bound.hint].filter(Boolean).join('; '));
  }
  const args = withoutGuesses(parsed.command.args, bound.args);
  return { kind: 'line', text: formatBound({ action, args }, { dryRun: false }) };
}

/** What nobody filled in is left to the journey, which knows who asks. */
function withoutGuesses(given: JsonObject, bound: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(bound).filter(([name]) => name in given));
}

function givenOptions(action: Action, values: FormValues): OptionValues {
  const given: OptionValues = {};
  for (const option of optionsOf(action)) {
    const value = values[option.name]?.trim() ?? '';
    if (option.kind === 'flag') given[option.name] = value === 'true';
    else if (value !== '') given[option.name] = option.kind === 'list' ? value.split(/[\s,]+/) : value;
  }
  return given;
}

function fieldOf(option: Option): FormField {
  const { name, kind, description, limits, byDefault, required } = option;
  const hint = [description, limits, kind === 'list' ? 'several: separate them by spaces' : null]
    .filter(Boolean)
    .join('; ');
  const common = { name, label: label(option), hint, optional: !required };
  if (kind === 'flag') return { ...common, optional: true, kind: 'flag', initial: byDefault === 'true' ? 'true' : '' };
  return { ...common, kind: 'text', initial: byDefault ?? '' };
}

function label({ option }: Option): string {
  return `${option.charAt(0).toUpperCase()}${option.slice(1).replaceAll('-', ' ')}`;
}

function wrong(field: string | null, reason: string): FormAnswer {
  return { kind: 'wrong', fields: { [field ?? '']: reason } };
}

/** Refusals of arguments begin with the argument's name. Where one does not, the form's first field says it. */
function fieldNamed(action: Action, reason: string): string | null {
  const options = optionsOf(action);
  const about = options.find(({ name }) => reason.startsWith(`${name}: `) || reason.startsWith(`${name} is missing`));
  return (about ?? options[0])?.name ?? null;
}

/** The first whose text alone cannot be read; the longest where only all together are too long. */
function unreadableField(action: Action, values: FormValues): string | null {
  const names = optionsOf(action).map(({ name }) => name);
  const alone = names.find(
    (name) => commandFromOptions(action.name, { [name]: values[name] ?? '' }).kind === 'refusal',
  );
  const length = (name: string) => values[name]?.length ?? 0;
  return alone ?? names.toSorted((one, other) => length(other) - length(one))[0] ?? null;
}

async function capacityLine(host: HostReader): Promise<string> {
  const { cpus, freeMemoryMiB, memoryMiB } = await host.capacity();
  return `The host has ${cpus} CPUs, ${formatMiB(freeMemoryMiB)} of ${formatMiB(memoryMiB)} memory free.`;
}
