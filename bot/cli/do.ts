/** `drover do "<command>" --as <person>`: the same journey as from chat. */
import { ask, ttyName } from './ask.ts';
import { type CliContext, usageError } from './context.ts';

export async function runDo(words: string[], ctx: CliContext): Promise<number> {
  const text = words.join(' ');
  if (text === '') return usageError('do what? drover do "vm list" --as alice');
  if (ctx.flags.as === undefined) return usageError('who asks? --as <person>');
  return ask({ kind: 'line', as: ctx.flags.as, tty: ttyName(), text }, ctx);
}
