/** Who must agree, as data: read from its written form, joined over several rules, put into words. */
import { z } from 'zod';
import type { Requirement } from './decision.ts';

/** Most groups in one written requirement: more than any rule needs, few enough that the search stays instant. */
export const MAX_BRANCHES = 12;
const MAX_DEPTH = 4;

/** `{group: ops, count: 2}`, `{all: […]}`, `{any: […]}`. */
export type WrittenRequirement =
  | { group: string; count?: number | undefined }
  | { all: WrittenRequirement[] }
  | { any: WrittenRequirement[] };

const GroupForm = z.strictObject({ group: z.string().min(1).max(64), count: z.int().min(1).max(10).optional() });

/** Built by depth, so that a deeper one is an error at its place. */
function form(depth: number): z.ZodType<WrittenRequirement> {
  if (depth === 0) return GroupForm;
  const branches = z
    .array(form(depth - 1))
    .min(1)
    .max(MAX_BRANCHES);
  return z.union([GroupForm, z.strictObject({ all: branches }), z.strictObject({ any: branches })]);
}

export const WrittenRequirement = form(MAX_DEPTH);

export function readRequirement(written: WrittenRequirement): Requirement {
  if ('group' in written) return { kind: 'group', group: written.group, count: written.count ?? 1 };
  if ('all' in written) return { kind: 'all', of: written.all.map(readRequirement) };
  return { kind: 'any', of: written.any.map(readRequirement) };
}

export function groupsIn(requirement: Requirement): string[] {
  const all = requirement.kind === 'group' ? [requirement.group] : requirement.of.flatMap(groupsIn);
  return [...new Set(all)];
}

/** Number of `group` branches, each occurrence. */
export function branchesIn(requirement: Requirement): number {
  if (requirement.kind === 'group') return 1;
  return requirement.of.reduce((sum, branch) => sum + branchesIn(branch), 0);
}

/**
 * What several rules ask of one request, all of it. Rules that name the same group share its people: one of `ops` twice
 * is met by one person, one and two of `ops` by two. Other branches need people of their own, which is the stricter
 * reading. A group named twice in one written `all` keeps its sum.
 */
export function joinRequirements(requirements: readonly Requirement[]): Requirement {
  const merged = new Map<string, Requirement>();
  for (const requirement of requirements.flatMap(conjuncts)) {
    const key = requirement.kind === 'group' ? `group ${requirement.group}` : JSON.stringify(requirement);
    merged.set(key, larger(merged.get(key), requirement));
  }
  const [first, ...rest] = [...merged.values()];
  if (first === undefined) return { kind: 'all', of: [] };
  return rest.length === 0 ? first : { kind: 'all', of: [first, ...rest] };
}

/** `2 of approvers and (1 of ops or 1 of owners)` */
export function describeRequirement(requirement: Requirement): string {
  if (requirement.kind === 'group') return `${requirement.count} of ${requirement.group}`;
  const word = requirement.kind === 'all' ? ' and ' : ' or ';
  return requirement.of
    .map((branch) => (branch.kind === 'group' ? describeRequirement(branch) : `(${describeRequirement(branch)})`))
    .join(word);
}

/** The parts of an `all`, a group that it names several times as one part with the sum, so that joining keeps it. */
function conjuncts(requirement: Requirement): Requirement[] {
  if (requirement.kind !== 'all') return [requirement];
  const counts = new Map<string, number>();
  const others: Requirement[] = [];
  for (const part of requirement.of.flatMap(conjuncts)) {
    if (part.kind === 'group') counts.set(part.group, (counts.get(part.group) ?? 0) + part.count);
    else others.push(part);
  }
  return [...[...counts].map(([group, count]): Requirement => ({ kind: 'group', group, count })), ...others];
}

function larger(known: Requirement | undefined, next: Requirement): Requirement {
  return known?.kind === 'group' && next.kind === 'group' && known.count >= next.count ? known : next;
}
