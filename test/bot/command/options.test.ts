/** What the grammar reads from a schema, through everything that zod may wrap around a type. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { Action } from '../../../actions/action.ts';
import { formatCommand } from '../../../bot/command/format.ts';
import { type Option, optionsOf } from '../../../bot/command/options.ts';
import { parseLine } from '../../../bot/command/parse.ts';

function actionWith(shape: z.core.$ZodShape, positional: string | null = null): Action {
  return {
    name: 'vm.try',
    summary: 'Try',
    risk: 'read',
    args: z.strictObject(shape),
    positional,
    examples: [],
    bind: () => ({ kind: 'refused', reason: 'a fixture', hint: null }),
  };
}

function only(name: string, schema: z.core.$ZodType): Option {
  const [option] = optionsOf(actionWith({ [name]: schema }));
  if (option === undefined) throw new Error('one option');
  return option;
}

const pairs = z.record(z.string(), z.string());

const kinds: [schema: z.core.$ZodType, kind: string][] = [
  [z.boolean(), 'flag'],
  [z.boolean().nullable().default(null), 'flag'],
  [z.boolean().readonly().optional().describe('x'), 'flag'],
  [z.string(), 'text'],
  [z.coerce.number().default(3), 'text'],
  [z.enum(['a', 'b']), 'text'],
  [
    z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.string())),
    'text',
  ],
  [z.union([z.string(), z.number()]).transform(Number), 'text'],
  [z.array(z.string()), 'list'],
  [z.array(z.string()).transform((items) => items.length), 'list'],
  [pairs.prefault({}), 'list'],
  [z.preprocess((raw) => raw, pairs).default({}), 'list'],
  [z.union([z.string(), z.array(z.string()), pairs]).transform((raw) => raw), 'list'],
];

test('flags, texts and lists are told apart by what a person may give', () => {
  for (const [index, [schema, kind]] of kinds.entries()) assert.equal(only('x', schema).kind, kind, `row ${index}`);
});

test('an option is called without unit, in words with dashes, a list by one item', () => {
  assert.equal(only('graceSeconds', z.string()).option, 'grace');
  assert.equal(only('memoryMiB', z.string()).option, 'memory');
  assert.equal(only('bootOrder', z.string()).option, 'boot-order');
  assert.equal(only('tags', z.array(z.string())).option, 'tag');
  assert.equal(only('disks', z.string()).option, 'disks');
});

test('help text, default and limits are found in any layer', () => {
  const option = only('x', z.coerce.number().int().min(5).max(900).describe('how long').default(120));
  assert.deepEqual(
    [option.description, option.byDefault, option.limits, option.required],
    ['how long', '120', '5 to 900', false],
  );
  assert.equal(only('x', z.number().int()).limits, null);
  assert.equal(only('x', z.enum(['a', 'b']).optional()).limits, 'one of a, b');
  assert.equal(only('x', z.string().max(64)).limits, 'up to 64 characters');
  assert.equal(
    only(
      'x',
      z
        .string()
        .max(512)
        .transform((text) => text.length),
    ).limits,
    null,
  );
  assert.equal(only('x', z.string()).required, true);
});

test('bound arguments (numbers, records, null) are written as they would be typed', () => {
  const action = actionWith(
    { vm: z.string(), count: z.number(), tags: pairs, on: z.boolean(), ttl: z.string().nullable() },
    'vm',
  );
  const args = { vm: 'my vm', count: 8, tags: { env: 'dev', note: 'a b' }, on: false, ttl: null };
  const line = 'vm try "my vm" --count 8 --tag env=dev --tag "note=a b" --no-on';
  assert.equal(formatCommand(action, args, { dryRun: false }), line);
  assert.deepEqual(parseLine(line, { actions: [action], vmNames: [], addressed: false }), {
    kind: 'command',
    command: {
      kind: 'action',
      action: 'vm.try',
      args: { vm: 'my vm', count: '8', tags: ['env=dev', 'note=a b'], on: false },
      dryRun: false,
    },
  });
});

test('a flag may be called as a negation', () => {
  const action = actionWith({ noWait: z.boolean().default(false) });
  for (const [line, noWait] of [
    ['vm try --no-wait', true],
    ['vm try --no-no-wait', false],
  ] as const) {
    const parsed = parseLine(line, { actions: [action], vmNames: [], addressed: false });
    assert.deepEqual(parsed.kind === 'command' && parsed.command.kind === 'action' && parsed.command.args, { noWait });
  }
});
