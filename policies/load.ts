/**
 * Loads the policy of a directory: every `*.yaml` but `*.test.yaml`, in the order of their names. A policy with one
 * error is not loaded at all; the errors are told together, each with its place.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { functionNames, makeEnvironment } from './condition-names.ts';
import { EVERYONE } from './context.ts';
import { decide } from './decide.ts';
import type { Policy } from './decision.ts';
import { type Problem, readDocument } from './document.ts';
import { warningsOn } from './liveness.ts';
import { readPolicyFiles, type SourceFile, wholeFile } from './policy-files.ts';
import { RuleFile } from './rule-file.ts';
import { indexRules, type RuleIndex } from './rule-index.ts';
import { type Rule, readRule, type Sheet, type Vocabulary } from './rules.ts';

export interface PolicyFiles {
  directory: string;
  /** Every registered action. */
  actionNames: readonly string[];
  /** Members of every known group. `everyone` is made of them all when it is not given. */
  groups: Readonly<Record<string, readonly string[]>>;
}

export interface LoadedPolicy extends Policy {
  rules: readonly Rule[];
  index: RuleIndex;
  actionNames: readonly string[];
  groups: Readonly<Record<string, readonly string[]>>;
}

export type PolicyResult =
  /** `warnings`: what the policy does that its author can hardly have meant. */
  { kind: 'loaded'; policy: LoadedPolicy; warnings: Problem[] } | { kind: 'broken'; problems: Problem[] };

const MAX_RULES = 5000;

export async function loadPolicy({ directory, actionNames, groups }: PolicyFiles): Promise<PolicyResult> {
  const files = await readPolicyFiles(directory);
  return files.kind === 'broken' ? files : makePolicy(files.files, actionNames, groups);
}

/** The same from texts: for tests, and for a policy that is only proposed. */
export function makePolicy(
  files: readonly SourceFile[],
  actionNames: readonly string[],
  groups: PolicyFiles['groups'],
): PolicyResult {
  const members = withEveryone(groups);
  const vocabulary = makeVocabulary(actionNames, Object.keys(members));
  const problems: Problem[] = [];
  const rules: Rule[] = [];
  const taken = new Map<string, string>();
  for (const file of files) {
    const read = readDocument(file.name, file.text, RuleFile);
    if (read.kind === 'broken') problems.push(...read.problems);
    else readSheet({ file: file.name, ...read }, vocabulary, { rules, problems, taken });
  }
  if (rules.length > MAX_RULES)
    problems.push(wholeFile(files[0]?.name ?? '', `${rules.length} rules are more than ${MAX_RULES}`));
  if (problems.length > 0) return { kind: 'broken', problems };
  const index = indexRules(rules);
  const policy = {
    version: digest(files),
    rules,
    index,
    actionNames,
    groups: members,
    decide: (question: Parameters<Policy['decide']>[0]) => decide(index, question),
  };
  return { kind: 'loaded', policy, warnings: rules.flatMap((rule) => warningsOn(rule, members)) };
}

interface Reading {
  rules: Rule[];
  problems: Problem[];
  /** Names of rules, with the place of the first. */
  taken: Map<string, string>;
}

function readSheet(sheet: Sheet, vocabulary: Vocabulary, { rules, problems, taken }: Reading): void {
  for (const [index, written] of sheet.value.rules.entries()) {
    const read = readRule(sheet, index, written, vocabulary);
    problems.push(...read.problems);
    if (read.rule !== null) rules.push({ ...read.rule, order: rules.length });
    const place = sheet.places.of(['rules', index, 'name']);
    const first = taken.get(written.name);
    if (first === undefined) taken.set(written.name, `${sheet.file}:${place.line}`);
    else problems.push({ file: sheet.file, ...place, problem: `the name "${written.name}" is taken (${first})` });
  }
}

function withEveryone(groups: LoadedPolicy['groups']): LoadedPolicy['groups'] {
  if (Object.hasOwn(groups, EVERYONE)) return groups;
  return { ...groups, [EVERYONE]: [...new Set(Object.values(groups).flat())] };
}

function makeVocabulary(actions: readonly string[], groups: readonly string[]): Vocabulary {
  const env = makeEnvironment();
  return { env, names: { actions, groups, functions: functionNames(env) } };
}

/** sha256 over the files' own names and contents: the same policy has the same version wherever it lies. */
function digest(files: readonly SourceFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(JSON.stringify([basename(name), text]));
  return `sha256:${hash.digest('hex')}`;
}
