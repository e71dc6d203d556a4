/** Whatever a card holds, its Discord message breaks no limit, reads nothing as markup, and keeps its buttons. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { JsonObject } from '../../../../actions/action.ts';
import type { Card } from '../../../../bot/chat/card.ts';
import { formatPressId, parsePressId, pressIdOf } from '../../../../bot/chat/discord/press-id.ts';
import { markOf, renderCard, requestMark } from '../../../../bot/chat/discord/render.ts';
import { allComponents, checkMessage } from '../../../fakes/discord/rules.ts';
import { loadSpec } from '../../../fakes/discord/spec.ts';
import { cards, HOSTILE } from '../cards.ts';
import { anyCard } from '../slack/any-card.ts';

const spec = await loadSpec();
const Json = z.array(z.record(z.string(), z.json()));

function bodyOf(card: Card): { body: JsonObject; files: string[] } {
  const { flags, components, file } = renderCard(card, '12/card');
  const sent = Json.parse(JSON.parse(JSON.stringify(components)));
  const body = { flags, components: sent, allowed_mentions: { parse: [] }, nonce: 'n', enforce_nonce: true };
  return { body, files: file === null ? [] : [file.name] };
}

function wrong(card: Card): string[] {
  const { body, files } = bodyOf(card);
  return [...checkMessage({ body, flags: 0, files }), ...spec.check(['MessageCreateRequest'], body)];
}

const buttonsOf = (card: Card) =>
  allComponents(Json.parse(bodyOf(card).body.components)).flatMap(({ custom_id }) =>
    typeof custom_id === 'string' ? [custom_id] : [],
  );

for (const [name, card] of Object.entries(cards)) {
  test(`the card "${name}" becomes a message that Discord takes, whole`, () => {
    assert.deepEqual(wrong(card), []);
    assert.equal(renderCard(card, null).file, null);
  });
}

test('no card at all breaks a limit of Discord', () => {
  fc.assert(
    fc.property(anyCard, (card) => assert.deepEqual(wrong(card), [])),
    { numRuns: 300 },
  );
});

test('the buttons of an operation survive whatever else is cut', () => {
  fc.assert(
    fc.property(anyCard, (card) => {
      if (card.operation === null || card.buttons.length > 25) return;
      const carried = buttonsOf(card).map((id) => parsePressId(id)?.verb);
      assert.deepEqual(
        carried,
        card.buttons.map(({ verb }) => verb),
      );
    }),
    { numRuns: 100 },
  );
});

test('a button carries the request, the whole digest and the verb, within 100 characters', () => {
  const [approve = ''] = buttonsOf(cards.destructive);
  const operation = cards.destructive.operation;
  assert.ok(operation !== null && approve.length <= 100);
  const parsed = parsePressId(approve);
  assert.deepEqual(parsed, {
    stage: 'button',
    ...operation,
    verb: 'approve',
    confirm: true,
    input: 'optional',
    at: 0,
  });
});

test('what a button carries is read back, for any digest that fits', () => {
  const [button] = cards.destructive.buttons;
  assert.ok(button !== undefined);
  fc.assert(
    fc.property(
      fc.nat(),
      fc.oneof(fc.string({ maxLength: 60 }), fc.stringMatching(/^[0-9a-f]{64}$/)),
      fc.nat(24),
      (request, digest, at) => {
        const id = pressIdOf(button, at, { request, digest });
        const written = formatPressId(id);
        if (written !== null) assert.deepEqual(parsePressId(written), id);
      },
    ),
  );
});

test('what is no button of ours is not read as one', () => {
  for (const id of ['', 'x', 'd:b:1:explode:c:r:0:t', 'd:q:1:approve:c:r:0:t', 'drover:press:approve'])
    assert.equal(parsePressId(id), null);
});

test('what does not fit is in a file, and the card says so', () => {
  const card = { ...cards.waiting, blocks: [{ kind: 'code' as const, text: 'line of output\n'.repeat(2000) }] };
  const { file, components } = renderCard(card, null);
  assert.equal(file?.name, 'request-12.txt');
  assert.ok((file?.text.match(/line of output/g) ?? []).length === 2000);
  assert.match(JSON.stringify(components), /all of it is in the file/);
});

test('no text of a card is ever read as markup, a mention or a link', () => {
  const contents = allComponents(Json.parse(bodyOf(cards.hostile).body.components)).map(({ content }) => content ?? '');
  const shown = contents.join('\n').replaceAll('**', '');
  const outsideCode = shown.replace(/```[\s\S]*?```/g, '').replaceAll(/\\[\s\S]/g, '');
  assert.ok(!/[<>[\]()|~@*_]/.test(outsideCode), outsideCode);
  assert.ok(HOSTILE.includes('@everyone'));
});

test('a code block cannot be left from inside', () => {
  const text = 'a\n```\n@everyone **now**\n```';
  const { components } = renderCard({ ...cards.help, blocks: [{ kind: 'code', text }] }, null);
  const [, body = ''] = JSON.stringify(components).match(/```\\n(.*?)\\n```"/) ?? [];
  assert.ok(body.includes('@everyone') && !body.includes('```'));
});

test('a message can be found again by what it was posted for and by its request', () => {
  const all = allComponents(Json.parse(bodyOf(cards.waiting).body.components)).map(({ id }) => id);
  assert.ok(all.includes(markOf('12/card')) && all.includes(requestMark(12)));
  assert.notEqual(markOf('12/card'), markOf('13/card'));
});

test('a card without an operation has no buttons, since they could not act', () => {
  assert.deepEqual(buttonsOf({ ...cards.running, operation: null }), []);
});
