/**
 * What a button carries in the 100 characters of its custom_id: request, verb and digest, nothing of their content. Rights
 * are judged when it is pressed. A SHA-256 digest is written in 43 characters instead of 64.
 */

import type { Button, Card, Verb } from '../card.ts';
import { VerbSchema } from '../card-schema.ts';

const CUSTOM_ID_LENGTH = 100;
const SHA256_HEX = /^[0-9a-f]{64}$/;

/** button: as rendered on the card · confirmed: the "yes" that asks no more · form: the modal with a line to fill in. */
export type PressStage = 'button' | 'confirmed' | 'form';

export interface PressId {
  stage: PressStage;
  request: number;
  digest: string;
  verb: Verb;
  /** Whether it is asked once more before it counts. */
  confirm: boolean;
  input: 'none' | 'optional' | 'required';
  /** Makes two buttons of one verb differ. */
  at: number;
}

const stages = { button: 'b', confirmed: 'y', form: 'm' } satisfies Record<PressStage, string>;
const inputs = { none: 'n', optional: 'o', required: 'r' } satisfies Record<PressId['input'], string>;

export function pressIdOf(
  { verb, confirm, input }: Button,
  at: number,
  operation: NonNullable<Card['operation']>,
): PressId {
  const asks = input === null ? 'none' : input.required ? 'required' : 'optional';
  return { stage: 'button', ...operation, verb, confirm: confirm !== null, input: asks, at };
}

/** null: it does not fit. */
export function formatPressId({ stage, request, digest, verb, confirm, input, at }: PressId): string | null {
  const short = SHA256_HEX.test(digest) ? `x${Buffer.from(digest, 'hex').toString('base64url')}` : `t${digest}`;
  const id = ['d', stages[stage], request, verb, confirm ? 'c' : '-', inputs[input], at, short].join(':');
  return id.length <= CUSTOM_ID_LENGTH ? id : null;
}

/** null: not one of ours, or of another version. */
export function parsePressId(id: string): PressId | null {
  const match = /^d:([bym]):(\d+):([a-z-]+):([c-]):([nor]):(\d+):([xt])(.*)$/s.exec(id);
  const [, stage = '', request, verb, confirm, input = '', at, form, rest = ''] = match ?? [];
  const known = VerbSchema.safeParse(verb);
  const [stageName, inputName] = [nameOf(stages, stage), nameOf(inputs, input)];
  if (!known.success || stageName === null || inputName === null) return null;
  return {
    stage: stageName,
    request: Number(request),
    digest: form === 'x' ? Buffer.from(rest, 'base64url').toString('hex') : rest,
    verb: known.data,
    confirm: confirm === 'c',
    input: inputName,
    at: Number(at),
  };
}

function nameOf<K extends string>(letters: Record<K, string>, letter: string): K | null {
  for (const name in letters) if (letters[name] === letter) return name;
  return null;
}
