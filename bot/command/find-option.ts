/** From the name that a person typed to the option that is meant. */
import type { Action } from '../../actions/action.ts';
import { type Option, optionsOf } from './options.ts';
import { foldName } from './written.ts';

/** Every action has it. Two dashes in its name: no argument can be called so. */
export const dryRun: Option = {
  name: '--dry-run',
  option: 'dry-run',
  kind: 'flag',
  required: false,
  description: 'Show the plan and change nothing',
  byDefault: null,
  limits: null,
};

export interface Found {
  option: Option;
  /** `--no-force` */
  negated: boolean;
  /** Put before the value: `env=` for `--env dev`. */
  prefix: string;
}

/** Its name, its name as an argument (`--grace-seconds`), `--no-<flag>`, or the short `--env dev` for `--tag env=dev`. */
export function findOption(action: Action, typed: string): Found | null {
  const options = [...optionsOf(action), dryRun];
  const word = foldName(typed);
  const called = (option: Option, prefix: string) =>
    [option.name, option.option].some((name) => prefix + foldName(name) === word);
  const own = options.find((option) => called(option, ''));
  if (own !== undefined) return { option: own, negated: false, prefix: '' };
  const off = options.find((option) => option.kind === 'flag' && called(option, 'no'));
  if (off !== undefined) return { option: off, negated: true, prefix: '' };
  const tags = tagsOf(action);
  return word === 'env' && tags !== null ? { option: tags, negated: false, prefix: 'env=' } : null;
}

/** What may be typed after `--`, for suggestions. */
export function optionNames(action: Action): string[] {
  const all = [...optionsOf(action), dryRun];
  const flags = all.filter(({ kind }) => kind === 'flag').map(({ option }) => `no-${option}`);
  return [...all.map(({ option }) => option), ...flags, 'help'];
}

/** The argument that takes `key=value` marks of a VM; null for none. */
export function tagsOf(action: Action): Option | null {
  return optionsOf(action).find(({ name, kind }) => name === 'tags' && kind === 'list') ?? null;
}
