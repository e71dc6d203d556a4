/**
 * What a button carries, and how it comes back. The value names the operation and the plan's digest, nothing of their
 * content; rights are judged when it is pressed.
 */
import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { Button, Card } from '../card.ts';
import { clean, shorten } from './fit.ts';

export const PRESS_ACTION = /^drover:press:/;

/** Source of all limits: @slack/types, block elements and composition objects. */
const LABEL_LENGTH = 75;
const VALUE_LENGTH = 2000;
const CONFIRM_TEXT_LENGTH = 300;
const INPUT_LABEL_LENGTH = 150;

const verbs = ['approve', 'reject', 'withdraw', 'cancel', 'adopt', 'retry', 'mark-done', 'undo'] as const;

/** A button's value. Short names, because 2,000 characters are all there is. */
export const Press = z.object({
  request: z.int(),
  digest: z.string(),
  verb: z.enum(verbs),
  input: z.object({ label: z.string(), required: z.boolean() }).nullable(),
});
export type Press = z.infer<typeof Press>;

/** null: the button cannot carry what it needs. */
export function renderButton(
  button: Button,
  at: number,
  operation: NonNullable<Card['operation']>,
): types.Button | null {
  const { verb, label, style, confirm, input } = button;
  const value = JSON.stringify({
    ...operation,
    verb,
    input: input && { label: shorten(clean(input.label) || verb, INPUT_LABEL_LENGTH), required: input.required },
  });
  if (value.length > VALUE_LENGTH) return null;
  return {
    type: 'button',
    action_id: `drover:press:${verb}:${at}`,
    text: plain(label, LABEL_LENGTH, verb),
    value,
    ...(style === 'plain' ? {} : { style }),
    ...(confirm === null ? {} : { confirm: question(confirm, button) }),
  };
}

export function parsePress(value: string): Press {
  return Press.parse(JSON.parse(value));
}

function question(text: string, { label, verb, style }: Button): types.ConfirmationDialog {
  return {
    title: plain('Are you sure?', 100, '?'),
    text: plain(text, CONFIRM_TEXT_LENGTH, verb),
    confirm: plain(label, 30, verb),
    deny: plain('Go back', 30, 'Go back'),
    ...(style === 'danger' ? { style } : {}),
  };
}

/** Plain text reads no markup and no mention; `otherwise` stands in for nothing. */
export function plain(text: string, length: number, otherwise: string): types.PlainTextElement {
  const cleaned = shorten(clean(text).trim(), length);
  return { type: 'plain_text', text: cleaned === '' ? shorten(otherwise, length) : cleaned, emoji: false };
}
