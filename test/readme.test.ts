/** README names what there is: each command with its options, config key, state, word of the policy, and command of the program. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { createRegistry } from '../actions/registry.ts';
import { optionsOf } from '../bot/command/options.ts';
import { aliasesOf, verbOf } from '../bot/command/verbs.ts';
import { Config } from '../bot/config.ts';
import { OPERATION_STATES } from '../bot/operations/states.ts';
import { conditionFunctions, objects, plainVariables } from '../policies/conditions.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const settings = { pool: 'default', defaultImage: null, readyTimeoutSeconds: 1, memoryOvercommit: 1 };
const actions = [...createRegistry(settings).actions.values()];

/** The line of a table that begins so; '' for none. */
function row(start: string): string {
  return readme.split('\n').find((line) => line.startsWith(`| ${start}`)) ?? '';
}

for (const action of actions) {
  const verb = verbOf(action.name);
  test(`README has vm ${verb} with its risk, other names and options`, () => {
    const line = row(`\`vm ${verb} `);
    const options = optionsOf(action).filter(({ name }) => name !== action.positional);
    const words = [
      `| ${action.risk} |`,
      ...aliasesOf(verb).map((alias) => `\`${alias}\``),
      ...options.map(({ option }) => `--${option}`),
    ];
    assert.deepEqual(
      words.filter((word) => !line.includes(word)),
      [],
    );
  });
}

test('README has every key of the config file', () => {
  const keys = Object.entries(Config.shape).flatMap(([key, of]) => {
    const section = unwrapped(of);
    const inner = section instanceof z.core.$ZodObject ? Object.keys(section._zod.def.shape) : [];
    return [key, ...inner.map((name) => `${key}.${name}`)];
  });
  assert.ok(keys.includes('host.pool'));
  assert.deepEqual(
    keys.filter((key) => !readme.includes(`\`${key}`)),
    [],
  );
});

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const wraps =
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault ||
    schema instanceof z.core.$ZodNullable ||
    schema instanceof z.core.$ZodOptional;
  return wraps ? unwrapped(schema._zod.def.innerType) : schema;
}

test('README has every state of a request', () => {
  assert.deepEqual(
    OPERATION_STATES.filter((state) => !readme.includes(`\`${state}\``)),
    [],
  );
});

test('README has every word of the policy', () => {
  const fields = Object.entries(objects).flatMap(([name, of]) => Object.keys(of).map((field) => `${name}.${field}`));
  const functions = conditionFunctions.map(({ name }) => `${name}(`);
  const variables = Object.keys(plainVariables).filter((name) => name !== 'args');
  assert.deepEqual(
    [...fields, ...functions, ...variables, 'args.<name>'].filter((word) => !readme.includes(`\`${word}`)),
    [],
  );
});

test('README has every command of the program', () => {
  const main = readFileSync(join(root, 'bot/cli/main.ts'), 'utf8');
  const table = /const COMMANDS[^{]*\{([\s\S]*?)\n\};/.exec(main)?.[1] ?? '';
  const commands = [...table.matchAll(/^ {2}'?([a-z-]+)'?:/gm)].flatMap(([, name]) => name ?? []);
  assert.ok(commands.includes('start'));
  assert.deepEqual(
    commands.filter((name) => !new RegExp(`drover (?:[a-z-]+\\|)*${name}\\b`).test(readme)),
    [],
  );
});

test('README and CONTRIBUTING name only files that are there', () => {
  const texts = [readme, readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')].join('\n');
  const named = [...texts.matchAll(/`((?:actions|audit|bot|policies|test)\/[a-z0-9/_.-]+\.(?:ts|yaml|sh|md))`/g)];
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.flatMap(([, path]) => (path === undefined || exists(path) ? [] : [path])),
    [],
  );
});

function exists(path: string): boolean {
  try {
    readFileSync(join(root, path));
    return true;
  } catch {
    return false;
  }
}
