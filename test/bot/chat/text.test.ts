import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Card } from '../../../bot/chat/card.ts';
import { cardToText } from '../../../bot/chat/text.ts';
import { displayWidth, printable, wrap } from '../../../bot/chat/width.ts';
import { cards } from './cards.ts';

const bare: Card = { tone: 'info', title: 't', blocks: [], buttons: [], operation: null };

test('a card for approval reads well at 80 cells', () => {
  const lines = cardToText(cards.waiting, { width: 80 }).split('\n');
  assert.equal(lines[0], '[waiting] Request 12: create web-01 waits for approval');
  assert.ok(lines.includes('  - Start web-01'));
  assert.ok(lines.includes('  domain/web-01/vcpus          –       2'));
  assert.ok(lines.includes('  Lost for good  nothing'));
  assert.equal(lines.at(-1), '  Choices: Approve (approve), Reject (reject), Withdraw (withdraw); request 12');
});

test('every step says its status in a word', () => {
  const text = cardToText(cards.failed);
  assert.match(text, /✓ done {5}checking the plan again/);
  assert.match(text, /✗ failed {3}creating volume web-01.qcow2: pool default: no space left/);
  assert.match(text, /– skipped {2}starting web-01/);
});

test('a table that does not fit becomes names and values, with nothing lost', () => {
  const block = {
    kind: 'table' as const,
    columns: ['Command', 'Does'],
    rows: [['vm list', 'Shows the VMs that you see']],
  };
  assert.equal(
    cardToText({ ...bare, blocks: [block] }, { width: 30 }),
    't\n  Command  vm list\n  Does     Shows the VMs that\n           you see',
  );
});

test('Chinese text is measured in the cells it takes', () => {
  assert.equal(displayWidth('王小明 ok'), 9);
  assert.deepEqual(wrap('王小明王小明', 6), ['王小明', '王小明']);
  assert.ok(cardToText(cards.chinese).includes('所有者  王小明\n  地址    192.168.122.48'));
});

for (const [name, card] of Object.entries(cards)) {
  test(`no line of the card "${name}" but code is wider than asked`, () => {
    for (const width of [24, 40, 80]) {
      const wide = cardToText(card, { width })
        .split('\n')
        .filter((line) => displayWidth(line) > width);
      assert.deepEqual(
        wide.filter((line) => !line.startsWith('  | ')),
        [],
      );
    }
  });
}

test('nothing that a terminal obeys comes out', () => {
  const text = cardToText(cards.hostile);
  assert.doesNotMatch(text, /(?!\n)[\p{Cc}\u202e]/u);
  assert.ok(text.includes('\u{fffd}[31mred'));
});

test('wrapping loses no character but spaces, for any text and width', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 90 }), (raw, width) => {
      const text = printable(raw);
      const lines = wrap(text, width);
      assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(/[ \n]/g, ''));
      for (const line of lines) assert.ok(displayWidth(line) <= width);
    }),
  );
});
