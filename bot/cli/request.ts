/** `drover request <id>`: what became of it. The exit code is the one that the request's own command ended with. */
import { cardToText } from '../chat/text.ts';
import { exitOfState } from '../terminal/session.ts';
import { viewRequest } from './ask.ts';
import { type CliContext, print, usageError } from './context.ts';

export async function runRequest([number]: string[], ctx: CliContext): Promise<number> {
  const request = Number(number);
  if (!Number.isSafeInteger(request) || request < 1) return usageError('which request? drover request <number>');
  const view = await viewRequest(request, ctx);
  if (typeof view === 'number') return view;
  const cards = [view.card, ...(view.closing === null ? [] : [view.closing])];
  print(
    ctx,
    view.operation,
    cards.map((card) => cardToText({ ...card, buttons: [] })),
  );
  return exitOfState(view.operation.state);
}
