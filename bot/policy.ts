/**
 * The policy in force. A broken file stops the start; on reload it keeps the old policy and says so, in the log and
 * in the audit log. Reloaded when a file in its directory changes, and on SIGHUP.
 */
import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { type LoadedPolicy, loadPolicy, type PolicyFiles, type PolicyResult } from '../policies/load.ts';
import type { Recorder } from './record.ts';

/** Editors write a file in several steps; reload once they are done. */
const SETTLE_MS = 200;

export const SHIPPED_POLICIES = fileURLToPath(new URL('../policies', import.meta.url));

export interface PolicyHolder {
  policy(): LoadedPolicy;
  reload(): Promise<PolicyResult>;
  stop(): void;
}

export function holdPolicy(first: LoadedPolicy, files: PolicyFiles, recorder: Recorder, log: Logger): PolicyHolder {
  let policy = first;
  let timer: NodeJS.Timeout | undefined;

  async function reload(): Promise<PolicyResult> {
    const result = await loadPolicy(files);
    if (result.kind === 'broken') {
      const [problem] = result.problems;
      const said = problem === undefined ? 'broken' : `${problem.file}:${problem.line}: ${problem.problem}`;
      log.error({ problems: result.problems }, 'policy not reloaded: the old one stays in force');
      await recorder.policyLoaded(policy.version, policy.version, said);
    } else if (result.policy.version !== policy.version) {
      await recorder.policyLoaded(policy.version, result.policy.version, null);
      policy = result.policy;
      log.info({ version: policy.version, rules: policy.rules.length }, 'policy reloaded');
    }
    return result;
  }

  const watcher = watch(files.directory, () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      reload().catch((error) => log.error({ err: error }, 'reloading the policy'));
    }, SETTLE_MS).unref();
  });
  watcher.unref();

  return {
    policy: () => policy,
    reload,
    stop() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}
