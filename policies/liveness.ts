/**
 * Finds, when a policy is loaded, what its author can hardly have meant: a request that nobody can ever approve (the
 * requester does not count for his own), and a rule that falls silent where a tag or an argument is missing.
 */
import { judgeVotes, membersOf } from './approval.ts';
import { leavesOf, type Tree } from './condition.ts';
import type { Requirement } from './decision.ts';
import type { Problem } from './document.ts';
import { describeRequirement, groupsIn } from './requirement.ts';
import type { Rule } from './rules.ts';
import { pathsIn, walk } from './syntax.ts';

/** People for whom each group is tried as the requester; above it, the groups are large enough not to matter. */
const MAX_REQUESTERS = 200;

export function warningsOn(rule: Rule, groups: Readonly<Record<string, readonly string[]>>): Problem[] {
  if (rule.effect.kind !== 'ask') return [];
  const at = { file: rule.ref.file, line: rule.ref.line, column: 1 };
  const deadlock = whyDeadlocked(rule.effect.requirement, groups);
  const unsure = rule.condition === null ? [] : unguardedPaths(rule.condition.tree);
  const skipped = unsure.map((path) => ({
    ...at,
    problem: `rule "${rule.ref.name}" asks for nothing where ${path} is missing; guard it with has(${path}), or use tag(target, …)`,
  }));
  return deadlock === null ? skipped : [{ ...at, problem: `rule "${rule.ref.name}": ${deadlock}` }, ...skipped];
}

/** `args.x` and `target.tags.x` without a `has(…)` anywhere: where it is missing, an ask rule does not count. */
function unguardedPaths(tree: Tree): string[] {
  const nodes = leavesOf(tree).map((leaf) => leaf.node);
  const guarded = nodes
    .flatMap((node) => [...walk(node)].filter((part) => part.op === 'call' && part.args[0] === 'has').flatMap(pathsIn))
    .map((path) => path.join('.'));
  const read = nodes.flatMap(pathsIn).map((path) => path.join('.'));
  return [...new Set(read)].filter((path) => /^(args|target\.tags)\./.test(path) && !guarded.includes(path));
}

/** One sentence, or null when every requester can be approved by somebody. */
export function whyDeadlocked(
  requirement: Requirement,
  groups: Readonly<Record<string, readonly string[]>>,
): string | null {
  const asked = describeRequirement(requirement);
  const stuck = (excluded: string[]) =>
    judgeVotes({ requirement, votes: [], excluded, members: groups }).kind === 'impossible';
  if (stuck([])) return `nobody can ever approve this: it asks for ${asked}, but ${sizes(requirement, groups)}`;
  const people = [...new Set(groupsIn(requirement).flatMap((group) => membersOf(groups, group)))].sort();
  const alone = people.slice(0, MAX_REQUESTERS).filter((person) => stuck([person]));
  if (alone.length === 0) return null;
  const who = alone.slice(0, 5).join(', ') + (alone.length > 5 ? ` and ${alone.length - 5} others` : '');
  return `nobody can approve this when the request is by ${who}: it asks for ${asked} without the requester, but ${sizes(requirement, groups)}`;
}

function sizes(requirement: Requirement, groups: Readonly<Record<string, readonly string[]>>): string {
  return groupsIn(requirement)
    .map((group) => `${group} has ${membersOf(groups, group).length}`)
    .join(', ');
}
