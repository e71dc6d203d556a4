/**
 * Searches the one change that would let a request pass: a tag, an owner, a group, an argument, a channel, an hour. Tries
 * single changes first, then pairs; each is judged by the whole policy, so what is proposed really passes. The answer
 * depends on the VM: it is only for those who may know of it.
 */
import type { Condition } from './condition.ts';
import { EVERYONE } from './context.ts';
import type { Decision, PolicyQuestion, PolicyTarget } from './decision.ts';
import { shown } from './facts.ts';
import { literalsFor, pathsOf, wordsFor } from './literals.ts';
import type { LoadedPolicy } from './load.ts';
import { rulesFor } from './rule-index.ts';

interface Change {
  /** After `if`: `person.groups had "ops"`. */
  text: string;
  apply(question: PolicyQuestion): PolicyQuestion;
}

const HOUR_MS = 3_600_000;
/** A week has every weekday and hour. */
const HOURS_AHEAD = 168;
/** Pairs tried at most: a decision takes microseconds. */
const MAX_PAIRS = 3000;

export interface Search {
  policy: LoadedPolicy;
  question: PolicyQuestion;
}

/** Null when it passes already, or when no change of up to two things helps. */
export function smallestChange({ policy, question }: Search): string | null {
  const now = policy.decide(question);
  if (now.kind === 'allow') return null;
  const changes = possibleChanges(policy, question);
  const wanted = now.kind === 'ask' ? ['allow'] : ['allow', 'ask'];
  for (const combination of [changes.map((one) => [one]), pairs(changes)]) {
    for (const kind of wanted) {
      for (const combined of combination) {
        const decision = policy.decide(combined.reduce((changed, change) => change.apply(changed), question));
        if (decision.kind === kind) return sentence(combined, decision);
      }
    }
  }
  return null;
}

function sentence(changes: Change[], decision: Decision): string {
  const rule = decision.kind === 'ask' ? decision.rules[0] : decision.kind === 'allow' ? decision.rule : null;
  const by = rule === null || rule === undefined ? '' : ` by rule "${rule.name}" (${rule.file}:${rule.line})`;
  const outcome = decision.kind === 'ask' ? 'could be asked for' : 'would be allowed';
  return `it ${outcome}${by} if ${changes.map((change) => change.text).join(' and ')}`;
}

function pairs(changes: Change[]): Change[][] {
  return changes.flatMap((a, at) => changes.slice(at + 1).map((b) => [a, b])).slice(0, MAX_PAIRS);
}

/** The easiest for a person first. */
function possibleChanges(policy: LoadedPolicy, question: PolicyQuestion): Change[] {
  const conditions = rulesFor(policy.index, question.action).flatMap((rule) => rule.condition ?? []);
  return [
    ...requestChanges(conditions),
    ...argumentChanges(conditions, question),
    ...targetChanges(conditions, question),
    ...groupChanges(policy, question),
    ...hourChanges(conditions, question),
  ];
}

function requestChanges(conditions: Condition[]): Change[] {
  const change = (field: 'platform' | 'channel', word: string): Change => ({
    text: `request.${field} were "${word}"`,
    apply: (q) => ({ ...q, request: { ...q.request, [field]: word } }),
  });
  return [
    ...wordsFor(conditions, 'request.channel').map((word) => change('channel', word)),
    ...wordsFor(conditions, 'request.platform').map((word) => change('platform', word)),
  ];
}

/** Numbers and words that the rules compare arguments with. */
function argumentChanges(conditions: Condition[], question: PolicyQuestion): Change[] {
  return Object.keys(question.args).flatMap((name) =>
    literalsFor(conditions, `args.${name}`).map((value) => ({
      text: `args.${name} were ${shown(value)}`,
      apply: (q: PolicyQuestion) => ({ ...q, args: { ...q.args, [name]: value } }),
    })),
  );
}

function targetChanges(conditions: Condition[], { person, target }: PolicyQuestion): Change[] {
  if (target === null) return [];
  const change = (text: string, alter: (target: PolicyTarget) => PolicyTarget): Change => ({
    text,
    apply: (q) => (q.target === null ? q : { ...q, target: alter(q.target) }),
  });
  const tagged = (name: string, word: string) =>
    change(`target.tags.${name} were "${word}"`, (t) => ({ ...t, tags: { ...t.tags, [name]: word } }));
  const tags = new Set(['env', ...pathsOf(conditions).flatMap((path) => /^target\.tags\.(.+)$/.exec(path)?.[1] ?? [])]);
  const envs = wordsFor(conditions, 'target.env').filter((word) => word !== '');
  return [
    ...envs.map((word) => tagged('env', word)),
    ...[...tags].flatMap((name) => wordsFor(conditions, `target.tags.${name}`).map((word) => tagged(name, word))),
    ...wordsFor(conditions, 'target.state').map((word) =>
      change(`target.state were "${word}"`, (t) => ({ ...t, state: word })),
    ),
    ...(target.protected ? [change('the VM were not protected', (t) => ({ ...t, protected: false }))] : []),
    ...[person.name, ...person.groups.filter((group) => group !== EVERYONE)].map((owner) =>
      change(`target.owner were "${owner}"`, (t) => ({ ...t, owner })),
    ),
  ];
}

function groupChanges({ groups }: LoadedPolicy, { person }: PolicyQuestion): Change[] {
  return Object.keys(groups)
    .filter((group) => group !== EVERYONE && !person.groups.includes(group))
    .map((group) => ({
      text: `person.groups had "${group}"`,
      apply: (q) => ({ ...q, person: { ...q.person, groups: [...q.person.groups, group] } }),
    }));
}

function hourChanges(conditions: Condition[], { now }: PolicyQuestion): Change[] {
  const timed = pathsOf(conditions).includes('now');
  if (!timed) return [];
  return Array.from({ length: HOURS_AHEAD }, (_, index) => {
    const at = Math.floor(now / HOUR_MS) * HOUR_MS + (index + 1) * HOUR_MS;
    return { text: `it were ${new Date(at).toISOString()}`, apply: (q) => ({ ...q, now: at }) };
  });
}
