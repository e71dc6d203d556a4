import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearest } from '../../actions/nearest.ts';
import {
  formatBytes,
  formatMiB,
  formatSeconds,
  parseSeconds,
  parseSizeMiB,
  typeMiB,
  typeSeconds,
} from '../../actions/units.ts';

test('a size that is typed out is read back as the same', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 24 }), (mib) => parseSizeMiB(typeMiB(mib), 1) === mib));
});

test('a duration that is typed out is read back as the same', () => {
  fc.assert(fc.property(fc.nat({ max: 10 ** 9 }), (seconds) => parseSeconds(typeSeconds(seconds)) === seconds));
});

const readings = [
  [formatMiB(512), '512 MiB'],
  [formatMiB(1536), '1536 MiB'],
  [formatMiB(8192), '8 GiB'],
  [formatMiB(4 * 1024 ** 2), '4 TiB'],
  [formatBytes(1536n * 1024n ** 2n), '1.5 GiB'],
  [formatBytes(57_344n), '56 KiB'],
  [formatSeconds(90), '90 s'],
  [formatSeconds(120), '2 min'],
  [formatSeconds(93_784), '1 d 2 h'],
] as const;

for (const [said, expected] of readings) test(`a person reads ${expected}`, () => assert.equal(said, expected));

const words = ['start', 'stop', 'suspend', 'resume'];
const slips = [
  ['strat', 'start'],
  ['STOP', 'stop'],
  ['suspnd', 'suspend'],
  ['frobnicate', null],
  ['x'.repeat(1000), null],
] as const;

for (const [word, meant] of slips) {
  test(`${word.slice(0, 12)} is taken for ${meant ?? 'nothing'}`, () => assert.equal(nearest(word, words), meant));
}
