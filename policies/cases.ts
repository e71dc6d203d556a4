/**
 * Tests of a policy, as a table in YAML beside it: `cases: [{ name, person, action, target, expect }]`. A case that comes
 * out otherwise says what came instead, with the explanation; rules that no case exercises are named.
 */
import { z } from 'zod';
import type { JsonObject, Risk } from '../actions/action.ts';
import type { Decision, PolicyQuestion, RuleRef } from './decision.ts';
import { type Problem, readDocument } from './document.ts';
import { explain, formatExplanation } from './explain.ts';
import type { LoadedPolicy } from './load.ts';
import type { SourceFile } from './policy-files.ts';
import { describeRequirement, readRequirement, WrittenRequirement } from './requirement.ts';
import { allowedWords } from './suggest.ts';

const Name = z.string().min(1).max(200);

const Case = z.strictObject({
  name: Name,
  person: z.strictObject({ name: Name, groups: z.array(Name).max(100).default([]) }),
  action: Name,
  args: z.record(Name, z.json()).default({}),
  /** Missing: an action without a target. */
  target: z
    .strictObject({
      name: Name.default('vm-01'),
      exists: z.boolean().default(true),
      owner: z.string().max(200).default(''),
      tags: z.record(Name, z.string().max(500)).default({}),
      state: z.string().max(20).default('running'),
      protected: z.boolean().default(false),
    })
    .optional(),
  request: z.strictObject({ platform: Name.default('web'), channel: Name.default('ops') }).prefault({}),
  /** With zone or `Z`. Missing: a Wednesday at noon. */
  at: z.iso.datetime({ offset: true }).default('2026-01-14T12:00:00Z'),
  expect: z.enum(['allow', 'ask', 'deny']),
  /** The rule that must decide, or be among those that ask. */
  rule: Name.optional(),
  approve: WrittenRequirement.optional(),
});
type Case = z.infer<typeof Case>;

const CaseFile = z.strictObject({ cases: z.array(Case).min(1).max(5000) });

export type CaseResult =
  | { kind: 'passed'; name: string; line: number }
  /** `explanation`: lines for the author of the policy, who may see all. */
  | { kind: 'failed'; name: string; line: number; wanted: string; came: string; explanation: string[] };

export type CasesResult =
  | { kind: 'ran'; results: CaseResult[]; unexercised: RuleRef[] }
  | { kind: 'broken'; problems: Problem[] };

/** `risks`: each registered action's, since a rule may ask for it. */
export function runCases(file: SourceFile, policy: LoadedPolicy, risks: ReadonlyMap<string, Risk>): CasesResult {
  const read = readDocument(file.name, file.text, CaseFile);
  if (read.kind === 'broken') return read;
  const { cases } = read.value;
  const problems = cases.flatMap((one, index) => {
    if (risks.has(one.action)) return [];
    const problem = `unknown action "${one.action}"${allowedWords(one.action, [...risks.keys()])}`;
    return [{ file: file.name, ...read.places.of(['cases', index, 'action']), problem }];
  });
  if (problems.length > 0) return { kind: 'broken', problems };
  const ran = cases.map((one, index) => {
    const question = questionOf(one, risks.get(one.action) ?? 'destructive');
    const decision = policy.decide(question);
    const line = read.places.of(['cases', index]).line;
    return {
      decision,
      result: judgeCase(one, line, decision, () => formatExplanation(explain(policy, question, 'operator'))),
    };
  });
  const exercised = new Set(ran.flatMap(({ decision }) => rulesOf(decision)));
  return {
    kind: 'ran',
    results: ran.map(({ result }) => result),
    unexercised: policy.rules.map((rule) => rule.ref).filter((ref) => !exercised.has(ref.name)),
  };
}

function questionOf(one: Case, risk: Risk): PolicyQuestion {
  const args: JsonObject = one.args;
  return {
    person: one.person,
    action: { name: one.action, risk },
    args,
    target: one.target ?? null,
    request: one.request,
    now: Date.parse(one.at),
  };
}

function judgeCase(one: Case, line: number, decision: Decision, explanation: () => string[]): CaseResult {
  const rules = rulesOf(decision);
  const requirement = one.approve === undefined ? null : describeRequirement(readRequirement(one.approve));
  const asked = decision.kind === 'ask' ? describeRequirement(decision.requirement) : null;
  const right =
    decision.kind === one.expect &&
    (one.rule === undefined || rules.includes(one.rule)) &&
    (requirement === null || requirement === asked);
  if (right) return { kind: 'passed', name: one.name, line };
  const wanted = outcome(one.expect, one.rule === undefined ? [] : [one.rule], requirement);
  const came = outcome(decision.kind, rules, requirement === null ? null : asked);
  return { kind: 'failed', name: one.name, line, wanted, came, explanation: explanation() };
}

/** `ask by production with 1 of approvers` */
function outcome(kind: string, rules: string[], requirement: string | null): string {
  const by = rules.length === 0 ? '' : ` by ${rules.join(', ')}`;
  return `${kind}${by}${requirement === null ? '' : ` with ${requirement}`}`;
}

function rulesOf(decision: Decision): string[] {
  if (decision.kind === 'ask') return decision.rules.map((rule) => rule.name);
  return decision.rule === null ? [] : [decision.rule.name];
}
