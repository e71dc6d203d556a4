/** The words that stand for actions: their own names, the usual other names, and words that people try. */
import type { Action } from '../../actions/action.ts';
import { nearest } from '../../actions/nearest.ts';

/** Other names that mean exactly one action. An action's own name always comes first. */
const aliases = new Map<string, string>(
  Object.entries({
    ls: 'list',
    info: 'show',
    status: 'show',
    up: 'start',
    boot: 'start',
    poweroff: 'stop',
    shutdown: 'stop',
    destroy: 'kill', // virsh: pull the plug, keep the disks
    restart: 'reboot',
    pause: 'suspend',
    unpause: 'resume',
    new: 'create',
    rm: 'delete',
  }),
);

/** Words whose meaning differs between tools: they are never run, only answered with what may have been meant. */
const synonyms = new Map<string, string[]>(
  Object.entries({
    add: ['create'],
    make: ['create'],
    launch: ['create'],
    run: ['start'],
    halt: ['stop'],
    down: ['stop'],
    off: ['stop'],
    reset: ['reboot', 'kill'],
    terminate: ['kill', 'delete'],
    remove: ['delete'],
    undefine: ['delete'],
    drop: ['delete'],
    describe: ['show'],
    get: ['show'],
    grow: ['resize'],
    scale: ['resize'],
    set: ['resize'],
    move: ['migrate'],
    backup: ['snapshot'],
    rollback: ['revert'],
    restore: ['revert'],
    renew: ['extend'],
    update: ['patch'],
    upgrade: ['patch'],
    why: ['explain'],
    man: ['help'],
  }),
);

/** `stop` for `vm.stop`. */
export function verbOf(actionName: string): string {
  return actionName.replace(/^vm\./, '');
}

/** What a typed verb means: its own name first, then an alias; null for none. */
export function resolveVerb(typed: string, actions: Iterable<Action>): Action | null {
  const verb = foldVerb(typed);
  const known = byVerb(actions);
  return known.get(verb) ?? known.get(aliases.get(verb) ?? '') ?? null;
}

/** The verb that was probably meant: a synonym's, or the nearest in writing; null for none. */
export function suggestVerb(typed: string, actions: Iterable<Action>): string | null {
  const verb = foldVerb(typed);
  const known = byVerb(actions);
  const meant = synonyms.get(verb)?.find((name) => known.has(name) || builtIn.has(name));
  if (meant !== undefined) return meant;
  const reachable = [...aliases].filter(([, name]) => known.has(name)).map(([alias]) => alias);
  return nearest(verb, [...known.keys(), ...builtIn, ...reachable]);
}

/** Verbs of the grammar itself. */
export const builtIn: ReadonlySet<string> = new Set(['help', 'explain']);

/** Verbs are syntax: capitals and full-width letters mean the same. */
export function foldVerb(typed: string): string {
  return typed.normalize('NFKC').toLowerCase();
}

/** The aliases that lead to this verb, for its help. */
export function aliasesOf(verb: string): string[] {
  return [...aliases].filter(([, name]) => name === verb).map(([alias]) => alias);
}

function byVerb(actions: Iterable<Action>): Map<string, Action> {
  return new Map(Array.from(actions, (action) => [foldVerb(verbOf(action.name)), action]));
}
