/**
 * A form for any action, made of its schema, and what was filled in read back as the line that one could have typed.
 * Platforms draw it as a modal; nothing here knows which.
 */
import type { Action, JsonObject } from '../actions/action.ts';
import type { HostReader } from '../actions/host.ts';
import type { Registry } from '../actions/registry.ts';
import { formatMiB } from '../actions/units.ts';
import type { Form, FormField, FormValues } from './chat/slack/form.ts';
import type { FormAnswer, Forms } from './chat/slack/modals.ts';
import { formatCommand } from './command/format.ts';
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
  if (parsed.kind !== 'command' || parsed.command.kind !== 'action') {
    return wrong(action, parsed.kind === 'refusal' ? parsed.reason : 'this cannot be read');
  }
  const bound = action.bind(parsed.command.args, { requester: 'somebody', now });
  if (bound.kind === 'refused') return wrong(action, [bound.reason, bound.hint].filter(Boolean).join('; '));
  return {
    kind: 'line',
    text: formatCommand(action, withoutGuesses(parsed.command.args, bound.args), { dryRun: false }),
  };
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

/** The field that the sentence is about, the first where it names none. */
function wrong(action: Action, reason: string): FormAnswer {
  const options = optionsOf(action);
  const about =
    options.find(({ name, option }) => reason.includes(`--${option}`) || reason.startsWith(name)) ?? options[0];
  return { kind: 'wrong', fields: { [about?.name ?? '']: reason } };
}

async function capacityLine(host: HostReader): Promise<string> {
  const { cpus, freeMemoryMiB, memoryMiB } = await host.capacity();
  return `The host has ${cpus} CPUs, ${formatMiB(freeMemoryMiB)} of ${formatMiB(memoryMiB)} memory free.`;
}
