/** Cards that answer a person directly: help, refusals, results of looking. None of them belongs to an operation. */
import type { Block, Outcome } from '../actions/action.ts';
import type { Decision } from '../policies/decision.ts';
import type { Card } from './chat/card.ts';

function answer(tone: Card['tone'], title: string, blocks: Block[]): Card {
  return { tone, title, blocks, buttons: [], operation: null };
}

export function helpAnswer(blocks: Block[]): Card {
  return answer('info', 'What you can ask for', blocks);
}

export function outcomeAnswer({ summary, blocks }: Outcome): Card {
  return answer('good', summary, blocks);
}

/** Lines that are aligned among themselves. */
export function textAnswer(title: string, lines: string[]): Card {
  return answer('info', title, [{ kind: 'code', text: lines.join('\n') }]);
}

/** `hint` is what would help: a corrected line, or the smallest change that would pass. */
export function refusalAnswer(reason: string, hint: string | null): Card {
  return answer('bad', reason, hint === null ? [] : [{ kind: 'text', text: hint }]);
}

export function suggestionAnswer(reason: string, suggestion: string | null): Card {
  if (suggestion === null) return answer('bad', reason, [{ kind: 'text', text: 'Ask for help: vm help' }]);
  return answer('bad', reason, [
    { kind: 'text', text: 'Did you mean' },
    { kind: 'code', text: suggestion },
  ]);
}

export function deniedAnswer(line: string, decision: Decision & { kind: 'deny' }): Card {
  const { reason, rule, facts, hint } = decision;
  const where = rule === null ? [] : [`by rule ${rule.name} (${rule.file}:${rule.line})`];
  return answer('bad', `Not allowed: ${line}`, [
    { kind: 'list', items: [reason, ...where, ...facts, ...(hint === null ? [] : [hint])] },
  ]);
}
