/**
 * Modals: a form for an action, and the line that a button asks for. A trigger lives 3 s and opens one modal, so an empty
 * one is opened before anything slow, and filled afterwards. What a modal is about travels in its private metadata.
 */
import type { App, ViewErrorsResponseAction, ViewOutput } from '@slack/bolt';
import { z } from 'zod';
import type { Place } from '../card.ts';
import type { Forms } from '../form.ts';
import { type Calls, messageOf } from './calls.ts';
import { formBlocks, inputBlock, modal, readValues, sentence } from './form.ts';
import type { SlackLog } from './log.ts';
import { Press } from './press.ts';
import { NOT_TAKEN, type Take, type Taking } from './taking.ts';

const FORM = 'drover:form';
const INPUT = 'drover:input';
/** The action that both shortcuts open. */
const SHORTCUT_ACTION = 'vm.create';
const INPUT_FIELD = 'input';

const Where = z.object({
  channel: z.string(),
  thread: z.string().nullable(),
  message: z.string().nullable(),
});
export type Where = z.infer<typeof Where>;
const FormMetadata = z.object({ action: z.string(), where: Where.nullable() });
const InputMetadata = z.object({ where: Where, press: Press });
const Opened = z.object({ view: z.object({ id: z.string() }) });

export interface ModalsOptions {
  calls: Calls;
  forms: Forms;
  log: SlackLog;
  take: Take;
}

/** A press whose button wants a line first. */
export type InputPress = Press & { input: NonNullable<Press['input']> };

export interface Modals {
  listen(app: App): void;
  /** Asks for the line that a pressed button wants. */
  askForInput(trigger: string, where: Where, press: InputPress): Promise<void>;
}

export function createModals({ calls, forms, log, take }: ModalsOptions): Modals {
  const call = (method: string, args: Record<string, unknown>) =>
    calls.call({ method, channel: null, lane: () => 'urgent', repeatable: false, args: () => args });

  const openForm = async (trigger: string, user: string, where: Where | null) => {
    const frame = { callbackId: FORM, title: 'Drover', submit: '', metadata: '' };
    const empty = modal({ ...frame, blocks: [sentence('One moment: looking up what you can ask for…')] });
    const opened = Opened.parse(await call('views.open', { trigger_id: trigger, view: empty }));
    const form = await forms.form(SHORTCUT_ACTION, { platform: 'slack', id: user }).catch((error: unknown) => {
      log.error(`making the form of ${SHORTCUT_ACTION}: ${messageOf(error)}`);
      return null;
    });
    const metadata = JSON.stringify({ action: SHORTCUT_ACTION, where } satisfies z.infer<typeof FormMetadata>);
    const view =
      form === null
        ? modal({ ...frame, blocks: [sentence('There is nothing here that you can ask for.')] })
        : modal({ ...frame, title: form.title, submit: form.submit, metadata, blocks: formBlocks(form) });
    await call('views.update', { view_id: opened.view.id, view });
  };

  return {
    listen: (app) => {
      app.shortcut(/^vm_create/, async ({ ack, shortcut }) => {
        await ack();
        const where =
          shortcut.type === 'message_action'
            ? {
                channel: shortcut.channel.id,
                thread: typeof shortcut.message.thread_ts === 'string' ? shortcut.message.thread_ts : null,
                message: shortcut.message_ts,
              }
            : null;
        await openForm(shortcut.trigger_id, shortcut.user.id, where);
      });
      app.view({ callback_id: FORM, type: 'view_submission' }, async ({ ack, body, view }) => {
        const { action, where } = FormMetadata.parse(JSON.parse(view.private_metadata));
        const answer = forms.read(action, readValues(view.state.values));
        if (answer.kind === 'wrong') return ack({ response_action: 'errors', errors: answer.fields });
        // Without a place of its own, the answer goes to the person, as a direct message.
        const event = submitted(view, body.user.id, where ?? { channel: body.user.id, thread: null, message: null });
        const wrong = outcome(view, await take({ ...event, kind: 'line', text: answer.text }));
        await (wrong === null ? ack() : ack(wrong));
      });
      app.view({ callback_id: INPUT, type: 'view_submission' }, async ({ ack, body, view }) => {
        const { where, press } = InputMetadata.parse(JSON.parse(view.private_metadata));
        const { request, digest, verb } = press;
        const input = readValues(view.state.values)[INPUT_FIELD] ?? '';
        const event = submitted(view, body.user.id, where);
        const wrong = outcome(view, await take({ ...event, kind: 'press', request, digest, verb, input }));
        await (wrong === null ? ack() : ack(wrong));
      });
    },
    askForInput: async (trigger, where, press) => {
      const { label, required } = press.input;
      const field = { name: INPUT_FIELD, label, hint: '', optional: !required, initial: '', kind: 'text' as const };
      const metadata = JSON.stringify({ where, press } satisfies z.infer<typeof InputMetadata>);
      const title = `Request ${press.request}`;
      const frame = { callbackId: INPUT, title, submit: 'Send', metadata, blocks: [inputBlock(field)] };
      await call('views.open', { trigger_id: trigger, view: modal(frame) });
    },
  };
}

/** The same view sent again is the same event: it counts once. */
function submitted({ id }: ViewOutput, user: string, { channel, thread, message }: Where) {
  const place: Place = { platform: 'slack', channel, thread };
  return { eventId: `view:${id}`, from: { platform: 'slack', id: user }, place, message, address: null };
}

/** What was not taken stays open, so that nobody types it twice. */
function outcome({ blocks }: ViewOutput, taking: Taking): ViewErrorsResponseAction | null {
  const field = blocks.find(({ type }) => type === 'input')?.block_id;
  if (taking === 'taken' || field === undefined) return null;
  return { response_action: 'errors', errors: { [field]: `${NOT_TAKEN[taking]} Sent again, it counts once.` } };
}
