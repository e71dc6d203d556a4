/**
 * A pressed button on its way in: asked once more where the card says so (a question with "yes", or a form with a line to
 * fill in), then handed on. The question is asked before anything slow, because a form can only be the first answer.
 */
import { type APIButtonComponentWithCustomId, ButtonStyle, ComponentType, TextInputStyle } from 'discord.js';
import { z } from 'zod';
import type { Button, Card, Inbound, Verb } from '../card.ts';
import type { Answers } from './answers.ts';
import type { Incoming } from './incoming.ts';
import { createKept } from './kept.ts';
import { literal, oneLine, shorten } from './markdown.ts';
import { plainMessage } from './message-body.ts';
import { formatPressId, type PressId, parsePressId, pressIdOf } from './press-id.ts';
import type { DiscordMessage } from './render.ts';
import type { Exchange, Whispers } from './whispers.ts';

/** Limits of a modal: docs.discord.com/developers/components/reference#label */
const MODAL_TITLE_LENGTH = 45;
const FIELD_LABEL_LENGTH = 45;
const FIELD_HINT_LENGTH = 100;
/** What a person may write; Discord would take 4,000. */
const INPUT_LENGTH = 1_000;
const INPUT = 'input';
const QUESTION_LENGTH = 1_500;
const MOST_KEPT = 5_000;

const Pressed = z.object({ custom_id: z.string() });
const Submitted = z.object({
  custom_id: z.string(),
  components: z.array(
    z.object({ component: z.object({ custom_id: z.string(), value: z.string().default('') }).optional() }),
  ),
});

export type Press = Inbound & { kind: 'press' };

export interface Presses {
  /** The words of the buttons, which do not fit into their ids. Kept while this process lives. */
  remember(card: Card): void;
  /** A button of a card, or the "yes" to a question. */
  pressed(incoming: Incoming): Promise<void>;
  /** A form with a line to fill in. */
  submitted(incoming: Incoming): Promise<void>;
}

export interface PressesOptions {
  answers: Answers;
  whispers: Whispers;
  hand(exchange: Exchange, inbound: Inbound): Promise<void>;
}

type Words = Pick<Button, 'label' | 'confirm' | 'input' | 'style'> & { title: string };

export function createPresses({ answers, whispers, hand }: PressesOptions): Presses {
  const words = createKept<Words>(MOST_KEPT);

  const wordsOf = (id: PressId): Words => words.get(formatPressId({ ...id, stage: 'button' }) ?? '') ?? standIn(id);

  const deliver = async (incoming: Incoming, id: PressId, input: string) => {
    const { request, digest, verb } = id;
    const { id: eventId, from, place, message } = incoming;
    const exchange = whispers.open(incoming, '', false);
    await hand(exchange, { kind: 'press', eventId, from, place, message, address: null, request, digest, verb, input });
  };

  return {
    remember: ({ buttons, operation, title }) => {
      if (operation === null) return;
      for (const [at, button] of buttons.entries()) {
        const id = formatPressId(pressIdOf(button, at, operation));
        if (id !== null) words.set(id, { ...button, title });
      }
    },
    pressed: async (incoming) => {
      const id = parsePressId(Pressed.parse(incoming.data).custom_id);
      if (id === null) {
        const message = plainMessage('This button is of another version of Drover. Ask again with `/vm`.');
        await answers.answer(incoming, { kind: 'whisper', message });
      } else if (id.stage === 'confirmed') {
        const message = plainMessage(`${literal(wordsOf(id).label)}: taken.`);
        if (await answers.answer(incoming, { kind: 'update', message })) await deliver(incoming, id, '');
      } else if (id.input !== 'none') {
        await answers.answer(incoming, { kind: 'modal', modal: form(id, wordsOf(id)) });
      } else if (id.confirm) {
        await answers.answer(incoming, { kind: 'whisper', message: question(id, wordsOf(id)) });
      } else if (await answers.answer(incoming, { kind: 'defer-update' })) {
        await deliver(incoming, id, '');
      }
    },
    submitted: async (incoming) => {
      const { custom_id, components } = Submitted.parse(incoming.data);
      const id = parsePressId(custom_id);
      if (id === null || !(await answers.answer(incoming, { kind: 'defer-update' }))) return;
      const field = components.find(({ component }) => component?.custom_id === INPUT)?.component;
      await deliver(incoming, id, (field?.value ?? '').trim());
    },
  };
}

const LABELS = {
  approve: 'Approve',
  reject: 'Reject',
  withdraw: 'Withdraw',
  cancel: 'Cancel',
  adopt: 'Take it as done',
  retry: 'Do the step again',
  'mark-done': 'Mark as done',
  undo: 'Undo',
} satisfies Record<Verb, string>;

/** For cards of a former process. */
function standIn({ verb, request, confirm, input }: PressId): Words {
  const label = LABELS[verb];
  return {
    title: `Request ${request}`,
    label,
    style: 'plain',
    confirm: confirm ? `${label} request ${request}?` : null,
    input: input === 'none' ? null : { label: 'Reason', required: input === 'required' },
  };
}

function question(id: PressId, { confirm, label, style }: Words): DiscordMessage {
  const text = `**${literal(shorten(oneLine(confirm ?? label), QUESTION_LENGTH / 2))}**`;
  const { flags } = plainMessage(text);
  const button: APIButtonComponentWithCustomId = {
    type: ComponentType.Button,
    style: style === 'danger' ? ButtonStyle.Danger : ButtonStyle.Primary,
    label: shorten(oneLine(label), 80).trim() || id.verb,
    custom_id: formatPressId({ ...id, stage: 'confirmed' }) ?? 'd',
  };
  return {
    flags,
    components: [
      { type: ComponentType.TextDisplay, content: shorten(text, QUESTION_LENGTH) },
      { type: ComponentType.ActionRow, components: [button] },
    ],
    file: null,
  };
}

function form(id: PressId, { title, label, confirm, input }: Words): object {
  const asked = oneLine(input?.label ?? '') || 'Reason';
  const hint = asked.length <= FIELD_LABEL_LENGTH ? {} : { description: shorten(asked, FIELD_HINT_LENGTH) };
  const intro = oneLine(confirm ?? title);
  const field = {
    type: ComponentType.TextInput,
    custom_id: INPUT,
    style: TextInputStyle.Paragraph,
    required: id.input === 'required',
    max_length: INPUT_LENGTH,
  };
  return {
    custom_id: formatPressId({ ...id, stage: 'form' }),
    title: shorten(oneLine(`${label} request ${id.request}`), MODAL_TITLE_LENGTH),
    components: [
      ...(intro === '' ? [] : [{ type: ComponentType.TextDisplay, content: shorten(literal(intro), QUESTION_LENGTH) }]),
      { type: ComponentType.Label, label: shorten(asked, FIELD_LABEL_LENGTH), ...hint, component: field },
    ],
  };
}
