/** Questions and policies for the tests of `policies/`. */
import type { Risk } from '../../actions/action.ts';
import type { PolicyQuestion, PolicyTarget } from '../../policies/decision.ts';
import { type LoadedPolicy, makePolicy } from '../../policies/load.ts';

export const risks = new Map<string, Risk>([
  ['vm.list', 'read'],
  ['vm.show', 'read'],
  ['vm.create', 'change'],
  ['vm.start', 'change'],
  ['vm.stop', 'disruptive'],
  ['vm.kill', 'destructive'],
  ['vm.reboot', 'disruptive'],
  ['vm.suspend', 'disruptive'],
  ['vm.resume', 'change'],
  ['vm.delete', 'destructive'],
]);

export const groups = {
  approvers: ['ann', 'ben', 'cyd'],
  operators: ['olga', 'otto'],
  'team-a': ['tom', 'tina'],
  'team-b': ['eve'],
};

export function load(text: string, members: Record<string, string[]> = groups) {
  return makePolicy([{ name: 'p.yaml', text }], [...risks.keys()], members);
}

/** Rules in YAML, each on its line or lines. */
export function policyOf(...rules: string[]): LoadedPolicy {
  const loaded = load(`rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
  if (loaded.kind === 'broken') throw new Error(loaded.problems.map((each) => each.problem).join('\n'));
  return loaded.policy;
}

export function vm(part: Partial<PolicyTarget> = {}): PolicyTarget {
  return {
    name: 'web-01',
    exists: true,
    owner: 'team-a',
    tags: { env: 'dev' },
    state: 'running',
    protected: false,
    ...part,
  };
}

export function question(part: Partial<Omit<PolicyQuestion, 'action'>> & { action?: string } = {}): PolicyQuestion {
  const { action = 'vm.stop', ...rest } = part;
  return {
    person: { name: 'tom', groups: ['team-a'] },
    args: {},
    target: vm(),
    request: { platform: 'slack', channel: 'ops' },
    now: Date.UTC(2026, 0, 14, 12),
    ...rest,
    action: { name: action, risk: risks.get(action) ?? 'destructive' },
  };
}
