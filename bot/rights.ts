/** What a person may see and ask for at all: for help, suggestions and lists. Never a gate; those judge the very case. */
import type { Action } from '../actions/action.ts';
import type { Registry } from '../actions/registry.ts';
import type { PolicyPerson, PolicyTarget } from '../policies/decision.ts';
import type { Place } from './chat/card.ts';
import type { JudgePorts } from './judge.ts';

type RightsPorts = Pick<JudgePorts, 'policy' | 'inventory' | 'now'> & { registry: Registry };

/** Names of the VMs that the person may look at, in order. */
export function visibleVms(person: PolicyPerson, place: Place, ports: RightsPorts): string[] {
  const show = ports.registry.get('vm.show');
  if (show === undefined) return [];
  return ports.inventory.names().filter((vm) => passes(show, ports.inventory.target(vm), person, place, ports));
}

/** Actions that policy does not deny him on every VM there is, nor on one of his own. */
export function visibleActions(person: PolicyPerson, place: Place, ports: RightsPorts): Action[] {
  const owners = [person.name, ...person.groups];
  const imagined = owners.flatMap((owner) => ENVIRONMENTS.map((env) => imaginary(owner, env)));
  const targets = [null, ...imagined, ...ports.inventory.names().map(ports.inventory.target)];
  return [...ports.registry.actions.values()].filter((action) =>
    targets.some((target) => passes(action, target, person, place, ports)),
  );
}

const ENVIRONMENTS = ['dev', 'prod'] as const;

function imaginary(owner: string, env: string): PolicyTarget {
  return { name: 'example', exists: true, owner, tags: { env }, state: 'running', protected: false };
}

function passes(
  { name, risk }: Action,
  target: PolicyTarget | null,
  person: PolicyPerson,
  { platform, channel }: Place,
  { policy, now }: RightsPorts,
): boolean {
  const question = { person, action: { name, risk }, args: {}, target, request: { platform, channel }, now: now() };
  return policy().decide(question).kind !== 'deny';
}
