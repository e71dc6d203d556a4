/** Whatever a card holds, its Slack message breaks no limit, reads nothing as markup, and keeps its buttons. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Card } from '../../../../bot/chat/card.ts';
import { parsePress } from '../../../../bot/chat/slack/press.ts';
import { renderCard } from '../../../../bot/chat/slack/render.ts';
import { checkMessageBlocks } from '../../../fakes/slack/rules.ts';
import { loadSlackSchemas } from '../../../fakes/slack/schema.ts';
import { cards, HOSTILE } from '../cards.ts';
import { anyCard } from './any-card.ts';

const schemas = loadSlackSchemas();

function wrong(card: Card, rich: boolean): string[] {
  const { text, blocks } = renderCard(card, { rich });
  const broken = checkMessageBlocks(structuredClone(blocks), schemas).map(({ error, why }) => `${error}: ${why}`);
  const message = { channel: 'C1', text, blocks };
  return [...broken, ...schemas.checkRequest('chat.postMessage', message), ...(text === '' ? ['no text'] : [])];
}

for (const [name, card] of Object.entries(cards)) {
  test(`the card "${name}" becomes a message that Slack takes, with new blocks and without`, () => {
    assert.deepEqual(wrong(card, true), []);
    assert.deepEqual(wrong(card, false), []);
  });
}

test('no card at all breaks a limit of Slack', () => {
  fc.assert(
    fc.property(anyCard, fc.boolean(), (card, rich) => assert.deepEqual(wrong(card, rich), [])),
    { numRuns: 300 },
  );
});

test('the buttons of an operation survive whatever else is cut', () => {
  fc.assert(
    fc.property(anyCard, (card) => {
      if (card.operation === null || card.buttons.length > 8) return;
      const carried = JSON.stringify(renderCard(card, { rich: true }).blocks.filter(({ type }) => type === 'actions'));
      for (const { verb } of card.buttons) assert.ok(carried.includes(`drover:press:${verb}:`));
    }),
    { numRuns: 100 },
  );
});

test('what was left out is said, and where to find it', () => {
  const card = { ...cards.waiting, blocks: [{ kind: 'code' as const, text: 'line of output\n'.repeat(2000) }] };
  const { blocks, cut } = renderCard(card, { rich: true });
  assert.equal(cut, true);
  assert.match(JSON.stringify(blocks), /drover request 12/);
});

test('a card that fits is not cut', () => {
  for (const card of Object.values(cards)) assert.equal(renderCard(card, { rich: true }).cut, false);
});

test('no text of a card is ever read as markup or as a mention', () => {
  const { text, blocks } = renderCard(cards.hostile, { rich: true });
  assert.ok(!JSON.stringify(blocks).includes('"mrkdwn"'));
  assert.ok(!/<[!@#]/.test(text), text);
  assert.ok(JSON.stringify(blocks).includes(JSON.stringify('<!channel>').slice(1, -1)), 'and it is still shown');
  assert.ok(HOSTILE.includes('<!channel>'));
});

test('steps are a plan of tasks where Slack knows it, and lines with signs where it does not', () => {
  const types = (rich: boolean) => renderCard(cards.running, { rich }).blocks.map(({ type }) => type);
  assert.ok(types(true).includes('plan'));
  assert.ok(!types(false).includes('plan') && !types(false).includes('table'));
  assert.match(JSON.stringify(renderCard(cards.unknown, { rich: false }).blocks), /\? starting web-01 \(unknown\)/);
});

test('a button carries the request, the digest and the verb, and asks before a destructive step', () => {
  const actions = renderCard(cards.destructive, { rich: true }).blocks.at(-1);
  assert.ok(actions?.type === 'actions');
  const [approve] = actions.elements;
  assert.ok(approve?.type === 'button' && approve.value !== undefined);
  const { request, digest, verb, input } = parsePress(approve.value);
  assert.deepEqual(
    { request, digest, verb },
    { request: 13, digest: cards.destructive.operation?.digest, verb: 'approve' },
  );
  assert.equal(input?.label, 'Ticket or reason');
  assert.equal(approve.confirm?.style, 'danger');
});

test('a card without an operation has no buttons, since they could not act', () => {
  const { blocks } = renderCard({ ...cards.running, operation: null }, { rich: true });
  assert.ok(blocks.every(({ type }) => type !== 'actions'));
});
