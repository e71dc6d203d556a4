/**
 * What a button, or the same word in a terminal, does to an operation. Each press is judged from the record and the
 * groups of this moment; two at once meet in the store's version check, and the second finds what the first did.
 */
import type { Registry } from '../actions/registry.ts';
import { AuditUnavailable } from '../audit/record.ts';
import type { PolicyPerson } from '../policies/decision.ts';
import { refusalAnswer } from './answers.ts';
import type { Card, Inbound, Verb } from './chat/card.ts';
import type { Command } from './command/command.ts';
import { type JudgePorts, judgeBallot, judgePolicy, votersOf } from './judge.ts';
import { boundOf } from './operations/bound.ts';
import type { Operation, Step, Vote } from './operations/operation.ts';
import type { Operations } from './operations/operations.ts';
import type { Recorder } from './record.ts';
import type { Subject } from './record-entry.ts';
import type { Writes } from './store/store.ts';
import { whyNoVote } from './vote-objections.ts';

export type Press = Inbound & { kind: 'press' };

export interface PressPorts extends JudgePorts {
  operations: Operations;
  registry: Registry;
  recorder: Recorder;
  pump(): void;
  cancel(request: number): void;
  resume(request: number): Promise<void>;
}

/** `no` is told to the presser alone; `command` is asked for in his name. */
export type Pressed = { kind: 'done' } | { kind: 'no'; card: Card } | { kind: 'command'; command: Command };

interface Pressing {
  press: Press;
  operation: Operation;
  person: PolicyPerson;
  subject: Subject;
  /** Closes the event in the transaction that does what it asks: after a crash it is not judged a second time. */
  closing: Writes;
  ports: PressPorts;
}

const PRESSES = {
  approve: (pressing) => vote(pressing, 'approve'),
  reject: (pressing) => vote(pressing, 'reject'),
  withdraw,
  cancel,
  adopt: (pressing) => settle(pressing, 'done', `taken as done by ${pressing.person.name}`),
  retry: (pressing) => settle(pressing, 'retry', `to be done again, asked by ${pressing.person.name}`),
  'mark-done': markDone,
  undo,
} as const satisfies Record<Verb, (pressing: Pressing) => Promise<Pressed>>;

export async function takePress(
  press: Press,
  person: PolicyPerson,
  subject: Subject,
  closing: Writes,
  ports: PressPorts,
): Promise<Pressed> {
  const seen = await ports.operations.get(press.request);
  if (seen === null) return no(`there is no request #${press.request}`, null);
  return PRESSES[press.verb]({ press, operation: seen.operation, person, subject, closing, ports });
}

async function vote(pressing: Pressing, choice: Vote['vote']): Promise<Pressed> {
  const { operation, press, person, closing, ports } = pressing;
  const { request, digest } = operation;
  const members = await ports.people.members();
  const met = judgeBallot(operation, members).kind === 'met';
  const standing = { voters: votersOf(operation, members), met, now: ports.now() };
  const objection = whyNoVote(operation, { press, person, choice }, standing);
  if (objection !== null) {
    await recordVote(pressing, choice, objection.code, false);
    return no(objection.reason, objection.hint);
  }
  if (!(await recordVote(pressing, choice, press.input, true))) {
    return no('the audit log cannot be written, so the vote does not count', 'an operator must mend the audit folder');
  }
  const at = ports.now();
  const cast: Vote = {
    person: person.name,
    vote: choice,
    at,
    digest,
    platform: press.from.platform,
    reason: press.input,
  };
  const next = (current: Operation): Partial<Operation> | null => {
    if (current.state !== 'waiting' || current.digest !== digest) return null;
    const votes = [...current.votes.filter((old) => old.person !== person.name || old.digest !== digest), cast];
    if (choice === 'reject') return { votes, state: 'rejected', endedAt: at };
    const met = judgeBallot({ ...current, votes }, members).kind === 'met';
    return met ? { votes, state: 'queued', expiresAt: null } : { votes };
  };
  const now = await ports.operations.update(request, next, closing);
  if (now === null) return no(`#${request} was decided in the same moment`, null);
  if (now.state === 'queued') ports.pump();
  return { kind: 'done' };
}

/** False when it could not be put on record. A refused vote needs no record to stay refused. */
async function recordVote({ subject, press, operation, ports }: Pressing, choice: string, reason: string, ok: boolean) {
  try {
    const { request, digest } = operation;
    const plan = press.digest === '' ? digest : press.digest;
    await ports.recorder.vote({ ...subject, request }, { decision: choice, reason, digest: plan, ok });
    return true;
  } catch (error) {
    if (error instanceof AuditUnavailable) return false;
    throw error;
  }
}

async function withdraw(pressing: Pressing): Promise<Pressed> {
  const { operation, person, ports } = pressing;
  const { request, requester, state } = operation;
  if (person.name !== requester) return no(`only ${requester} can withdraw #${request}`, 'an approver can reject it');
  if (state !== 'waiting') return no(`#${request} is ${state} already`, null);
  const problem = { message: `Withdrawn by ${requester}.`, hint: null };
  return turn(pressing, 'withdraw', '', (current) =>
    current.state === 'waiting' ? { state: 'withdrawn', problem, endedAt: ports.now() } : null,
  );
}

async function cancel(pressing: Pressing): Promise<Pressed> {
  const { operation, person, ports } = pressing;
  const { request, state } = operation;
  if (!(await mayManage(pressing))) return no(`you may not cancel #${request}`, null);
  if (state !== 'queued' && state !== 'running') return no(`#${request} is ${state}: there is nothing to cancel`, null);
  const by = { by: person.name, at: ports.now() };
  const problem = { message: `Cancelled by ${person.name} before it began.`, hint: null };
  const pressed = await turn(pressing, 'cancel', '', (current) => {
    if (current.state === 'queued') return { state: 'cancelled', cancel: by, problem, endedAt: ports.now() };
    return current.state === 'running' ? { cancel: by } : null;
  });
  ports.cancel(request);
  return pressed;
}

/** A person says what nobody can know; the operation runs on from there. */
async function settle(pressing: Pressing, status: Step['status'], words: string): Promise<Pressed> {
  const { operation, ports, press } = pressing;
  const { request, state } = operation;
  if (!(await mayManage(pressing))) return no(`you may not decide on #${request}`, null);
  if (state !== 'unknown') return no(`#${request} is ${state}: its outcome is not unknown`, null);
  const decide = (step: Step): Step =>
    step.status === 'unknown' ? { ...step, status, evidence: `${step.evidence}; ${words}` } : step;
  const pressed = await turn(pressing, press.verb, words, ({ state, steps, notes }) => {
    if (state !== 'unknown') return null;
    const note = { at: ports.now(), text: `The unclear step is ${words}` };
    return { state: 'running', problem: null, steps: steps.map(decide), notes: [...notes, note] };
  });
  await ports.resume(request);
  return pressed;
}

async function markDone(pressing: Pressing): Promise<Pressed> {
  const { operation, person, press, ports } = pressing;
  const { request, line, state } = operation;
  if (!(await mayManage(pressing))) return no(`you may not decide on #${request}`, null);
  if (press.input.trim() === '') return no('say why it counts as done', null);
  if (state !== 'unknown') return no(`#${request} is ${state}: its outcome is not unknown`, null);
  const summary = `${line}: closed as done by ${person.name}: ${press.input}`;
  const outcome = { summary, blocks: [] };
  return turn(pressing, 'mark-done', press.input, (current) =>
    current.state === 'unknown' ? { state: 'succeeded', outcome, problem: null, endedAt: ports.now() } : null,
  );
}

/** A person's decision that is no vote: on record first, then in the store, in one transaction with its event. */
async function turn(
  { operation: { request }, subject, closing, ports }: Pressing,
  op: string,
  reason: string,
  next: (operation: Operation) => Partial<Operation> | null,
): Promise<Pressed> {
  try {
    await ports.recorder.turned({ ...subject, request }, op, reason, true);
  } catch (error) {
    if (!(error instanceof AuditUnavailable)) throw error;
    return no('the audit log cannot be written, so nothing is changed', 'an operator must mend the audit folder');
  }
  const now = await ports.operations.update(request, next, closing);
  if (now === null) return no(`#${request} was decided in the same moment`, null);
  ports.pump();
  return { kind: 'done' };
}

async function undo({ operation: { plan, request, state } }: Pressing): Promise<Pressed> {
  if (state !== 'succeeded' || plan?.undo == null) return no(`#${request} cannot be undone`, null);
  const { action, args } = plan.undo;
  return { kind: 'command', command: { kind: 'action', action, args, dryRun: false } };
}

/** The requester, those who decide on it, and whoever policy lets do the same freely. */
async function mayManage({ operation, person, ports }: Pressing): Promise<boolean> {
  if (person.name === operation.requester) return true;
  if (votersOf(operation, await ports.people.members()).includes(person.name)) return true;
  const bound = boundOf(operation, ports.registry);
  if (bound.kind === 'refused') return false;
  return judgePolicy({ bound, person, place: operation.place }, ports).kind === 'allow';
}

function no(reason: string, hint: string | null): Pressed {
  return { kind: 'no', card: refusalAnswer(reason, hint) };
}
