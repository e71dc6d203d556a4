/** How long a run will take, from those before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { estimateMs } from '../../../policies/windows/estimate.ts';

const cases: [name: string, durations: number[], expected: object][] = [
  ['from nothing nothing is known', [], { kind: 'unknown', samples: 0, needed: 5 }],
  ['four runs are too few', [1, 2, 3, 4], { kind: 'unknown', samples: 4, needed: 5 }],
  ['five are enough, and the longest counts', [1, 2, 3, 4, 5], { kind: 'known', ms: 5, samples: 5 }],
  ['of ten the longest is left out', [9, 1, 1, 1, 1, 1, 1, 1, 1, 5], { kind: 'known', ms: 5, samples: 10 }],
  ['only the last fifty count', [...Array(50).fill(100), ...Array(50).fill(7)], { kind: 'known', ms: 7, samples: 50 }],
  [
    'what is no duration does not count',
    [Number.NaN, -1, Number.POSITIVE_INFINITY, 1, 1, 1, 1],
    { kind: 'unknown', samples: 4, needed: 5 },
  ],
];

for (const [name, durations, expected] of cases) {
  test(name, () => assert.deepEqual(estimateMs(durations), expected));
}

test('an estimate was measured, and at least nine of ten runs took no longer', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 5, maxLength: 50 }), (durations) => {
      const estimate = estimateMs(durations);
      assert.equal(estimate.kind, 'known');
      assert.ok(durations.includes(estimate.ms));
      assert.ok(durations.filter((ms) => ms <= estimate.ms).length >= durations.length * 0.9);
    }),
  );
});
