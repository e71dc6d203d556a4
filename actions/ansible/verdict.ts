/**
 * How a play ended, once it has. The recap decides (`stats`), never the exit code alone: ansible-playbook ends with 0
 * when no host matched, and with 4 for an unreachable host as for a playbook that is not YAML.
 */
import type { Recap } from './recap.ts';
import type { PlayState } from './state.ts';

export interface Verdict {
  kind:
    | 'succeeded'
    | 'failed'
    | 'unreachable'
    | 'nothing-matched'
    | 'interrupted'
    | 'cancelled'
    | 'timed-out'
    /** It is certain that nothing was done. */
    | 'not-started';
  /** One sentence. */
  reason: string;
}

export type EndedState = Exclude<PlayState, { kind: 'running' }>;

/** ansible-playbook was told to stop (SIGINT). Source: `ansible/cli/__init__.py`, `cli_executor`. */
const USER_INTERRUPTED = 99;

/** `errorOutput`: what is in the file `stderr`; it says why where no event could. */
export function judgePlay(recap: Recap, state: EndedState, errorOutput: string): Verdict {
  switch (state.kind) {
    case 'not-started':
      return { kind: 'not-started', reason: state.reason };
    case 'interrupted':
      return { kind: 'interrupted', reason: `nobody saw how it ended; ${whereItWas(recap)}` };
    case 'finished-without-exit-code':
      return judgeStats(recap, null);
    case 'finished':
      return recap.stats === null ? judgeExit(recap, state, errorOutput) : judgeStats(recap, state.exit.rc);
  }
}

function judgeStats(recap: Recap, rc: number | null): Verdict {
  const totals = Object.values(recap.stats ?? {});
  const unreachable = totals.filter((host) => host.unreachable > 0).length;
  const failed = totals.filter((host) => host.failures > 0).length;
  if (totals.length === 0) return { kind: 'nothing-matched', reason: 'no host matched, so nothing was done' };
  const missed = `${unreachable} of ${totals.length} hosts could not be reached`;
  if (failed > 0) {
    return {
      kind: 'failed',
      reason: `${failed} of ${totals.length} hosts failed${unreachable > 0 ? `; ${missed}` : ''}`,
    };
  }
  if (unreachable > 0) return { kind: 'unreachable', reason: missed };
  if (rc !== null && rc !== 0) {
    return { kind: 'failed', reason: `no host failed, but ansible-playbook ended with ${rc}` };
  }
  return { kind: 'succeeded', reason: `${totals.length} of ${totals.length} hosts are done${remarks(recap, rc)}` };
}

function remarks(recap: Recap, rc: number | null): string {
  const all = [
    ...(recap.playsWithoutHosts > 0 ? [`${recap.playsWithoutHosts} of the plays matched no host`] : []),
    ...(recap.lost > 0 ? [`${recap.lost} events were lost`] : []),
    ...(rc === null ? ['the exit code is not known'] : []),
  ];
  return all.map((remark) => `; ${remark}`).join('');
}

function judgeExit(recap: Recap, { exit }: EndedState & { kind: 'finished' }, errorOutput: string): Verdict {
  const { rc, why } = exit;
  if (why === 'cancelled') return { kind: 'cancelled', reason: `it was cancelled; ${whereItWas(recap)}` };
  if (why === 'timed-out') return { kind: 'timed-out', reason: `its time was up; ${whereItWas(recap)}` };
  if (rc === null || rc === USER_INTERRUPTED)
    return { kind: 'interrupted', reason: `it was stopped; ${whereItWas(recap)}` };
  if (rc < 0) return { kind: 'interrupted', reason: `it was killed by signal ${-rc}; ${whereItWas(recap)}` };
  if (rc === 0) return { kind: 'interrupted', reason: `it ended without a recap; ${whereItWas(recap)}` };
  const said = firstError(errorOutput);
  if (recap.seq === 0 && /\bno hosts to target\b|\bnot match any hosts\b/.test(errorOutput)) {
    return { kind: 'nothing-matched', reason: `nothing was done: ${said}` };
  }
  const progress = recap.done === 0 ? 'nothing was done' : whereItWas(recap);
  return { kind: 'failed', reason: `ansible-playbook ended with ${rc}; ${progress}: ${said}` };
}

function whereItWas(recap: Recap): string {
  return recap.done === 0 ? 'no task had begun' : `task ${recap.done} of ${recap.of} had begun (${recap.task})`;
}

/** Ansible says its errors as `ERROR! …` over several lines, warnings before them. */
function firstError(output: string): string {
  const error = output.indexOf('ERROR!');
  const said = (error === -1 ? output : output.slice(error + 'ERROR!'.length)).trim().split('\n\n')[0] ?? '';
  return said === '' ? 'it did not say why' : said.replace(/\s+/g, ' ').slice(0, 500);
}
