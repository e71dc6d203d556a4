/** `/vm` fits Discord's limits for any registry, and what is chosen there is the line of the grammar. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { Action, JsonObject } from '../../../../actions/action.ts';
import { createRegistry } from '../../../../actions/registry.ts';
import { defineCommand, findAction, optionName } from '../../../../bot/chat/discord/commands.ts';
import { layOut, pathOf } from '../../../../bot/chat/discord/layout.ts';
import { readCommand } from '../../../../bot/chat/discord/read-command.ts';
import { optionsOf } from '../../../../bot/command/options.ts';
import { parseLine } from '../../../../bot/command/parse.ts';
import { checkCommand } from '../../../fakes/discord/command-rules.ts';
import { loadSpec } from '../../../fakes/discord/spec.ts';

const spec = await loadSpec();
const settings = { pool: 'default', defaultImage: 'debian-12.qcow2', readyTimeoutSeconds: 60, memoryOvercommit: 1 };
const actions = [...createRegistry(settings).actions.values()];
const asJson = (value: object): JsonObject => z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(value)));
const wrong = (command: object) => [
  ...spec.check(['ApplicationCommandCreateRequest'], asJson(command)),
  ...checkCommand(asJson(command)),
];

function action(name: string, args: z.ZodObject, summary: string, positional: string | null): Action {
  const bind = () => ({ kind: 'refused' as const, reason: 'not here', hint: null });
  return { name, summary, risk: 'change', args, positional, examples: [], bind };
}

test('the command of the real registry is one that Discord takes', () => {
  assert.deepEqual(wrong(defineCommand(actions, new Set(['vm.create']))), []);
});

/** `disk add`, `stop`: all that can be chosen. */
const pathsOf = (all: readonly Action[]) =>
  (defineCommand(all, new Set()).options ?? []).flatMap((option) =>
    option.type === 2 ? (option.options ?? []).map(({ name }) => `${option.name} ${name}`) : [option.name],
  );

test('every action of the registry is there, and is found where it stands', () => {
  const paths = pathsOf(actions);
  for (const entry of layOut(actions, 3)) {
    assert.ok(paths.includes(pathOf(entry)), entry.action.name);
    assert.equal(findAction(actions, pathOf(entry)), entry.action);
  }
  assert.deepEqual(paths.slice(-3), ['line', 'help', 'explain']);
});

test('actions that share a first word stand in a group, and what is beyond 25 under "more"', () => {
  const named = (names: string[]) => names.map((name) => action(`vm.${name}`, z.strictObject({}), name, null));
  assert.deepEqual(pathsOf(named(['stop', 'disk-add', 'disk-grow', 'boot-order'])).slice(0, -3), [
    'stop',
    'boot-order',
    'disk add',
    'disk grow',
  ]);
  assert.deepEqual(pathsOf(named(['snapshot', 'snapshot-delete', 'snapshot-list'])).slice(0, -3), [
    'snapshot',
    'snapshot-delete',
    'snapshot-list',
  ]);
  const many = pathsOf(named(Array.from({ length: 60 }, (_, at) => `do${at}`)));
  assert.deepEqual([many.length, many.includes('more do20'), many.includes('more-2 do59')], [63, true, true]);
});

test('many actions with many options and long words still fit', () => {
  const words = fc.string({ unit: 'grapheme', maxLength: 150 });
  const name = fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,30}(-[a-z]{1,9})?$/);
  const anyAction = fc
    .tuple(name, words, fc.uniqueArray(name, { maxLength: 12 }))
    .map(([verb, summary, keys]) =>
      action(
        `vm.${verb}`,
        z.strictObject(
          Object.fromEntries(
            keys.map((key, at) => [key, at % 2 === 0 ? z.string().describe(summary) : z.boolean().default(false)]),
          ),
        ),
        summary,
        keys[0] ?? null,
      ),
    );
  const distinct = (all: Action[]) => {
    const names = layOut(all, 3).map(pathOf);
    const inside = all.every((one) => new Set(optionsOf(one).map(optionName)).size === optionsOf(one).length);
    return inside && new Set(names).size === names.length;
  };
  fc.assert(
    fc.property(fc.array(anyAction, { maxLength: 40 }).filter(distinct), (all) =>
      assert.deepEqual(wrong(defineCommand(all, new Set())), []),
    ),
    { numRuns: 60 },
  );
});

for (const one of actions) {
  for (const example of one.examples) {
    test(`"${example}" comes out of /vm the same`, () => {
      const parsed = parseLine(example, { actions, vmNames: [], addressed: false });
      assert.ok(parsed.kind === 'command' && parsed.command.kind === 'action');
      const { args, dryRun } = parsed.command;
      const given = optionsOf(one).flatMap((option) => {
        const value = args[option.name];
        if (value === undefined) return [];
        const shown = Array.isArray(value) ? value.join(' ') : typeof value === 'boolean' ? value : String(value);
        return [[optionName(option), shown] as const];
      });
      const entry = layOut(actions, 3).find(({ action: at }) => at === one);
      assert.ok(entry !== undefined);
      const read = readCommand(actions, pathOf(entry), { ...Object.fromEntries(given), 'dry-run': dryRun });
      assert.ok(read.kind === 'line', JSON.stringify(read));
      assert.deepEqual(parseLine(read.text, { actions, vmNames: [], addressed: false }), parsed);
    });
  }
}

test('what is missing is told apart from what is wrong', () => {
  assert.equal(readCommand(actions, 'stop', {}).kind, 'incomplete');
  assert.equal(readCommand(actions, 'gone', {}).kind, 'wrong');
  assert.equal(readCommand(actions, 'list', { select: '"open' }).kind, 'wrong');
});
