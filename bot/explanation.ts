/** `explain`: what policy says of a command and why, in words, without doing anything. */
import { explain, formatExplanation } from '../policies/explain.ts';
import type { LoadedPolicy } from '../policies/load.ts';
import { type Asking, type JudgePorts, questionsOf } from './judge.ts';

export function explainLines(
  policy: LoadedPolicy,
  asking: Omit<Asking, 'uuid'>,
  ports: Pick<JudgePorts, 'inventory' | 'now'>,
  audience: 'operator' | 'requester' = 'requester',
): string[] {
  return questionsOf(asking, ports).flatMap((question) => formatExplanation(explain(policy, question, audience)));
}
