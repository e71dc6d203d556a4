/** Holds the shape of the code: who may import whom, and the habits that a linter does not know. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Code, importsOf, readCode } from './structure/imports.ts';

const ROOT = join(import.meta.dirname, '..');

/** What each folder may import of the others. Nobody imports `bot`, and `audit` is a leaf. */
const mayImport: Record<string, string[]> = {
  audit: ['audit'],
  actions: ['actions'],
  policies: ['policies', 'actions'],
  playbooks: ['playbooks', 'actions'],
  bot: ['bot', 'actions', 'policies', 'playbooks', 'audit'],
  test: ['test', 'bot', 'actions', 'policies', 'playbooks', 'audit'],
};

const MAX_LINES = 250;
/** A file this short says itself what it is for. */
const TINY_LINES = 15;

interface Source {
  /** From the root, such as `actions/vm/stop.ts`. */
  path: string;
  source: string;
  code: Code;
  /** As written. */
  imports: string[];
  /** Relative ones, from the root. */
  ours: string[];
}

const files = globSync(`{${Object.keys(mayImport)}}/**/*.{ts,js}`, { cwd: ROOT })
  .sort()
  .map(readFile);

function readFile(path: string): Source {
  const source = readFileSync(join(ROOT, path), 'utf8');
  const code = readCode(source);
  const imports = importsOf(code);
  const ours = imports.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name));
  return { path, source, code, imports, ours };
}

/** One line for each file that breaks the rule. */
function broken(rule: (file: Source) => string[]): string[] {
  return files.flatMap((file) => rule(file).map((problem) => `${file.path}: ${problem}`));
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}

test('folders import only what the design lets them', () => {
  assert.deepEqual(
    broken(({ path, ours }) =>
      ours.filter((target) => !mayImport[folderOf(path)]?.includes(folderOf(target))).map((name) => `imports ${name}`),
    ),
    [],
  );
});

test('no file imports itself by way of others', () => {
  const imports = new Map(files.map(({ path, ours }) => [path, ours]));
  const done = new Set<string>();
  const cycles: string[] = [];
  function walk(path: string, trail: string[]): void {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (done.has(path) || trail.includes(path)) return;
    for (const target of imports.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  }
  for (const path of imports.keys()) walk(path, []);
  assert.deepEqual(cycles, []);
});

test('relative imports name the file as it is on disk', () => {
  assert.deepEqual(
    broken(({ imports }) => imports.filter((name) => name.startsWith('.') && !/\.(ts|js|json)$/.test(name))),
    [],
  );
});

test('nothing is exported as the default', () => {
  assert.deepEqual(
    broken(({ code }) => (/\bexport\s+default\b|\bas\s+default\b/.test(code.text) ? ['has a default export'] : [])),
    [],
  );
});

test('the environment is read in one file', () => {
  const readers = files.filter(({ code }) => /\bprocess\s*\.\s*env\b/.test(code.text)).map(({ path }) => path);
  assert.deepEqual(
    readers.filter((path) => path !== 'bot/env.ts' && folderOf(path) !== 'test'),
    [],
  );
});

test('every file says at its top what it is for', () => {
  const needsHeader = ({ path, source }: Source) =>
    !path.endsWith('.test.ts') && source.split('\n').length > TINY_LINES;
  const hasHeader = ({ source }: Source) => /^(#!.*\n)?\s*\/[/*]/.test(source);
  assert.deepEqual(
    broken((file) => (needsHeader(file) && !hasHeader(file) ? ['begins without a comment'] : [])),
    [],
  );
});

test('every action is registered', () => {
  const registered = files.find(({ path }) => path === 'actions/registry.ts')?.ours ?? [];
  const actions = files.filter(
    ({ path, code }) => path.startsWith('actions/vm/') && /\bdefineAction\s*\(/.test(code.text),
  );
  assert.ok(actions.length > 0);
  assert.deepEqual(
    actions.map(({ path }) => path).filter((path) => !registered.includes(path)),
    [],
  );
});

test(`no file of the product is longer than ${MAX_LINES} lines`, () => {
  const lines = ({ source }: Source) => source.trimEnd().split('\n').length;
  assert.deepEqual(
    // A table of cases may be as long as its subject is wide.
    broken((file) => (!file.path.startsWith('test/') && lines(file) > MAX_LINES ? [`has ${lines(file)} lines`] : [])),
    [],
  );
});

const scanned: [source: string, imports: string[]][] = [
  [`import { a } from './a.ts';\nimport type { B } from "./b.ts";\nimport './c.ts';`, ['./a.ts', './b.ts', './c.ts']],
  [`export * from './a.ts';\nexport {\n  type B,\n  c,\n} from './b.ts';`, ['./a.ts', './b.ts']],
  [`const a = await import('./a.ts');\ntype B = import('./b.ts').B;`, ['./a.ts', './b.ts']],
  [`// import './a.ts'\n/* import './b.ts' */ import './c.ts';`, ['./c.ts']],
  [`const text = "import './a.ts'"; import './b.ts';`, ['./b.ts']],
  [`const text = \`import './a.ts' \${b(\`'\${c}\`)} it's\`; import './d.ts';`, ['./d.ts']],
  [`const text = \`\${await import('./a.ts')}\`;`, ['./a.ts']],
  ["const quote = /['`\"]/g; import './a.ts';", ['./a.ts']],
  ["const half = a / b; import './a.ts'; const c = d / e;", ['./a.ts']],
  [`export const list = Array.from('abc');\nconst url = 'http://x'; import './a.ts';`, ['./a.ts']],
];

for (const [source, imports] of scanned) {
  test(`the scanner sees ${imports.join(' and ')} in ${JSON.stringify(source)}`, () => {
    assert.deepEqual(importsOf(readCode(source)), imports);
  });
}
