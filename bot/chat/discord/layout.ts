/**
 * Where each action stands in `/vm`: as `/vm stop`, or as `/vm disk add` where several share a first word. Discord takes 25
 * at each level; what is beyond that stands under `/vm more`. Pure.
 */
import type { Action } from '../../../actions/action.ts';
import { verbOf } from '../../command/verbs.ts';

const NAME_LENGTH = 32;
const MOST = 25;

export interface Entry {
  /** null: directly under `/vm`. */
  group: string | null;
  name: string;
  action: Action;
}

/** `reserved`: subcommands of the platform's own, which always stand at the top. */
export function layOut(actions: readonly Action[], reserved: number): Entry[] {
  const names = new Set(actions.map(fullName));
  const counts = new Map<string, number>();
  const entries = actions.map((action): Entry => {
    const full = fullName(action);
    const [word = '', ...rest] = full.split('-');
    const members = (counts.get(word) ?? 0) + 1;
    const isGrouped = rest.length > 0 && word !== '' && !names.has(word) && isShared(word, actions) && members <= MOST;
    if (isGrouped) counts.set(word, members);
    return isGrouped ? { group: word, name: rest.join('-') || word, action } : { group: null, name: full, action };
  });
  return withMore(entries, MOST - reserved - counts.size);
}

/** The last of those that stand alone move away, until `room` is enough for them and for their groups. */
function withMore(entries: Entry[], room: number): Entry[] {
  const alone = entries.filter(({ group }) => group === null);
  if (alone.length <= room) return entries;
  let groups = 1;
  while (alone.length - Math.max(0, room - groups) > groups * MOST) groups += 1;
  const moved = alone.slice(Math.max(0, room - groups));
  return entries.map((entry) => {
    const at = moved.indexOf(entry);
    if (at === -1) return entry;
    const number = Math.floor(at / MOST);
    return { ...entry, group: number === 0 ? 'more' : `more-${number + 1}` };
  });
}

/** `disk add`, `stop`. */
export function pathOf({ group, name }: Entry): string {
  return group === null ? name : `${group} ${name}`;
}

/** Discord wants `^[-_'\p{L}\p{N}]{1,32}$` in small letters. */
export function nameOf(words: string): string {
  return (
    words
      .toLowerCase()
      .replace(/[^-_\p{L}\p{N}]/gu, '-')
      .slice(0, NAME_LENGTH) || 'value'
  );
}

function fullName(action: Action): string {
  return nameOf(verbOf(action.name));
}

function isShared(word: string, actions: readonly Action[]): boolean {
  return actions.filter((action) => fullName(action).startsWith(`${word}-`)).length > 1;
}
