/** The real actions through the grammar: what their help promises is what a person can type. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, Bound, JsonObject } from '../../../actions/action.ts';
import { createRegistry, type VmSettings } from '../../../actions/registry.ts';
import { formatCommand } from '../../../bot/command/format.ts';
import { helpCard, usage } from '../../../bot/command/help.ts';
import { optionsOf } from '../../../bot/command/options.ts';
import { parseLine } from '../../../bot/command/parse.ts';
import { resolveVerb, verbOf } from '../../../bot/command/verbs.ts';

const settings: VmSettings = {
  pool: 'default',
  readyTimeoutSeconds: 60,
  memoryOvercommit: 1,
  defaultImage: 'debian-12',
};
const actions = [...createRegistry(settings).actions.values()];
const ctx = { actions, vmNames: ['web-01'], addressed: false };
const asker = { requester: 'ann', now: Date.parse('2026-10-01T12:00:00Z') };

function parseArgs(line: string, action: Action): JsonObject {
  const parsed = parseLine(line, ctx);
  assert.equal(parsed.kind, 'command', `${line}: ${parsed.kind === 'refusal' ? parsed.reason : parsed.kind}`);
  if (parsed.kind !== 'command' || parsed.command.kind !== 'action') return assert.fail(line);
  assert.equal(parsed.command.action, action.name);
  return parsed.command.args;
}

function bind(line: string, action: Action): Bound {
  const bound = action.bind(parseArgs(line, action), asker);
  return bound.kind === 'bound' ? bound : assert.fail(`${line}: ${bound.reason}`);
}

test('every example parses to its action and binds', () => {
  for (const action of actions) {
    assert.ok(action.examples.length > 0, `${action.name} has no example`);
    for (const example of action.examples) bind(example, action);
  }
});

test('what was bound is written as a line that binds to the same', () => {
  for (const action of actions) {
    for (const example of action.examples) {
      const { args } = bind(example, action);
      const line = formatCommand(action, args, { dryRun: false });
      assert.deepEqual(bind(line, action).args, args, line);
    }
  }
});

test('no two options of an action, and no two actions, are called the same', () => {
  assert.equal(new Set(actions.map(({ name }) => verbOf(name))).size, actions.length);
  for (const action of actions) {
    const names = optionsOf(action).map(({ option }) => option);
    assert.equal(new Set(names).size, names.length, action.name);
    assert.equal(resolveVerb(verbOf(action.name), actions), action);
  }
});

test('every option and every action says what it is for', () => {
  for (const action of actions) {
    for (const { option, description } of optionsOf(action))
      assert.notEqual(description, '', `${action.name} ${option}`);
    const card = JSON.stringify(helpCard(actions, verbOf(action.name)));
    assert.ok(card.includes(JSON.stringify(usage(action)).slice(1, -1)), action.name);
  }
});
