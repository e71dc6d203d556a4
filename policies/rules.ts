/** Rules as Drover holds them: conditions compiled, requirements read, every wrong word found at its place. */
import type { Environment } from '@marcbachmann/cel-js';
import type { Risk } from '../actions/action.ts';
import { type Condition, compileCondition } from './condition.ts';
import type { Names } from './condition-names.ts';
import type { Requirement, RuleRef } from './decision.ts';
import type { Places, Problem } from './document.ts';
import { branchesIn, groupsIn, MAX_BRANCHES, readRequirement } from './requirement.ts';
import { expiresSeconds, type RuleFile, type WrittenRule } from './rule-file.ts';
import { allowedWords } from './suggest.ts';

export type Effect =
  | { kind: 'allow' }
  | { kind: 'ask'; requirement: Requirement; expiresSeconds: number }
  | { kind: 'deny'; reason: string; hint: string | null };

export interface Rule {
  ref: RuleRef;
  /** Its place among all rules of all files. */
  order: number;
  effect: Effect;
  /** Names of actions, patterns already resolved. */
  actions: ReadonlySet<string>;
  /** Null: any risk. */
  risks: ReadonlySet<Risk> | null;
  /** Null: always. */
  condition: Condition | null;
  /** Why the rule exists, for people; null when its author gave none. */
  reason: string | null;
}

export interface Vocabulary {
  env: Environment;
  names: Names;
}

export interface Sheet {
  file: string;
  value: RuleFile;
  places: Places;
}

/** Either a rule or problems, or both: a rule with problems is never used, but its name counts as taken. */
export interface RuleResult {
  rule: Omit<Rule, 'order'> | null;
  problems: Problem[];
}

export function readRule(sheet: Sheet, index: number, written: WrittenRule, vocabulary: Vocabulary): RuleResult {
  const path = ['rules', index];
  const ref = { name: written.name, file: sheet.file, line: sheet.places.of(path).line };
  const { condition, problems: wrong } = readCondition(sheet, index, written, vocabulary);
  const { effect, problems: odd } = readEffect(sheet, index, written, vocabulary.names);
  const actions = written.actions.flatMap((pattern) => matching(pattern, vocabulary.names.actions));
  const problems = [...patternProblems(sheet, index, written, vocabulary.names), ...odd, ...wrong];
  if (problems.length > 0 || effect === null) return { rule: null, problems };
  const risks = written.risks === undefined ? null : new Set(written.risks);
  return {
    rule: { ref, effect, actions: new Set(actions), risks, condition, reason: written.reason ?? null },
    problems,
  };
}

function readCondition(sheet: Sheet, index: number, { when }: WrittenRule, { env, names }: Vocabulary) {
  if (when === undefined) return { condition: null, problems: [] };
  const compiled = compileCondition(env, names, when);
  if (compiled.kind === 'condition') return { condition: compiled.condition, problems: [] };
  const problems = compiled.problems.map(({ offset, problem }) => ({
    file: sheet.file,
    ...sheet.places.within(['rules', index, 'when'], offset),
    problem,
  }));
  return { condition: null, problems };
}

function matching(pattern: string, actions: readonly string[]): string[] {
  if (pattern === '*') return [...actions];
  const prefix = pattern.endsWith('.*') ? pattern.slice(0, -1) : null;
  return actions.filter((action) => (prefix === null ? action === pattern : action.startsWith(prefix)));
}

function patternProblems(sheet: Sheet, index: number, { actions }: WrittenRule, names: Names): Problem[] {
  return actions.flatMap((pattern, at) => {
    if (matching(pattern, names.actions).length > 0) return [];
    const prefixes = new Set(names.actions.map((action) => action.replace(/\.[^.]*$/, '.*')));
    const problem = `no action matches "${pattern}"${allowedWords(pattern, [...names.actions, ...prefixes])}`;
    return [{ file: sheet.file, ...sheet.places.of(['rules', index, 'actions', at]), problem }];
  });
}

/** Which keys belong to which effect; the groups named by `approve`; the length of `expires`. */
function readEffect(sheet: Sheet, index: number, written: WrittenRule, names: Names) {
  const path = ['rules', index];
  const at = (key: string, problem: string): Problem => ({ file: sheet.file, ...sheet.places.key(path, key), problem });
  const misplaced = misplacedKeys(written).map((key) =>
    at(key, `"${key}" has no meaning in a rule with effect ${written.effect}`),
  );
  if (written.effect === 'allow') return { effect: { kind: 'allow' } satisfies Effect, problems: misplaced };
  if (written.effect === 'deny') {
    const reason = written.reason ?? `rule "${written.name}" forbids it`;
    return { effect: { kind: 'deny', reason, hint: written.hint ?? null } satisfies Effect, problems: misplaced };
  }
  if (written.approve === undefined) {
    const problem = at('effect', 'a rule with effect ask says who must agree, as in approve: { group: ops, count: 1 }');
    return { effect: null, problems: [...misplaced, problem] };
  }
  const requirement = readRequirement(written.approve);
  const seconds = expiresSeconds(written.expires);
  const wrong = requirementProblems(requirement, names).map((problem) => at('approve', problem));
  if (seconds === null) wrong.push(at('expires', `${written.expires} is more than 30 days`));
  const effect: Effect = { kind: 'ask', requirement, expiresSeconds: seconds ?? 0 };
  return { effect, problems: [...misplaced, ...wrong] };
}

function misplacedKeys(written: WrittenRule): string[] {
  const only = { allow: ['approve', 'expires', 'hint'], ask: ['hint'], deny: ['approve', 'expires'] };
  return only[written.effect].filter((key) => Object.hasOwn(written, key));
}

function requirementProblems(requirement: Requirement, names: Names): string[] {
  const unknown = groupsIn(requirement)
    .filter((group) => !names.groups.includes(group))
    .map((group) => `unknown group "${group}"${allowedWords(group, names.groups)}`);
  const branches = branchesIn(requirement);
  return branches > MAX_BRANCHES ? [...unknown, `${branches} groups are more than ${MAX_BRANCHES}`] : unknown;
}
