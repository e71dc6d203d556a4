/**
 * The gates of a queued operation under the lock of its targets: everything that was true when it was approved is
 * asked again. Nothing remembered opens a gate.
 */
import { OpsError } from '../../actions/errors.ts';
import { readOnce } from '../../actions/read-once.ts';
import type { Registry } from '../../actions/registry.ts';
import { type AuditLog, AuditUnavailable } from '../../audit/record.ts';
import type { Auids } from '../auids.ts';
import { type JudgePorts, judge, judgeBallot, type Planned, votersOf } from '../judge.ts';
import type { Recorder } from '../record.ts';
import { boundOf, subjectOf } from './bound.ts';
import { whatChanged } from './digest.ts';
import type { Operation } from './operation.ts';

export interface LastGatePorts extends JudgePorts {
  auids: Auids;
  registry: Registry;
  audit: AuditLog;
  recorder: Recorder;
}

export type Gate =
  | { kind: 'go'; patch: Partial<Operation> }
  | { kind: 'stop'; patch: Partial<Operation> }
  /** The host cannot be asked just now. */
  | { kind: 'later'; reason: string };

export async function passLastGates(operation: Operation, ports: LastGatePorts): Promise<Gate> {
  const log = await ports.audit.status();
  if (log.kind === 'suspended') return stop('refused', `the audit log cannot be written: ${log.reason}`, AUDIT_HINT);
  const bound = boundOf(operation, ports.registry);
  if (bound.kind === 'refused') return stop('refused', bound.reason, bound.hint);
  const person = await ports.people.person(operation.requester);
  if (person === null) return stop('denied', `${operation.requester} is no longer known to Drover`, null);
  try {
    const host = readOnce(ports.host);
    for (const vm of operation.targets) ports.inventory.take(vm, await host.domain(vm));
    const asking = { bound, person, place: operation.place, uuid: operation.uuid };
    const judged = await judge(asking, { ...ports, host });
    switch (judged.kind) {
      case 'denied':
        return stop('denied', judged.decision.reason, judged.decision.hint);
      case 'refused':
        return stop('refused', judged.refusal.reason, judged.refusal.hint);
      case 'planned':
        return await passVotes(operation, judged, ports);
    }
  } catch (error) {
    if (error instanceof OpsError || error instanceof AuditUnavailable) return { kind: 'later', reason: error.message };
    throw error;
  }
}

async function passVotes(operation: Operation, judged: Planned, ports: LastGatePorts): Promise<Gate> {
  const { demand, plan, facts, info, digest, digested } = judged;
  const now = ports.now();
  const patch = { demand, plan, facts, info, digest, digested };
  if (demand.kind === 'allow') return { kind: 'go', patch: { ...patch, state: 'running', startedAt: now } };
  if (digest !== operation.digest) {
    const changed = whatChanged(operation.digested, digested);
    const text = `Changed since it was approved, so the approval is void: ${changed.join('; ')}`;
    await ports.recorder.turned(await subjectOf(operation, ports.auids), 'approval-void', changed.join('; '), false);
    return waitAgain({ ...operation, ...patch, votes: [] }, text, now);
  }
  const members = await ports.people.members();
  const ballot = judgeBallot({ ...operation, demand }, members);
  if (ballot.kind === 'met') return { kind: 'go', patch: { ...patch, state: 'running', startedAt: now } };
  const text = 'The approval no longer holds: somebody who gave it has left the group, or a vote is missing';
  const voters = votersOf({ ...operation, demand }, members);
  const votes = operation.votes.filter((vote) => voters.includes(vote.person));
  return waitAgain({ ...operation, ...patch, votes }, text, now);
}

/** Votes on a plan that is void are gone for good: the same plan, should it come back, is voted on anew. */
function waitAgain(operation: Operation, text: string, now: number): Gate {
  const { demand, plan, facts, info, digest, digested, votes } = operation;
  const seconds = demand?.kind === 'ask' ? demand.expiresSeconds : 0;
  return {
    kind: 'stop',
    patch: {
      ...{ demand, plan, facts, info, digest, digested, votes },
      state: 'waiting',
      expiresAt: now + seconds * 1000,
      notes: [...operation.notes, { at: now, text }],
    },
  };
}

const AUDIT_HINT = 'make room or mend the disk under the audit folder, then ask again';

function stop(state: 'refused' | 'denied', message: string, hint: string | null): Gate {
  return { kind: 'stop', patch: { state, problem: { message, hint }, endedAt: Date.now() } };
}
