/** A form for one action as a Slack modal, and what was typed into it. Pure. The fields come from the caller. */
import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { Form, FormField, FormValues } from '../form.ts';
import { plain } from './press.ts';

/** Limits: @slack/types, views and block elements. */
const TITLE_LENGTH = 24;
const OPTION_LENGTH = 75;
const MOST_OPTIONS = 100;
const MOST_FIELDS = 98;
const TEXT_LENGTH = 3000;

export interface ModalFrame {
  callbackId: string;
  title: string;
  /** '' for none: a modal that cannot be submitted. */
  submit: string;
  metadata: string;
  blocks: types.KnownBlock[];
}

export function modal({ callbackId, title, submit, metadata, blocks }: ModalFrame): types.ModalView {
  return {
    type: 'modal',
    callback_id: callbackId,
    private_metadata: metadata,
    title: plain(title, TITLE_LENGTH, 'Drover'),
    close: plain('Cancel', TITLE_LENGTH, 'Cancel'),
    ...(submit === '' ? {} : { submit: plain(submit, TITLE_LENGTH, 'Send') }),
    blocks,
  };
}

export function sentence(text: string): types.KnownBlock {
  return { type: 'section', text: plain(text, TEXT_LENGTH, '…') };
}

export function formBlocks({ intro, fields }: Form): types.KnownBlock[] {
  return [...(intro.trim() === '' ? [] : [sentence(intro)]), ...fields.slice(0, MOST_FIELDS).map(inputBlock)];
}

export function inputBlock(field: FormField): types.InputBlock {
  return {
    type: 'input',
    block_id: field.name,
    label: plain(field.label, 2000, field.name),
    optional: field.optional || field.kind === 'flag',
    element: element(field),
    ...(field.hint.trim() === '' ? {} : { hint: plain(field.hint, 2000, field.name) }),
  };
}

const ELEMENT = { action_id: 'value' } as const;

function element(field: FormField): types.InputBlock['element'] {
  const { initial } = field;
  switch (field.kind) {
    case 'text':
      return { type: 'plain_text_input', ...ELEMENT, ...(initial === '' ? {} : { initial_value: initial }) };
    case 'number': {
      const bounds = { min_value: String(field.min), max_value: String(field.max), is_decimal_allowed: false };
      return { type: 'number_input', ...ELEMENT, ...bounds, ...(initial === '' ? {} : { initial_value: initial }) };
    }
    case 'choice': {
      const options = field.options.slice(0, MOST_OPTIONS).map(option);
      // Slack takes no select without options.
      if (options.length === 0) return { type: 'plain_text_input', ...ELEMENT };
      const chosen = options.find(({ value }) => value === initial);
      return {
        type: 'static_select',
        ...ELEMENT,
        options,
        ...(chosen === undefined ? {} : { initial_option: chosen }),
      };
    }
    case 'flag': {
      const options = [option({ value: 'true', label: 'Yes' })];
      return { type: 'checkboxes', ...ELEMENT, options, ...(initial === 'true' ? { initial_options: options } : {}) };
    }
  }
}

function option({ value, label }: { value: string; label: string }): types.PlainTextOption {
  return { text: plain(label, OPTION_LENGTH, value), value };
}

const State = z.record(
  z.string(),
  z.record(
    z.string(),
    z.looseObject({
      value: z.string().nullish(),
      selected_option: z.looseObject({ value: z.string() }).nullish(),
      selected_options: z.array(z.looseObject({ value: z.string() })).nullish(),
    }),
  ),
);

/** What a submitted modal's `state.values` hold. */
export function readValues(state: unknown): FormValues {
  const fields = Object.entries(State.parse(state)).map(([name, elements]) => {
    const [held] = Object.values(elements);
    return [name, held?.value ?? held?.selected_option?.value ?? held?.selected_options?.[0]?.value ?? ''] as const;
  });
  return Object.fromEntries(fields);
}
