/** A form for an action: a Discord modal with its most important options, and what was typed into it. Pure. */
import { ComponentType, TextInputStyle } from 'discord.js';
import { z } from 'zod';
import type { Action } from '../../../actions/action.ts';
import { type Option, optionsOf } from '../../command/options.ts';
import { optionName } from './commands.ts';
import { oneLine, shorten } from './markdown.ts';
import type { Given } from './read-command.ts';

/** Fields that a modal has; a title and a label have 45 characters, a hint 100. */
const MOST_FIELDS = 5;
const LABEL_LENGTH = 45;
const HINT_LENGTH = 100;
const VALUE_LENGTH = 1_000;
const PREFIX = 'd:form:';

const Submitted = z.object({
  custom_id: z.string(),
  components: z.array(
    z.object({ component: z.object({ custom_id: z.string(), value: z.string().default('') }).optional() }),
  ),
});

/** `id` finds what was given already when the form comes back. */
export function commandForm(action: Action, given: Given, id: string): object {
  return {
    custom_id: `${PREFIX}${id}`,
    title: shorten(oneLine(action.summary), LABEL_LENGTH),
    components: fieldsOf(action, given).map((option) => field(option, given[optionName(option)])),
  };
}

/** Gives the form's id and its values; null: another form. */
export function readCommandForm(data: unknown): { id: string; values: Given } | null {
  const { custom_id, components } = Submitted.parse(data);
  if (!custom_id.startsWith(PREFIX)) return null;
  const pairs = components.flatMap(({ component }) =>
    component === undefined ? [] : [[component.custom_id, component.value] as const],
  );
  return { id: custom_id.slice(PREFIX.length), values: Object.fromEntries(pairs) };
}

/** What must be there, then what was given already, then the rest in the order of the action. */
function fieldsOf(action: Action, given: Given): Option[] {
  const rank = (option: Option) => (option.required ? 0 : given[optionName(option)] === undefined ? 2 : 1);
  const texts = optionsOf(action).filter(({ kind }) => kind !== 'flag');
  return texts.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_FIELDS);
}

function field(option: Option, given: string | boolean | undefined): object {
  const name = optionName(option);
  const value = typeof given === 'string' ? shorten(given, VALUE_LENGTH) : '';
  const byDefault = option.byDefault === null ? [] : [`default ${option.byDefault}`];
  const hint = [option.description, ...byDefault].filter((part) => part !== '').join('; ');
  return {
    type: ComponentType.Label,
    label: shorten(name, LABEL_LENGTH),
    ...(hint === '' ? {} : { description: shorten(oneLine(hint), HINT_LENGTH) }),
    component: {
      type: ComponentType.TextInput,
      custom_id: name,
      style: TextInputStyle.Short,
      required: option.required,
      max_length: VALUE_LENGTH,
      ...(value === '' ? {} : { value }),
    },
  };
}
