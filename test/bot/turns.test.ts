/** Work begins one by one, and what comes in meanwhile goes first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../bot/turns.ts';

test('each piece of work begins in order, and in a turn of the event loop of its own', async () => {
  const nextTurn = createTurns();
  let turn = 0;
  const count = () => {
    turn += 1;
    if (turn < 10) setImmediate(count);
  };
  setImmediate(count);
  const begun: { name: string; turn: number }[] = [];
  const works = ['a', 'b', 'c'].map(async (name) => {
    await nextTurn();
    begun.push({ name, turn });
  });
  await Promise.all(works);
  assert.deepEqual(
    begun.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.equal(new Set(begun.map((one) => one.turn)).size, 3, JSON.stringify(begun));
});

test('work that comes after all the rest has begun begins, too', async () => {
  const nextTurn = createTurns();
  await nextTurn();
  await nextTurn();
});
