/**
 * What Discord enforces on the definition of commands. Pure.
 * Source: docs.discord.com/developers/interactions/application-commands
 */
import type { JsonObject } from '../../../actions/action.ts';
import { objects, text } from './failure.ts';

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const COMMAND_CHARACTERS = 8_000;
const SUBCOMMAND = 1;
const GROUP = 2;

export function checkCommand(command: JsonObject): string[] {
  const size = characters(command);
  return [
    ...(size > COMMAND_CHARACTERS ? [`${size} characters in one command, at most ${COMMAND_CHARACTERS}`] : []),
    ...checkLevel(command, 'command'),
  ];
}

function checkLevel(level: JsonObject, path: string): string[] {
  const name = text(level, 'name') ?? '';
  const options = objects(level, 'options');
  const names = options.map((option) => text(option, 'name') ?? '');
  const kinds = options.map(({ type }) => (type === SUBCOMMAND || type === GROUP ? 'sub' : 'value'));
  const firstOptional = options.findIndex(
    ({ type, required }) => type !== SUBCOMMAND && type !== GROUP && required !== true,
  );
  const lateRequired = options.some(
    ({ required }, at) => required === true && firstOptional !== -1 && at > firstOptional,
  );
  return [
    ...(NAME.test(name) && name === name.toLowerCase() ? [] : [`${path}: the name ${JSON.stringify(name)}`]),
    ...(new Set(names).size < names.length ? [`${path}/${name}: two options of one name`] : []),
    ...(options.length > 25 ? [`${path}/${name}: ${options.length} options`] : []),
    ...(new Set(kinds).size > 1 ? [`${path}/${name}: subcommands beside options`] : []),
    ...(lateRequired ? [`${path}/${name}: a required option after one that is not`] : []),
    ...(level.autocomplete === true && objects(level, 'choices').length > 0
      ? [`${path}/${name}: choices and autocomplete`]
      : []),
    ...options.flatMap((option) => checkLevel(option, `${path}/${name}`)),
  ];
}

function characters(level: JsonObject): number {
  const own = [level.name, level.description, level.value].map((part) => (typeof part === 'string' ? part.length : 0));
  const inner = [...objects(level, 'options'), ...objects(level, 'choices')].map(characters);
  return [...own, ...inner].reduce((sum, size) => sum + size, 0);
}
