/** No bit of a log can change unseen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAuditLog } from '../../audit/log.ts';
import { createVerifier } from '../../audit/verifier.ts';
import { entryOf, linesOf, tempDirectory } from './support.ts';

test('every single flipped bit of a small log is found', async (t) => {
  const directory = tempDirectory(t);
  const log = await openAuditLog({ directory, warn: assert.fail });
  for (const n of [1, 2]) await log.append(entryOf(n));
  await log.close();
  const bytes = Buffer.from(
    linesOf(directory)
      .map((line) => `${line}\n`)
      .join(''),
    'latin1',
  );
  assert.equal(isFound(bytes), false);
  const missed: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const mask = 1 << (bit % 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ mask;
    if (!isFound(bytes)) missed.push(bit);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ mask;
  }
  assert.deepEqual(missed, []);
});

/** Stops at the first problem: all bits of a log take a while. */
function isFound(bytes: Buffer): boolean {
  const verifier = createVerifier({ pin: null, anchors: [], notBefore: null });
  let start = 0;
  for (let number = 1; start < bytes.length; number += 1) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed === -1 ? bytes.length : feed;
    verifier.check({ file: 'audit.log', number, bytes: bytes.subarray(start, end), partial: feed === -1 });
    if (verifier.problems() > 0) return true;
    start = end + 1;
  }
  return verifier.finish().kind === 'broken';
}
