/** How long a run will take, from how long it took before. */

export type Estimate =
  | { kind: 'known'; ms: number; samples: number }
  | { kind: 'unknown'; samples: number; needed: number };

/** Nine of ten runs took no longer. The longest would let one stuck run close every window for good. */
const QUANTILE = 0.9;
/** With fewer the quantile is the longest run, or chance. */
const MIN_SAMPLES = 5;
/** Older runs tell of machines and playbooks that have changed since. */
const MAX_SAMPLES = 50;

/** `durationsMs`: of runs that came to their end, oldest first. Nearest rank: always a duration that was measured. */
export function estimateMs(durationsMs: readonly number[]): Estimate {
  const recent = durationsMs.filter((ms) => Number.isFinite(ms) && ms >= 0).slice(-MAX_SAMPLES);
  const samples = recent.length;
  const ms = recent.toSorted((a, b) => a - b)[Math.ceil(samples * QUANTILE) - 1];
  return ms === undefined || samples < MIN_SAMPLES
    ? { kind: 'unknown', samples, needed: MIN_SAMPLES }
    : { kind: 'known', ms, samples };
}
