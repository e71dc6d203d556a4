/** Cards of every shape and size, for properties: long, empty, hostile, of any script, with halves of characters. */
import fc from 'fast-check';
import type { Button, Card, CardBlock, CardStep } from '../../../../bot/chat/card.ts';

const nasty = fc.constantFrom(
  '',
  ' ',
  '\n',
  '<!channel>',
  '"',
  '\\',
  '\u0000',
  '\ud83d',
  '👩‍👩‍👧',
  '`a`',
  '&',
  '\u202e',
  '请',
);
const words = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 2, arbitrary: nasty },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 5 })), fc.nat(20_000))
      .map(([unit, times]) => unit.repeat(times)),
  },
);
const few = <T>(arbitrary: fc.Arbitrary<T>, most: number) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.array(arbitrary, { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(arbitrary, { maxLength: most }) },
  );

const step: fc.Arbitrary<CardStep> = fc.record({
  title: words,
  status: fc.constantFrom('pending', 'running', 'done', 'failed', 'unknown', 'skipped'),
  detail: words,
});

const block: fc.Arbitrary<CardBlock> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: words }),
  fc.record({ kind: fc.constant('code' as const), text: words }),
  fc.record({ kind: fc.constant('fields' as const), fields: few(fc.record({ name: words, value: words }), 40) }),
  fc.record({ kind: fc.constant('list' as const), items: few(words, 200) }),
  fc.record({ kind: fc.constant('table' as const), columns: few(words, 30), rows: few(few(words, 30), 150) }),
  fc.record({ kind: fc.constant('steps' as const), steps: few(step, 80) }),
);

const button: fc.Arbitrary<Button> = fc.record({
  verb: fc.constantFrom('approve', 'reject', 'withdraw', 'cancel', 'adopt', 'retry', 'mark-done', 'undo'),
  label: words,
  style: fc.constantFrom('primary', 'danger', 'plain'),
  confirm: fc.option(words),
  input: fc.option(fc.record({ label: words, required: fc.boolean() })),
});

export const anyCard: fc.Arbitrary<Card> = fc.record({
  tone: fc.constantFrom('info', 'waiting', 'running', 'good', 'bad', 'unknown'),
  title: words,
  blocks: few(block, 80),
  buttons: few(button, 40),
  operation: fc.option(fc.record({ request: fc.nat(), digest: fc.constantFrom('', 'a'.repeat(64)) })),
});
