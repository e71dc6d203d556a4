/** `drover approve|reject|… <request>`: shows the plan as it stands, and presses the button that the thread has. */
import type { Verb } from '../chat/card.ts';
import { cardToText } from '../chat/text.ts';
import { ask, ttyName, viewRequest } from './ask.ts';
import { type CliContext, usageError } from './context.ts';

export async function runApprove(verb: Verb, [number, ...rest]: string[], ctx: CliContext): Promise<number> {
  const request = Number(number);
  if (!Number.isSafeInteger(request) || request < 1 || rest.length > 0) {
    return usageError(`which request? drover ${verb} <number> --as <person>`);
  }
  if (ctx.flags.as === undefined) return usageError('who decides? --as <person>');
  const view = await viewRequest(request, ctx);
  if (typeof view === 'number') return view;
  if (!ctx.json) process.stdout.write(`${cardToText({ ...view.card, buttons: [] })}\n\n`);
  const { digest } = view.operation;
  const input = ctx.flags.reason ?? '';
  return ask({ kind: 'press', as: ctx.flags.as, tty: ttyName(), request, digest, verb, input }, ctx);
}
