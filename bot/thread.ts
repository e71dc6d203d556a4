/**
 * What a thread shows of an operation: one card that is edited from the first sign to the outcome, and one closing
 * message. A pure function of the record, so that the thread can be made right again after any crash.
 */
import type { Field, Plan } from '../actions/action.ts';
import type { Button, Card, CardBlock, CardStep } from './chat/card.ts';
import type { Demand, Operation, Step } from './operations/operation.ts';
import { isOver, type OperationState } from './operations/states.ts';

/** What the record does not hold: who could still approve, and what stands before it in the queue. */
export interface ThreadContext {
  missing: string[];
  ahead: { request: number; line: string; requester: string; state: OperationState } | null;
}

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
      ...planBlocks(operation),
      ...stepBlocks(operation),
    ],
    buttons: buttonsOf(operation),
    operation: { request, digest },
  };
}

function closingCard(operation: Operation): Card | null {
  const { state, request, requester, outcome, problem, digest } = operation;
  if (!isOver(state) && state !== 'unknown') return null;
  const summary = outcome?.summary ?? problem?.message ?? CLOSING[state];
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

/** A plan as a person reads it; also for `--dry-run`. */
export function planCard(title: string, plan: Plan, info: Field[], demand: Demand): Card {
  const blocks: CardBlock[] = [{ kind: 'text', text: demandLine(demand) }, ...blocksOfPlan(plan, info)];
  return { tone: 'info', title, blocks, buttons: [], operation: null };
}

function planBlocks({ plan, info, state }: Operation): CardBlock[] {
  if (plan === null || state === 'refused' || state === 'denied') return [];
  return blocksOfPlan(plan, info);
}

function blocksOfPlan({ effects, changes, lost, cost, undo }: Plan, info: Field[]): CardBlock[] {
  const costs: Field[] = [
    ...(cost.vcpus > 0 ? [{ name: 'vCPUs', value: String(cost.vcpus) }] : []),
    ...(cost.memoryMiB > 0 ? [{ name: 'Memory', value: `${cost.memoryMiB} MiB` }] : []),
    ...(cost.diskGiB > 0 ? [{ name: 'Disk', value: `${cost.diskGiB} GiB` }] : []),
  ];
  const back = undo === null ? 'no way back' : `${undo.action.replace('.', ' ')}, ${undo.holds}`;
  return [
    list(effects.map((effect, index) => `${index + 1}. ${effect}`)),
    ...(changes.length > 0 ? [diffTable(changes)] : []),
    ...(lost.length > 0 ? [{ kind: 'text', text: 'Lost for good:' } as const, list(lost)] : []),
    { kind: 'fields', fields: [...costs, ...info, { name: 'Undo', value: back }] },
  ];
}

function diffTable(changes: Plan['changes']): CardBlock {
  const show = (value: unknown) => (value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
  return {
    kind: 'table',
    columns: ['What', 'Now', 'Then'],
    rows: changes.map(({ path, before, after }) => [path, show(before), show(after)]),
  };
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

function statusLine(operation: Operation, { missing, ahead }: ThreadContext): string {
  const { state, requester, demand, problem, votes, cancel, digest } = operation;
  const by = votes.filter((vote) => vote.vote === 'approve' && vote.digest === digest).map(({ person }) => person);
  const approved = by.length > 0 ? ` Approved by ${by.join(', ')}.` : '';
  switch (state) {
    case 'received':
      return `Looking at what ${requester} asks for.`;
    case 'waiting':
      return `Asked by ${requester}. ${demand === null ? '' : demandLine(demand)}${approved} Still missing: ${missing.join('; or ') || 'a look under the lock'}.`;
    case 'queued':
      return ahead === null
        ? `Asked by ${requester}.${approved} About to begin.`
        : `Asked by ${requester}.${approved} Waits for #${ahead.request} (${ahead.line}, ${ahead.requester}, ${ahead.state}).`;
    case 'running':
      return cancel === null
        ? `Running for ${requester}.${approved}`
        : `Running; ${cancel.by} asked to cancel, it stops at the next safe point.`;
    case 'rejected': {
      const no = votes.findLast((vote) => vote.vote === 'reject');
      return `Rejected by ${no?.person ?? 'somebody'}: ${no?.reason ?? ''}`;
    }
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'unknown':
      return `${CLOSING[state]} Asked by ${requester}.${approved}`;
    case 'refused':
    case 'denied':
    case 'expired':
    case 'withdrawn':
      return problem?.message ?? CLOSING[state];
  }
}

export function demandLine(demand: Demand): string {
  const where = demand.rules.map(({ name, file, line }) => `${name} (${file}:${line})`).join(', ');
  return demand.kind === 'allow' ? `Free by ${where}.` : `Needs approval by ${where}.`;
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
              label: `Undo: ${plan.undo.action.replace('.', ' ')}`,
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

const CLOSING = {
  received: 'Received.',
  refused: 'Refused.',
  denied: 'Denied.',
  waiting: 'Waiting.',
  rejected: 'Rejected.',
  expired: 'Expired: nobody decided in time. Ask again.',
  withdrawn: 'Withdrawn by the requester.',
  queued: 'Queued.',
  running: 'Running.',
  succeeded: 'Done.',
  failed: 'Failed.',
  cancelled: 'Cancelled.',
  unknown: 'Outcome unknown: nobody can tell from here whether the last step happened.',
} as const satisfies Record<OperationState, string>;
