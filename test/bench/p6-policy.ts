/** P6: decisions per second with 500 rules, a mix of people, actions and VMs as a day brings it. */
import type { Risk } from '../../actions/action.ts';
import type { PolicyQuestion } from '../../policies/decision.ts';
import { makePolicy } from '../../policies/load.ts';
import type { Figure } from './figure.ts';

const RULES_SHARED = 10;
const TEAMS = 49;
const RULES_PER_TEAM = 10;
const ROUNDS = 5;
const ROUND_MS = 400;
const QUESTIONS = 4096;

const risks = new Map<string, Risk>([
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

/** Best of some rounds: the machine is shared, and what slows a round down is never the policy. */
export async function benchP6(): Promise<Figure[]> {
  const loaded = makePolicy([{ name: 'bench.yaml', text: policyText() }], [...risks.keys()], groups());
  if (loaded.kind === 'broken') throw new Error(`the policy of the benchmark: ${JSON.stringify(loaded.problems[0])}`);
  const { policy } = loaded;
  const questions = makeQuestions();
  const kinds = { allow: 0, ask: 0, deny: 0 };
  for (const question of questions) kinds[policy.decide(question).kind]++;
  const rounds = Array.from({ length: ROUNDS }, () => decisionsPerSecond(policy.decide, questions));
  return [
    {
      id: 'P6',
      what: `policy decisions with ${policy.rules.length} rules`,
      value: Math.round(Math.max(...rounds)),
      unit: '1/s',
      goal: 50_000,
      better: 'higher',
      detail: { rules: policy.rules.length, ...kinds, slowestRound: Math.round(Math.min(...rounds)) },
    },
  ];
}

function decisionsPerSecond(decide: (question: PolicyQuestion) => unknown, questions: PolicyQuestion[]): number {
  const start = performance.now();
  let decided = 0;
  while (performance.now() - start < ROUND_MS) {
    for (const question of questions) decide(question);
    decided += questions.length;
  }
  return (decided * 1000) / (performance.now() - start);
}

function groups(): Record<string, string[]> {
  const teams = Array.from({ length: TEAMS }, (_, team) => [`team-${team}`, [`p${team}`, `q${team}`]]);
  return { approvers: ['ann', 'ben', 'cyd'], operators: ['olga', 'otto'], ...Object.fromEntries(teams) };
}

/** 490 rules of teams and ten that concern everybody. */
function policyText(): string {
  const teams = Array.from({ length: TEAMS }, (_, team) => teamRules(`team-${team}`)).flat();
  return `rules:\n${[...sharedRules(), ...teams].map((rule) => `  - ${JSON.stringify(rule)}\n`).join('')}`;
}

function sharedRules() {
  const approve = { group: 'approvers', count: 1 };
  const rules = [
    { effect: 'allow', actions: ['vm.list', 'vm.show'] },
    {
      effect: 'allow',
      actions: ['vm.*'],
      risks: ['change', 'disruptive'],
      when: 'owns(target) && target.env == "dev"',
    },
    { effect: 'ask', actions: ['vm.create'], when: 'owns(target) && target.env != "dev"', approve },
    {
      effect: 'ask',
      actions: ['vm.*'],
      risks: ['change', 'disruptive'],
      when: 'owns(target) && target.env in ["", "prod"]',
      approve,
    },
    {
      effect: 'ask',
      actions: ['vm.*'],
      risks: ['destructive'],
      when: 'owns(target) || "operators" in person.groups',
      approve: { ...approve, count: 2 },
    },
    { effect: 'deny', actions: ['*'], risks: ['destructive'], when: 'target.protected' },
    { effect: 'deny', actions: ['vm.create'], when: 'has(args.vcpus) && args.vcpus > 32' },
    { effect: 'ask', actions: ['vm.create'], when: 'has(args.memory) && args.memory > 65536', approve },
    {
      effect: 'deny',
      actions: ['vm.*'],
      risks: ['disruptive'],
      when: 'target.env == "prod" && weekday(now, "Europe/Berlin") == "fri"',
    },
    { effect: 'ask', actions: ['vm.*'], when: '"operators" in person.groups && !owns(target)', approve },
  ];
  return rules.slice(0, RULES_SHARED).map((rule, index) => ({ name: `shared-${index}`, ...rule }));
}

function teamRules(team: string) {
  const member = `"${team}" in person.groups`;
  const rules = [
    { effect: 'allow', actions: ['vm.start', 'vm.resume'], when: `${member} && target.owner == "${team}"` },
    { effect: 'allow', actions: ['vm.reboot'], when: `${member} && target.env == "test" && hour(now, "UTC") >= 6` },
    { effect: 'allow', actions: ['vm.*'], risks: ['change'], when: `${member} && target.env in ["test", "lab"]` },
    {
      effect: 'ask',
      actions: ['vm.stop'],
      when: `${member} && target.tags.exists(t, t == "${team}")`,
      approve: { group: team },
    },
    {
      effect: 'ask',
      actions: ['vm.delete'],
      when: `${member} && !target.protected`,
      approve: { any: [{ group: team }, { group: 'approvers' }] },
    },
    { effect: 'deny', actions: ['vm.create'], when: `target.owner == "${team}" && has(args.disk) && args.disk > 500` },
    { effect: 'deny', actions: ['vm.kill'], when: `target.owner == "${team}" && tag(target, "tier") == "gold"` },
    { effect: 'allow', actions: ['vm.suspend'], when: `${member} && target.name.startsWith("${team}-")` },
    {
      effect: 'ask',
      actions: ['vm.reboot'],
      when: `target.owner == "${team}" && person.name == "on-call"`,
      approve: { group: team },
    },
    { effect: 'deny', actions: ['vm.stop'], when: `request.channel == "${team}-public"` },
  ];
  return rules.slice(0, RULES_PER_TEAM).map((rule, index) => ({ name: `${team}-${index}`, ...rule }));
}

/** Deterministic: a linear congruential sequence picks. */
function makeQuestions(): PolicyQuestion[] {
  let state = 42;
  const pick = (count: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * count);
  };
  return Array.from({ length: QUESTIONS }, () => makeQuestion(pick));
}

function makeQuestion(pick: (count: number) => number): PolicyQuestion {
  const team = pick(TEAMS);
  const owner = pick(3) === 0 ? pick(TEAMS) : team;
  const [name, risk] = [...risks][pick(risks.size)] ?? ['vm.list', 'read'];
  const env = ['dev', 'dev', 'test', 'prod', ''][pick(5)] ?? '';
  const target = {
    name: `team-${owner}-${pick(40)}`,
    exists: name !== 'vm.create',
    owner: `team-${owner}`,
    tags: env === '' ? {} : { env },
    state: 'running',
    protected: pick(8) === 0,
  };
  const args = name === 'vm.create' ? { name: target.name, vcpus: 4, memory: 8192, disk: 40 } : { vm: target.name };
  return {
    person: { name: `p${team}`, groups: [`team-${team}`, ...(pick(10) === 0 ? ['operators'] : [])] },
    action: { name, risk },
    args,
    target: name === 'vm.list' ? null : target,
    request: { platform: 'slack', channel: 'C042OPS' },
    now: Date.UTC(2026, 0, 14, 12, pick(60)),
  };
}
