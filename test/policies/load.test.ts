/** Loading: every wrong word is found at its place, all at once, and nothing makes the loader throw. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { loadPolicy, makePolicy } from '../../policies/load.ts';
import { groups, load, question, risks } from './fixture.ts';

const rule = (body: string) => `rules:\n  - name: one\n    effect: allow\n    actions: [vm.stop]\n${body}`;

/** `at` is line:column; `says` must be in the sentence. */
const wrong: { name: string; text: string; at: string; says: string[] }[] = [
  {
    name: 'a field',
    text: rule('    when: target.evn == "dev"\n'),
    at: '5:18',
    says: ['target.evn', 'allowed: name', 'did you mean "env"'],
  },
  {
    name: 'a variable',
    text: rule('    when: targt.env == "dev"\n'),
    at: '5:11',
    says: ['targt', 'did you mean "target"'],
  },
  {
    name: 'a function',
    text: rule('    when: target.protected || owsn(target)\n'),
    at: '5:31',
    says: ['owsn', 'did you mean "owns"'],
  },
  {
    name: 'an argument of a function',
    text: rule('    when: owns(person)\n'),
    at: '5:11',
    says: ['owns(Target): bool'],
  },
  {
    name: 'a field inside has()',
    text: rule('    when: has(target.tag)\n'),
    at: '5:22',
    says: ['did you mean "tags"'],
  },
  { name: 'a type', text: rule('    when: target.env == 3\n'), at: '5:11', says: ['string == int'] },
  { name: 'no condition', text: rule('    when: target.env\n'), at: '5:11', says: ['is string, not a condition'] },
  { name: 'the syntax', text: rule('    when: target.env ==\n'), at: '5:23', says: ['not a CEL expression'] },
  {
    name: 'a group in a condition',
    text: rule(`    when: "'operator' in person.groups"\n`),
    at: '5:12',
    says: ['did you mean "operators"'],
  },
  { name: 'a state', text: rule('    when: target.state == "runing"\n'), at: '5:27', says: ['did you mean "running"'] },
  {
    name: 'an action in a condition',
    text: rule('    when: action.name == "vm.stopp"\n'),
    at: '5:26',
    says: ['did you mean "vm.stop"'],
  },
  { name: 'a zone', text: rule('    when: hour(now, "Europe/Berln") > 6\n'), at: '5:11', says: ['unknown time zone'] },
  {
    name: 'a dangerous pattern',
    text: rule('    when: target.name.matches("(a+)+b")\n'),
    at: '5:11',
    says: ['take for ever'],
  },
  {
    name: 'a field in a folded condition',
    text: rule('    when: >\n      target.env == "dev" &&\n      target.ownr == "x"\n'),
    at: '7:14',
    says: ['did you mean "owner"'],
  },
  {
    name: 'an action',
    text: 'rules:\n  - { name: a, effect: allow, actions: [vm.lst] }\n',
    at: '2:41',
    says: ['vm.lst', 'did you mean "vm.list"'],
  },
  {
    name: 'a pattern',
    text: 'rules:\n  - { name: a, effect: allow, actions: ["vn.*"] }\n',
    at: '2:41',
    says: ['vn.*', 'did you mean "vm.*"'],
  },
  {
    name: 'an effect',
    text: 'rules:\n  - { name: a, effect: alow, actions: ["*"] }\n',
    at: '2:24',
    says: ['"alow"', 'did you mean "allow"'],
  },
  {
    name: 'a key',
    text: rule('    wen: target.protected\n'),
    at: '5:5',
    says: ['unknown key "wen"', 'did you mean "when"'],
  },
  {
    name: 'a key at the top',
    text: 'rule: []\nrules: []\n',
    at: '1:1',
    says: ['unknown key "rule"', 'did you mean "rules"'],
  },
  {
    name: 'a name twice',
    text: 'rules:\n  - { name: a, effect: allow, actions: ["*"] }\n  - { name: a, effect: deny, actions: ["*"] }\n',
    at: '3:13',
    says: ['taken (p.yaml:2)'],
  },
  {
    name: 'ask without approve',
    text: 'rules:\n  - { name: a, effect: ask, actions: ["*"] }\n',
    at: '2:16',
    says: ['who must agree'],
  },
  {
    name: 'approve without ask',
    text: rule('    approve: { group: approvers }\n'),
    at: '5:5',
    says: ['"approve" has no meaning'],
  },
  {
    name: 'a group that approves',
    text: 'rules:\n  - { name: a, effect: ask, actions: ["*"], approve: { group: aprovers } }\n',
    at: '2:45',
    says: ['did you mean "approvers"'],
  },
  {
    name: 'a key deep in approve',
    text: 'rules:\n  - { name: a, effect: ask, actions: ["*"], approve: { all: [{ grup: x }] } }\n',
    at: '2:64',
    says: ['grup', 'did you mean "group"'],
  },
  {
    name: 'a duration',
    text: 'rules:\n  - { name: a, effect: ask, actions: ["*"], approve: { group: approvers }, expires: 4x }\n',
    at: '2:85',
    says: ['as in 30m'],
  },
  {
    name: 'a duration too long',
    text: 'rules:\n  - { name: a, effect: ask, actions: ["*"], approve: { group: approvers }, expires: 31d }\n',
    at: '2:76',
    says: ['more than 30 days'],
  },
  { name: 'YAML itself', text: 'rules:\n  - { name: a\n', at: '3:1', says: ['not a YAML document'] },
  { name: 'a key twice', text: 'rules: []\nrules: []\n', at: '2:1', says: ['not a YAML document', 'unique'] },
  { name: 'nothing', text: '', at: '1:1', says: ['the file'] },
];

for (const { name, text, at, says } of wrong) {
  test(`wrong: ${name} is found at its place, with what is allowed`, () => {
    const loaded = load(text);
    assert.equal(loaded.kind, 'broken');
    if (loaded.kind !== 'broken') return;
    const [problem] = loaded.problems;
    assert.equal(`${problem?.line}:${problem?.column}`, at, JSON.stringify(loaded.problems));
    for (const part of says) assert.ok(problem?.problem.includes(part), `${part} in ${problem?.problem}`);
  });
}

test('all that is wrong in several rules and files is told at once', () => {
  const one = rule('    when: target.evn == "dev" && targt.env == "x" || owsn(target)\n');
  const two = 'rules:\n  - { name: two, effect: ask, actions: [vm.lst], approve: { group: nobody } }\n';
  const loaded = makePolicy(
    [
      { name: 'a.yaml', text: one },
      { name: 'b.yaml', text: two },
    ],
    [...risks.keys()],
    groups,
  );
  assert.equal(loaded.kind, 'broken');
  if (loaded.kind !== 'broken') return;
  assert.deepEqual(
    loaded.problems.map(({ file, line }) => `${file}:${line}`),
    ['a.yaml:5', 'a.yaml:5', 'a.yaml:5', 'b.yaml:2', 'b.yaml:2'],
  );
});

const ask = (approve: string) => `rules:\n  - { name: a, effect: ask, actions: ["*"], approve: ${approve} }\n`;

test('a requirement that nobody can ever meet is warned of', () => {
  const loaded = load(ask('{ group: approvers, count: 4 }'));
  assert.equal(loaded.kind === 'loaded' && loaded.warnings.length, 1);
  assert.match(
    loaded.kind === 'loaded' ? (loaded.warnings[0]?.problem ?? '') : '',
    /nobody can ever approve this.*4 of approvers.*approvers has 3/,
  );
});

test('a requirement that fails only for its own members as requesters is warned of, with their names', () => {
  const loaded = load(ask('{ all: [{ group: operators, count: 2 }, { group: team-b }] }'));
  assert.match(
    loaded.kind === 'loaded' ? (loaded.warnings[0]?.problem ?? '') : '',
    /when the request is by eve, olga, otto/,
  );
  const fine = load(ask('{ any: [{ group: operators, count: 2 }, { group: approvers, count: 2 }] }'));
  assert.deepEqual(fine.kind === 'loaded' && fine.warnings, []);
});

test('an ask rule that falls silent where a tag is missing is warned of', () => {
  const silent =
    'rules:\n  - { name: a, effect: ask, actions: ["*"], when: target.tags.tier == "gold", approve: { group: approvers } }\n';
  const loaded = load(silent);
  assert.match(loaded.kind === 'loaded' ? (loaded.warnings[0]?.problem ?? '') : '', /target.tags.tier is missing/);
  const guarded = load(silent.replace('target.tags.tier ==', 'has(target.tags.tier) && target.tags.tier =='));
  assert.deepEqual(guarded.kind === 'loaded' && guarded.warnings, []);
});

test('a directory is read without its tables of cases, and its version follows names and contents only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drover-policy-'));
  const read = () => loadPolicy({ directory, actionNames: [...risks.keys()], groups });
  const version = async () => {
    const loaded = await read();
    return loaded.kind === 'loaded' ? loaded.policy.version : '';
  };
  try {
    assert.equal((await read()).kind, 'broken', 'without a file everything would be denied');
    await writeFile(join(directory, 'a.yaml'), 'rules:\n  - { name: a, effect: allow, actions: [vm.list] }\n');
    const first = await version();
    await writeFile(join(directory, 'a.test.yaml'), 'not: a policy\n');
    assert.equal(await version(), first);
    assert.match(first, /^sha256:[0-9a-f]{64}$/);
    await writeFile(join(directory, 'b.yaml'), 'rules: []\n');
    assert.notEqual(await version(), first);
  } finally {
    await rm(directory, { recursive: true });
  }
  assert.equal((await read()).kind, 'broken', 'a directory that is gone');
});

const celParts = [
  'target.env == "dev"',
  'owns(target)',
  'args.n > 1',
  'target',
  '.',
  'env',
  'tags',
  '==',
  '!=',
  '"dev"',
  '&&',
  '||',
  '!',
  '(',
  ')',
  'owns',
  'in',
  'person',
  'groups',
  '[',
  ']',
  'args',
  '1',
  '.5',
  'now',
  'hour',
  ',',
  '?',
  ':',
  'has',
  'exists',
  'g',
  'true',
  'null',
  '"',
  '\\',
  '\n',
  'matches',
  '-',
  '{',
  '}',
  'size',
  '__proto__',
  'action',
  'dyn',
];
const cel = fc.array(fc.constantFrom(...celParts), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(' '));
const anyRule = fc.record(
  {
    name: fc.oneof(fc.constantFrom('a', 'b'), fc.string()),
    effect: fc.oneof(fc.constantFrom('allow', 'ask', 'deny'), fc.anything()),
    actions: fc.oneof(fc.constantFrom(['vm.*'], ['vm.stop'], ['*'], 'vm.stop'), fc.anything()),
    when: fc.oneof(cel, fc.string()),
    approve: fc.oneof(
      fc.constantFrom({ group: 'approvers' }, { all: [] }, { any: [{ group: 'x', count: 99 }] }),
      fc.anything(),
    ),
    __proto__: fc.anything(),
  },
  { requiredKeys: [] },
);

function answers(text: string): void {
  const loaded = load(text);
  if (loaded.kind === 'loaded') assert.ok(['allow', 'ask', 'deny'].includes(loaded.policy.decide(question()).kind));
  else assert.ok(loaded.problems.length > 0 && loaded.problems.every((each) => each.line >= 1 && each.column >= 1));
}

test('any text, any YAML and any rules either load or are broken, with places', () => {
  const yaml = fc.anything({ withNullPrototype: false }).map((value) => {
    try {
      return stringify(value);
    } catch {
      return '';
    }
  });
  const rulesText = fc.array(anyRule, { maxLength: 4 }).map((rules) => `rules: ${JSON.stringify(rules) ?? ''}`);
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), yaml, rulesText), answers), { numRuns: 600 });
});

test('any condition either loads, and then decides, or is broken', () => {
  let loaded = 0;
  const right = fc.constantFrom(
    'target.protected',
    'owns(target)',
    'has(args.x)',
    '"team-a" in person.groups',
    'args.n > 1',
  );
  const mixed = fc
    .array(fc.oneof(right, right, fc.constantFrom('!', '(', ')')), { maxLength: 3 })
    .map((parts) => parts.join(' && '));
  const condition = fc.oneof(
    mixed,
    cel,
    fc.tuple(cel, cel).map(([a, b]) => `(${a}) || target.protected || !(${b})`),
  );
  fc.assert(
    fc.property(condition, fc.constantFrom('allow', 'deny'), (when, effect) => {
      const text = `rules: ${JSON.stringify([{ name: 'a', effect, actions: ['*'], when }])}`;
      if (load(text).kind === 'loaded') loaded++;
      answers(text);
    }),
    { numRuns: 1500 },
  );
  assert.ok(loaded > 20, `only ${loaded} conditions were right: the test would prove little`);
});

test('keys that every object has are only keys', () => {
  for (const key of ['toString', 'valueOf', 'toJSON', '__proto__', 'constructor', 'hasOwnProperty']) {
    answers(`rules: [{ name: { ${key}: 1 }, effect: { ${key}: 1 }, actions: { ${key}: 1 }, risks: [{ ${key}: 1 }] }]`);
    answers(`rules: [{ name: a, effect: ask, actions: ["*"], when: { ${key}: 1 }, approve: { ${key}: 1 } }]`);
    answers(`{ ${key}: 1, rules: [] }`);
  }
});

test('nesting and aliases without end are refused, not followed', () => {
  answers(`rules: ${'['.repeat(20_000)}`);
  answers(`rules:\n  - { name: a, effect: allow, actions: ["*"], when: '${'('.repeat(900)}true${')'.repeat(900)}' }\n`);
  answers(`rules:\n  - { name: a, effect: allow, actions: ["*"], when: '${'!'.repeat(1900)}true' }\n`);
  const laughs = Array.from({ length: 9 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}]`).join('\n');
  answers(`l0: &l0 [x]\n${laughs}\nrules: *l9\n`);
});
