/** Nearness: near enough to be a slip, and never so near that two names become one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearest, slipsBetween } from '../../actions/nearest.ts';

const cases: [word: string, candidates: string[], near: string | null][] = [
  ['stpo', ['start', 'stop', 'show'], 'stop'],
  ['lst', ['list', 'show'], 'list'],
  ['gra', ['grace', 'force'], 'grace'],
  ['sta', ['start', 'status'], null],
  ['xy', ['ls'], null],
  ['', ['a'], null],
  ['web-1', ['web-01', 'web-02'], 'web-01'],
  ['web-01', ['db-main'], null],
  ['WEB-01', ['web-01'], 'web-01'],
  ['сор', ['cop', 'list'], 'cop'],
  ['x'.repeat(3000), ['x'.repeat(3000)], null],
];

test('the nearest word is a slip away, or there is none', () => {
  for (const [word, candidates, near] of cases) {
    assert.equal(nearest(word, candidates), near, word.slice(0, 20));
    assert.equal(nearest(word, candidates.toReversed()), near, 'the order of candidates does not matter');
  }
});

const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 });

test('slips count the same in both directions, and swapping neighbours is one', () => {
  fc.assert(
    fc.property(letters, letters, (a, b) => {
      assert.equal(slipsBetween(a, b), slipsBetween(b, a));
      assert.equal(slipsBetween(a, b) === 0, a.join('') === b.join(''));
      assert.ok(slipsBetween(a, b) <= Math.max(a.length, b.length));
    }),
  );
  assert.equal(slipsBetween([...'wbe'], [...'web']), 1);
  assert.equal(slipsBetween([...'kitten'], [...'sitting']), 3);
});
