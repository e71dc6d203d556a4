/**
 * A form for one action, as every platform can draw it, and what somebody filled in. Nothing here may know a platform.
 * The fields are made in `bot/forms.ts`, from the action's own options.
 */
import type { PlatformUser } from './card.ts';

export type FormField = {
  /** The argument's name: letters, digits, `-` and `_`. */
  name: string;
  label: string;
  /** '' for none. */
  hint: string;
  optional: boolean;
  /** '' for none. */
  initial: string;
} & (
  | { kind: 'text' }
  | { kind: 'number'; min: number; max: number }
  | { kind: 'choice'; options: { value: string; label: string }[] }
  | { kind: 'flag' }
);

export interface Form {
  /** `vm.create` */
  action: string;
  title: string;
  submit: string;
  /** Shown above the fields: quota, capacity; '' for none. */
  intro: string;
  fields: FormField[];
}

/** By field name; flags are 'true' or '', empty fields are ''. */
export type FormValues = Record<string, string>;

/** What a submitted form comes to: a line for the journey, or what is wrong with which field. */
export type FormAnswer = { kind: 'line'; text: string } | { kind: 'wrong'; fields: Record<string, string> };

export interface Forms {
  /** null: there is no form for this person. May take its time. */
  form(action: string, person: PlatformUser): Promise<Form | null>;
  /** Checks what was typed. Must be quick: the person waits for it, 3 s at most on Slack and Discord. */
  read(action: string, values: FormValues): FormAnswer;
}
