/** Help as plain data: an overview with one line a verb, or one verb with its options. Shows only what it is given. */
import type { Action, Block, Risk } from '../../actions/action.ts';
import { dryRun } from './find-option.ts';
import { type Option, optionsOf, positionalOf } from './options.ts';
import { aliasesOf, resolveVerb, suggestVerb, verbOf } from './verbs.ts';

/** In the order of danger, as a person meets them. */
const headings = {
  read: 'Look (changes nothing)',
  change: 'Change (running work goes on)',
  disruptive: 'Interrupt a guest',
  destructive: 'Lose data',
} as const satisfies Record<Risk, string>;

const consequences = {
  read: 'It changes nothing',
  change: 'Running work goes on',
  disruptive: 'It interrupts a guest',
  destructive: 'It loses data',
} as const satisfies Record<Risk, string>;

const risks: readonly Risk[] = ['read', 'change', 'disruptive', 'destructive'];

/** `actions`: those that the person may use. `verb` null: the overview. */
export function helpCard(actions: Iterable<Action>, verb: string | null): Block[] {
  const known = [...actions];
  if (verb === null) return overview(known);
  const action = resolveVerb(verb, known);
  return action === null ? unknown(known, verb) : details(action);
}

/** `vm stop <vm> [--grace <value>] [--force]`: what must be given, then what may. */
export function usage(action: Action): string {
  const positional = positionalOf(action);
  const others = optionsOf(action).filter(({ name }) => name !== positional?.name);
  const sorted = [...others.filter(({ required }) => required), ...others.filter(({ required }) => !required)];
  return [short(action), ...sorted.map(optionUsage)].join(' ');
}

function overview(actions: readonly Action[]): Block[] {
  const groups = risks.flatMap((risk) => group(risk, actions));
  const foot =
    '`vm help <command>` tells its options, `--dry-run` shows the plan of any command, `vm explain <command>` who may run it';
  if (groups.length === 0) return [{ kind: 'text', text: 'There is no command that you may use.' }];
  return [...groups, { kind: 'text', text: foot }];
}

function group(risk: Risk, actions: readonly Action[]): Block[] {
  const items = actions
    .filter((action) => action.risk === risk)
    .map((action) => `\`${short(action)}\`: ${action.summary}`)
    .sort();
  if (items.length === 0) return [];
  return [
    { kind: 'text', text: headings[risk] },
    { kind: 'list', items },
  ];
}

function details(action: Action): Block[] {
  const aliases = aliasesOf(verbOf(action.name));
  const also = aliases.length === 0 ? '' : ` Also: ${aliases.join(', ')}.`;
  return [
    { kind: 'text', text: `${action.summary}. ${consequences[action.risk]}.${also}` },
    { kind: 'code', text: usage(action) },
    { kind: 'list', items: [...optionsOf(action), dryRun].map((option) => optionLine(action, option)) },
    ...examplesOf(action),
  ];
}

function examplesOf({ examples }: Action): Block[] {
  if (examples.length === 0) return [];
  return [
    { kind: 'text', text: 'For example' },
    { kind: 'code', text: examples.join('\n') },
  ];
}

function short(action: Action): string {
  const positional = positionalOf(action);
  const start = `vm ${verbOf(action.name)}`;
  if (positional === null) return start;
  const target = `<${positional.option}>${positional.kind === 'list' ? '…' : ''}`;
  return `${start} ${positional.required ? target : `[${target}]`}`;
}

function optionUsage({ option, kind, required }: Option): string {
  const written = kind === 'flag' ? `--${option}` : `--${option} <value>${kind === 'list' ? '…' : ''}`;
  return required ? written : `[${written}]`;
}

/** `--grace <value>: Seconds to wait (5 to 900; default 120)` */
function optionLine(action: Action, option: Option): string {
  const name = option.name === action.positional ? `<${option.option}>` : optionUsage({ ...option, required: true });
  const notes = [
    option.required ? 'required' : null,
    option.kind === 'list' ? 'may be repeated' : null,
    option.limits,
    option.byDefault === null || option.kind === 'flag' ? null : `default ${option.byDefault}`,
    option.kind === 'flag' && option.byDefault === 'true' ? `on unless --no-${option.option}` : null,
  ].filter((note) => note !== null);
  const described = option.description === '' ? '' : `: ${option.description}`;
  return `\`${name}\`${described}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

function unknown(actions: readonly Action[], verb: string): Block[] {
  const near = suggestVerb(verb, actions);
  const hint = near === null ? '`vm help` shows all' : `perhaps \`vm help ${near}\``;
  return [{ kind: 'text', text: `There is no such command that you may use; ${hint}.` }];
}
