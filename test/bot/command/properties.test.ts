/** What holds for any text: the grammar is total, its canonical line is read back, and what it offers works. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Action, JsonObject } from '../../../actions/action.ts';
import { formatCommand } from '../../../bot/command/format.ts';
import { commandFromOptions } from '../../../bot/command/from-options.ts';
import { type Option, optionsOf } from '../../../bot/command/options.ts';
import { parseLine } from '../../../bot/command/parse.ts';
import { tokenize } from '../../../bot/command/tokens.ts';
import { actions, vmNames } from './fixtures.ts';

const ctx = { actions, vmNames, addressed: false };

const awkward = fc.constantFrom(
  ...[
    '"',
    "'",
    '“',
    '”',
    '«',
    '`',
    '\\',
    '=',
    '＝',
    '--',
    '—',
    '-',
    ' ',
    '\u00a0',
    '\n',
    '\u0301',
    '\u0338',
    'е',
    'é',
    '𝕏',
  ],
  ...['--force', '--no-', 'env', '@drover', '/vm', '?', '\u202e', '\ud800', '\u200d', '👩‍🔧', 'אב', '%', '`vm'],
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.array(awkward, { maxLength: 8 }).map((parts) => parts.join('')),
);

/** `vm ` and something that can be seen; `vm` with nothing but spaces and invisible marks after it is a bare word in talk. */
const ASKS_SOMETHING = /^vm .*[^\s\p{Cf}]/su;

/** Words that people type, right and wrong, in any order. */
const word = fc.oneof(
  fc.constantFrom('stop', 'stpo', 'show', 'list', 'ls', 'halt', 'explain', 'help', 'create', 'delete', 'doctor', 'vm'),
  fc.constantFrom(
    'web-01',
    'wbe-01',
    'wеb-01',
    'db-mian',
    'кещ-1',
    'env=dev',
    'memry=1',
    'graec=',
    '--grace=5',
    '--grace',
  ),
  fc.constantFrom(
    '--force',
    '--froce',
    '-f',
    '-force',
    '—force',
    '--tag',
    '--dry-run',
    '--dryrun',
    '--no-force',
    '"',
    '--',
  ),
  text,
);
const line = fc.array(word, { maxLength: 9 }).map((words) => `vm ${words.join(' ')}`);

/** What a line can hold: visible characters in NFC. */
const visible = text.map((raw) =>
  raw
    .normalize('NFC')
    .replace(/(?![\t\n\r\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .normalize('NFC'),
);

function anyValueOf({ kind }: Option): fc.Arbitrary<string | boolean | string[]> {
  if (kind === 'flag') return fc.boolean();
  return kind === 'list' ? fc.array(visible, { minLength: 1, maxLength: 4 }) : visible;
}

const command = fc.constantFrom(...actions).chain((action: Action) => {
  const options = optionsOf(action);
  const model = Object.fromEntries(options.map((option) => [option.name, anyValueOf(option)]));
  const requiredKeys = options
    .filter(({ required, name }) => required && name === action.positional)
    .map(({ name }) => name);
  return fc.record({
    action: fc.constant(action),
    args: fc.record(model, { requiredKeys }).map((args): JsonObject => ({ ...args })),
    dryRun: fc.boolean(),
  });
});

test('any text gets one of the three answers', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        line,
        awkward.map((mark) => `vm ${mark}`),
        fc.string({ unit: 'binary', maxLength: 3000 }),
      ),
      fc.boolean(),
      (raw, addressed) => {
        const { kind } = parseLine(raw, { ...ctx, addressed });
        assert.ok(['ignored', 'command', 'refusal'].includes(kind));
        if (addressed || ASKS_SOMETHING.test(raw)) assert.notEqual(kind, 'ignored');
      },
    ),
    { numRuns: 2000 },
  );
});

test('every suggestion is a line that parses', () => {
  let suggestions = 0;
  fc.assert(
    fc.property(line, (raw) => {
      const parsed = parseLine(raw, ctx);
      if (parsed.kind !== 'refusal' || parsed.suggestion === null) return;
      suggestions += 1;
      assert.equal(parseLine(parsed.suggestion, ctx).kind, 'command', parsed.suggestion);
    }),
    { numRuns: 3000 },
  );
  assert.ok(suggestions > 500, `only ${suggestions} suggestions were tried`);
});

test('the canonical line of a command gives the command back', () => {
  fc.assert(
    fc.property(command, ({ action, args, dryRun }) => {
      const written = formatCommand(action, args, { dryRun });
      const parsed = parseLine(written, { actions, vmNames: [], addressed: false });
      const meant = { kind: 'command', command: { kind: 'action', action: action.name, args, dryRun } };
      assert.deepEqual(normal(parsed), normal(meant), written);
    }),
    { numRuns: 3000 },
  );
});

test('a form gives the same command as the typed line', () => {
  fc.assert(
    fc.property(command, ({ action, args, dryRun }) => {
      const filled = Object.entries(args).flatMap(([name, value]) => fieldOf(name, value));
      const parsed = commandFromOptions(action.name, { ...Object.fromEntries(filled), dryRun });
      if (parsed.kind !== 'command' || parsed.command.kind !== 'action') return assert.fail('a form is a command');
      const required = optionsOf(action).find(({ name }) => name === action.positional)?.required === true;
      if (required && action.positional !== null && parsed.command.args[action.positional] === undefined) return;
      const written = formatCommand(action, parsed.command.args, { dryRun });
      assert.deepEqual(normal(parseLine(written, { actions, vmNames: [], addressed: false })), normal(parsed));
    }),
  );
});

test('quoted by hand, any visible text is one word', () => {
  fc.assert(
    fc.property(visible, (raw) => {
      const split = tokenize(`"${raw.replace(/["\\]/g, '\\$&')}"`);
      assert.deepEqual(split.kind === 'tokens' ? split.tokens.map(({ text: meant }) => meant) : split, [raw]);
    }),
  );
});

/** Without prototypes and order of keys, which fast-check varies. */
function normal(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

function fieldOf(name: string, value: unknown): [string, string | boolean | string[]][] {
  if (typeof value === 'string' || typeof value === 'boolean') return [[name, value]];
  return Array.isArray(value) ? [[name, value.filter((item) => typeof item === 'string')]] : [];
}
