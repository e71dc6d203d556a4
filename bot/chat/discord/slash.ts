/** `/vm` on its way in: acknowledged first, then read into the line of the grammar and handed on; or a form, or choices. */
import { ApplicationCommandOptionType } from 'discord.js';
import { z } from 'zod';
import type { Action } from '../../../actions/action.ts';
import { optionsOf } from '../../command/options.ts';
import type { Card, Inbound, PlatformUser } from '../card.ts';
import type { Answers } from './answers.ts';
import { commandForm, readCommandForm } from './command-form.ts';
import { type Completable, completableOf, findAction, HELP, optionName } from './commands.ts';
import type { Incoming } from './incoming.ts';
import { createKept } from './kept.ts';
import type { DiscordLog } from './log.ts';
import { shorten } from './markdown.ts';
import { type Given, type ReadCommand, readAction, readCommand } from './read-command.ts';
import { messageOf } from './trouble.ts';
import type { Exchange, Whispers } from './whispers.ts';

const MOST_FORMS = 1_000;
/** Of the 3 s that a person's typing waits for offers. */
const COMPLETE_MS = 2_000;
const MOST_CHOICES = 25;
const CHOICE_LENGTH = 100;

const Value = z.object({
  name: z.string(),
  type: z.number(),
  value: z.union([z.string(), z.boolean(), z.number()]),
  focused: z.boolean().default(false),
});
const Sub = z.object({ name: z.string(), type: z.number(), options: z.array(z.unknown()).default([]) });
const Data = z.object({ name: z.string(), options: z.array(Sub).default([]) });

export interface SlashOptions {
  actions: readonly Action[];
  answers: Answers;
  whispers: Whispers;
  log: DiscordLog;
  complete(person: PlatformUser, what: Completable, typed: string): Promise<readonly string[]>;
  hand(exchange: Exchange, inbound: Inbound): Promise<void>;
}

export interface Slash {
  command(incoming: Incoming): Promise<void>;
  autocomplete(incoming: Incoming): Promise<void>;
  /** Gives whether it was a form of a command. */
  submitted(incoming: Incoming): Promise<boolean>;
}

export function createSlash({ actions, answers, whispers, log, complete, hand }: SlashOptions): Slash {
  /** Forms that are open: what was given before they were. */
  const forms = createKept<{ action: Action; given: Given }>(MOST_FORMS);

  const deliver = async (incoming: Incoming, read: ReadCommand) => {
    if (!(await answers.answer(incoming, { kind: 'defer' }))) return;
    const line = read.kind === 'line' ? read.text : '';
    const exchange = whispers.open(incoming, line, true);
    if (read.kind !== 'line') return whispers.tell(exchange, refusal(read));
    const { id: eventId, from, place } = incoming;
    await hand(exchange, { kind: 'line', eventId, from, place, message: null, address: null, text: line });
  };

  return {
    command: async (incoming) => {
      const { sub, options } = readData(incoming.data);
      const given = Object.fromEntries(
        options.map(({ name, value }) => [name, typeof value === 'number' ? `${value}` : value]),
      );
      const read = readCommand(actions, sub, given);
      if (read.kind !== 'incomplete') return deliver(incoming, read);
      forms.set(incoming.id, { action: read.action, given });
      await answers.answer(incoming, { kind: 'modal', modal: commandForm(read.action, given, incoming.id) });
    },
    autocomplete: async (incoming) => {
      const { sub, options } = readData(incoming.data);
      const focused = options.find((option) => option.focused);
      const typed = String(focused?.value ?? '');
      const choices = await offers(incoming.from, whatFor(actions, sub, focused?.name ?? ''), typed);
      await answers.answer(incoming, { kind: 'choices', choices });
    },
    submitted: async (incoming) => {
      const form = readCommandForm(incoming.data);
      if (form === null) return false;
      const opened = forms.get(form.id);
      forms.delete(form.id);
      if (opened === undefined) await deliver(incoming, { kind: 'wrong', reason: LOST_FORM });
      else await deliver(incoming, readAction(opened.action, { ...opened.given, ...form.values }));
      return true;
    },
  };

  /** In a list the last word is completed. A person must be able to tell "none" from "could not ask". */
  async function offers(person: PlatformUser, what: Offer | null, typed: string) {
    if (what === null) return [];
    const [before, word] = what.isList ? lastWord(typed) : ['', typed.trim()];
    try {
      const found = await Promise.race([complete(person, what.what, word), timeout()]);
      const values = found
        .map((name) => `${before}${name}`)
        .filter((value) => value !== '' && value.length <= CHOICE_LENGTH);
      return [...new Set(values)].slice(0, MOST_CHOICES).map((value) => ({ name: value, value }));
    } catch (error) {
      log.warn(`offering names: ${messageOf(error)}`);
      const value = shorten(typed.trim(), CHOICE_LENGTH) || '?';
      return [{ name: shorten(`${value} (the list of names is not to be had now)`, CHOICE_LENGTH), value }];
    }
  }
}

const LOST_FORM = 'the form was opened before Drover was started again; please fill it in once more';

interface Offer {
  what: Completable;
  isList: boolean;
}

function whatFor(actions: readonly Action[], sub: string, name: string): Offer | null {
  if (sub === HELP.sub) return { what: 'verb', isList: false };
  const action = findAction(actions, sub);
  const option = action === null ? undefined : optionsOf(action).find((one) => optionName(one) === name);
  const what = option === undefined ? null : completableOf(option);
  return what === null ? null : { what, isList: option?.kind === 'list' };
}

function lastWord(typed: string): [before: string, word: string] {
  const at = typed.search(/\S*$/);
  return [typed.slice(0, at), typed.slice(at)];
}

function timeout(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${COMPLETE_MS} ms`)), COMPLETE_MS).unref();
  });
}

/** The path to the subcommand (`disk add`) and its options. */
function readData(data: unknown): { sub: string; options: z.infer<typeof Value>[] } {
  const [top] = Data.parse(data).options;
  const isGroup = top?.type === ApplicationCommandOptionType.SubcommandGroup;
  const inner = isGroup ? Sub.parse(top.options[0]) : top;
  const sub = isGroup ? `${top.name} ${inner?.name}` : (inner?.name ?? '');
  return { sub, options: z.array(Value).parse(inner?.options ?? []) };
}

function refusal(read: Exclude<ReadCommand, { kind: 'line' }>): Card {
  const text = read.kind === 'wrong' ? read.reason : `something that ${read.action.name} needs is missing`;
  return { tone: 'bad', title: 'Not understood', blocks: [{ kind: 'text', text }], buttons: [], operation: null };
}
