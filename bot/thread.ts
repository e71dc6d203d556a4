/**
 * What a thread shows of an operation: one card that is edited from the first sign to the outcome, and one closing
 * message. A pure function of the record, so that the thread can be made right again after any crash.
 */
import type { Field, Plan } from '../actions/action.ts';
import type { Button, Card, CardBlock, CardStep } from './chat/card.ts';
import type { Demand, Operation, Step } from './operations/operation.ts';
import { isOver, type OperationState } from './operations/states.ts';
import { commandOf, effectsBlock, planBlocks } from './plan-blocks.ts';
import { CLOSING, demandLine, rejection, statusLine, type ThreadContext } from './status-line.ts';

export interface Thread {
  card: Card;
  /** Posted once, when the operation has come to its end or needs a person. */
  closing: Card | null;
}

export function renderThread(operation: Operation, context: ThreadContext): Thread {
  return { card: mainCard(operation, context), closing: closingCard(operation) };
}

function mainCard(operation: Operation, context: ThreadContext): Card {
  const { request, line, digest } = operation;
  return {
    tone: TONES[operation.state],
    title: `#${request} ${line}`,
    blocks: [
      { kind: 'text', text: statusLine(operation, context) },
      ...(operation.notes.length > 0 ? [list(operation.notes.map(({ text }) => text))] : []),
      ...shownPlan(operation),
      ...stepBlocks(operation),
    ],
    // The way back is offered once, where the end is told.
    buttons: operation.state === 'succeeded' ? [] : buttonsOf(operation),
    operation: { request, digest },
  };
}

/** What came to nothing before it was decided on needs no plan. */
function shownPlan({ plan, info, state }: Operation): CardBlock[] {
  if (plan === null || state === 'refused' || state === 'denied') return [];
  return isOver(state) ? [effectsBlock(plan)] : planBlocks(plan, info);
}

function closingCard(operation: Operation): Card | null {
  const { state, request, requester, outcome, problem, digest } = operation;
  if (!isOver(state) && state !== 'unknown') return null;
  const summary = outcome?.summary ?? problem?.message ?? rejection(operation) ?? CLOSING[state];
  return {
    tone: TONES[state],
    title: `#${request} ${state}: ${summary}`,
    blocks: [
      ...(outcome?.blocks ?? []),
      ...(problem?.hint != null ? [{ kind: 'text', text: problem.hint } as const] : []),
      ...(state === 'unknown' ? [{ kind: 'text', text: CHOICES } as const] : []),
      { kind: 'text', text: `For ${requester}. In the audit log: ausearch --session ${request}` },
    ],
    buttons: state === 'unknown' || state === 'succeeded' ? buttonsOf(operation) : [],
    operation: { request, digest },
  };
}

/** What a command would do; nothing was done. */
export function planCard(title: string, plan: Plan, info: Field[], demand: Demand): Card {
  const blocks: CardBlock[] = [{ kind: 'text', text: demandLine(demand) }, ...planBlocks(plan, info)];
  return { tone: 'info', title, blocks, buttons: [], operation: null };
}

function stepBlocks({ steps, state }: Operation): CardBlock[] {
  if (steps.length === 0) return [];
  return [{ kind: 'steps', steps: steps.map((step) => cardStep(step, state)) }];
}

function cardStep({ title, status, evidence, attempt }: Step, state: OperationState): CardStep {
  const again = attempt > 1 ? `attempt ${attempt}` : '';
  const shown = status === 'retry' ? 'pending' : status;
  return {
    title,
    status: shown === 'running' && state !== 'running' ? 'unknown' : shown,
    detail: [again, evidence].filter((part) => part !== '').join('; '),
  };
}

function buttonsOf({ state, plan, outcome }: Operation): Button[] {
  switch (state) {
    case 'waiting': {
      const confirm = (plan?.lost.length ?? 0) > 0 ? `This loses for good: ${plan?.lost.join('; ')}` : null;
      return [
        { verb: 'approve', label: 'Approve', style: 'primary', confirm, input: null },
        { verb: 'reject', label: 'Reject', style: 'danger', confirm: null, input: { label: 'Why', required: true } },
        { verb: 'withdraw', label: 'Withdraw', style: 'plain', confirm: null, input: null },
      ];
    }
    case 'queued':
    case 'running':
      return [
        { verb: 'cancel', label: 'Cancel', style: 'plain', confirm: 'Stop at the next safe point?', input: null },
      ];
    case 'unknown':
      return [
        { verb: 'adopt', label: 'It happened: go on', style: 'primary', confirm: null, input: null },
        {
          verb: 'retry',
          label: 'Do the step again',
          style: 'danger',
          confirm: 'It may have happened already.',
          input: null,
        },
        {
          verb: 'mark-done',
          label: 'Mark done',
          style: 'plain',
          confirm: null,
          input: { label: 'Why', required: true },
        },
      ];
    case 'succeeded':
      return plan?.undo != null && outcome !== null
        ? [
            {
              verb: 'undo',
              label: `Undo: ${commandOf(plan.undo)}`,
              style: 'plain',
              confirm: null,
              input: null,
            },
          ]
        : [];
    case 'received':
    case 'refused':
    case 'denied':
    case 'rejected':
    case 'expired':
    case 'withdrawn':
    case 'failed':
    case 'cancelled':
      return [];
  }
}

function list(items: string[]): CardBlock {
  return { kind: 'list', items };
}

const CHOICES =
  'Look at the evidence above. "It happened" goes on with the next step, "Do the step again" repeats it, "Mark done" closes the request as it stands.';

const TONES = {
  received: 'info',
  refused: 'bad',
  denied: 'bad',
  waiting: 'waiting',
  rejected: 'bad',
  expired: 'bad',
  withdrawn: 'info',
  queued: 'running',
  running: 'running',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'info',
  unknown: 'unknown',
} as const satisfies Record<OperationState, Card['tone']>;
