/**
 * The gates of an operation that was received, in order: can it be put on record, is the person still known, what
 * does policy say, what would happen. Gives the operation's next state, and what its requester is told alone.
 */
import type { Bound } from '../actions/action.ts';
import { OpsError } from '../actions/errors.ts';
import type { Registry } from '../actions/registry.ts';
import type { AuditLog } from '../audit/record.ts';
import { deniedAnswer, refusalAnswer } from './answers.ts';
import type { Auids } from './auids.ts';
import type { Card } from './chat/card.ts';
import { type Judged, type JudgePorts, judge, judgeBallot, type Planned } from './judge.ts';
import { boundOf, subjectOf } from './operations/bound.ts';
import type { Operation } from './operations/operation.ts';
import type { Recorder } from './record.ts';
import type { Subject } from './record-entry.ts';

export interface GatePorts extends JudgePorts {
  auids: Auids;
  registry: Registry;
  audit: AuditLog;
  recorder: Recorder;
}

export interface Decided {
  patch: Partial<Operation>;
  card: Card | null;
}

export async function decide(operation: Operation, ports: GatePorts): Promise<Decided> {
  const log = await ports.audit.status();
  if (log.kind === 'suspended') {
    const hint = 'an operator must mend the audit folder; looking goes on meanwhile';
    return refuse(`the audit log cannot be written (${log.reason}), so nothing is changed`, hint, ports);
  }
  const bound = boundOf(operation, ports.registry);
  if (bound.kind === 'refused') return refuse(bound.reason, bound.hint, ports);
  const person = await ports.people.person(operation.requester);
  if (person === null) return refuse(`${operation.requester} is no longer known to Drover`, null, ports);
  try {
    const judged = await judge({ bound, person, place: operation.place, uuid: operation.uuid }, ports);
    recordDecision(await subjectOf(operation, ports.auids), bound, judged, ports.recorder);
    return await follow(operation, judged, ports);
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return refuse(`the host could not be asked: ${error.message}`, 'nothing was done; try again', ports);
  }
}

export function recordDecision(subject: Subject, bound: Bound, judged: Judged, to: Recorder): void {
  const vm = bound.targets[0]?.vm ?? '';
  if (judged.kind === 'denied') {
    to.decided(subject, 'deny', judged.decision.rule?.name ?? '?', bound.action.name, vm);
    return;
  }
  const decision = judged.demand.kind === 'allow' ? 'allow' : 'needs-approval';
  to.decided(subject, decision, judged.demand.rules[0]?.name ?? '?', bound.action.name, vm);
}

async function follow(operation: Operation, judged: Judged, ports: GatePorts): Promise<Decided> {
  switch (judged.kind) {
    case 'denied': {
      const { reason, hint } = judged.decision;
      const patch = { state: 'denied', problem: { message: reason, hint }, endedAt: ports.now() } as const;
      return { patch, card: deniedAnswer(operation.line, judged.decision) };
    }
    case 'refused':
      return refuse(judged.refusal.reason, judged.refusal.hint, ports);
    case 'planned':
      return planned(operation, judged, ports);
  }
}

async function planned(operation: Operation, judged: Planned, ports: GatePorts): Promise<Decided> {
  const { demand, plan, facts, info, digest, digested } = judged;
  const patch = { demand, plan, facts, info, digest, digested };
  if (demand.kind === 'allow') return { patch: { ...patch, state: 'queued' }, card: null };
  const ballot = judgeBallot({ ...operation, ...patch }, await ports.people.members());
  if (ballot.kind === 'impossible') return refuse(`nobody can approve this: ${ballot.why}`, null, ports);
  return { patch: { ...patch, state: 'waiting', expiresAt: ports.now() + demand.expiresSeconds * 1000 }, card: null };
}

function refuse(message: string, hint: string | null, { now }: GatePorts): Decided {
  const patch = { state: 'refused', problem: { message, hint }, endedAt: now() } as const;
  return { patch, card: refusalAnswer(message, hint) };
}
