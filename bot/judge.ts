/**
 * The gates before an effect, in one order for the first look and for the look under the lock: policy on every
 * target, then the plan of what is there now, then the digest that an approval is bound to. Remembers nothing.
 */
import type { Bound, Field, Json, Plan, Refusal } from '../actions/action.ts';
import type { HostReader } from '../actions/host.ts';
import { type Ballot, eligiblePeople, type Judgement, judgeVotes } from '../policies/approval.ts';
import type {
  Decision,
  Policy,
  PolicyPerson,
  PolicyQuestion,
  PolicyTarget,
  Requirement,
} from '../policies/decision.ts';
import type { Place } from './chat/card.ts';
import type { Inventory } from './inventory.ts';
import { digestOf } from './operations/digest.ts';
import type { Demand, Operation } from './operations/operation.ts';
import type { People } from './people.ts';

export interface Asking {
  bound: Bound;
  person: PolicyPerson;
  place: Place;
  uuid: string;
}

export interface Planned {
  kind: 'planned';
  demand: Demand;
  plan: Plan;
  facts: Json;
  info: Field[];
  digest: string;
  digested: Json;
}

export type Judged =
  | { kind: 'denied'; decision: Decision & { kind: 'deny' }; vm: string }
  | { kind: 'refused'; refusal: Refusal; demand: Demand }
  | Planned;

export type Passed = { kind: 'denied'; decision: Decision & { kind: 'deny' }; vm: string } | Demand;

export interface JudgePorts {
  policy(): Policy;
  inventory: Inventory;
  host: HostReader;
  people: People;
  now(): number;
}

/** Policy only, from the inventory: what may be asked before any VM is touched. */
export function judgePolicy(asking: Omit<Asking, 'uuid'>, ports: Omit<JudgePorts, 'host' | 'people'>): Passed {
  const demands: Demand[] = [];
  for (const question of questionsOf(asking, ports)) {
    const decision = ports.policy().decide(question);
    if (decision.kind === 'deny') return { kind: 'denied', decision, vm: question.target?.name ?? '' };
    demands.push(toDemand(decision));
  }
  return demands.reduce(bothDemands);
}

/** One question for each target; one without a target for an action that has none. */
export function questionsOf(
  { bound, person, place }: Omit<Asking, 'uuid'>,
  { inventory, now }: Pick<JudgePorts, 'inventory' | 'now'>,
): PolicyQuestion[] {
  const { name, risk } = bound.action;
  const request = { platform: place.platform, channel: place.channel };
  const common = { person, action: { name, risk }, args: bound.args, request, now: now() };
  return policyTargets(bound, inventory).map((target) => ({ ...common, target }));
}

/** Policy and plan. Throws `OpsError` when the host cannot be asked. */
export async function judge(asking: Asking, ports: JudgePorts): Promise<Judged> {
  const passed = judgePolicy(asking, ports);
  if (passed.kind === 'denied') return passed;
  const { facts, info } = await asking.bound.observe(ports.host, asking.uuid);
  const plan = asking.bound.plan(facts, asking.uuid);
  if (plan.kind === 'refused') return { kind: 'refused', refusal: plan, demand: passed };
  const { action, args } = asking.bound;
  const policy = ports.policy().version;
  const digested = digestOf({ action: action.name, args, facts, plan, policy, uuid: asking.uuid });
  return { kind: 'planned', demand: passed, plan, facts, info, ...digested };
}

/** The votes on the plan that stands now, with the groups of this moment. */
export function judgeBallot(operation: Operation, members: Members): Judgement {
  if (operation.demand?.kind !== 'ask') return { kind: 'met', by: [] };
  return judgeVotes(ballotOf(operation, operation.demand.requirement, members));
}

/** Who could vote on this operation at this moment. */
export function votersOf(operation: Operation, members: Members): string[] {
  if (operation.demand?.kind !== 'ask') return [];
  return eligiblePeople(ballotOf(operation, operation.demand.requirement, members));
}

/** Group → names. */
type Members = Record<string, string[]>;

function ballotOf({ votes, digest, requester }: Operation, requirement: Requirement, members: Members): Ballot {
  return { requirement, votes: votes.filter((vote) => vote.digest === digest), excluded: [requester], members };
}

function policyTargets({ targets }: Bound, inventory: Inventory): (PolicyTarget | null)[] {
  if (targets.length === 0) return [null];
  return targets.map(({ vm, creates }) => {
    const known = inventory.target(vm);
    return creates === null || known.exists ? known : { ...known, owner: creates.owner, tags: creates.tags };
  });
}

function toDemand(decision: Exclude<Decision, { kind: 'deny' }>): Demand {
  if (decision.kind === 'allow') return { kind: 'allow', rules: [decision.rule] };
  const { rules, requirement, expiresSeconds } = decision;
  return { kind: 'ask', rules, requirement, expiresSeconds };
}

/** Several targets: whatever any of them demands. */
function bothDemands(a: Demand, b: Demand): Demand {
  const rules = [...a.rules, ...b.rules];
  if (a.kind === 'allow') return { ...b, rules };
  if (b.kind === 'allow') return { ...a, rules };
  return {
    kind: 'ask',
    rules,
    requirement: { kind: 'all', of: [a.requirement, b.requirement] },
    expiresSeconds: Math.min(a.expiresSeconds, b.expiresSeconds),
  };
}
