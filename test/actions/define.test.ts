import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { BindContext, Bound, Json, JsonObject, Refusal } from '../../actions/action.ts';
import { defineAction } from '../../actions/define.ts';
import { createRegistry, type Registry } from '../../actions/registry.ts';

const settings = { pool: 'default', defaultImage: null, readyTimeoutSeconds: 60, memoryOvercommit: 1 };
const registry = createRegistry(settings);
const ada: BindContext = { requester: 'ada', now: 0 };

function bind(name: string, args: JsonObject, ctx = ada, from: Registry = registry): Bound | Refusal {
  const bound = from.get(name)?.bind(args, ctx);
  assert.ok(bound !== undefined);
  return bound;
}

const refusals: [string, JsonObject, string, string | null][] = [
  ['vm.stop', {}, 'vm is missing', 'vm stop web-01'],
  ['vm.stop', { vm: 'web 01' }, 'vm: "web 01" does not fit; a VM name has 1 to 63 letters', 'web-01'],
  ['vm.stop', { vm: 'web-01', garce: '2m' }, 'vm.stop has no option "garce"; it has vm, grace, force', '--grace'],
  ['vm.stop', { vm: 'web-01', colour: 'red' }, 'vm.stop has no option "colour"', null],
  ['vm.stop', { vm: 'web-01', grace: '1h' }, 'grace: "1h" does not fit; allowed is 5s to 15m', '--grace 15m'],
  ['vm.stop', { vm: 'web-01', force: 'yes' }, 'force: "yes" does not fit; a boolean is wanted', null],
  ['vm.create', { name: 'web-01' }, 'image is missing', null],
  ['vm.create', { name: 'web-01', image: 'a', memory: '8GB' }, 'memory: "8GB" does not fit', '--memory 8GiB'],
  ['vm.create', { name: 'web-01', image: 'a', memory: { a: 1 } }, 'memory: {"a":1} does not fit', null],
  ['vm.list', { select: 'state=runing' }, 'select: "state=runing" does not fit; states are', 'state=running'],
];

for (const [name, args, reason, hint] of refusals) {
  test(`${name} ${JSON.stringify(args)} is refused with what would help`, () => {
    const refused = bind(name, args);
    assert.ok(refused.kind === 'refused');
    assert.ok(refused.reason.startsWith(reason), refused.reason);
    if (hint !== null) assert.equal(refused.hint, hint);
  });
}

test('what a person wrote is said back short and on one line', () => {
  const refused = bind('vm.stop', { vm: `web\n${'x'.repeat(400)}` });
  assert.ok(refused.kind === 'refused');
  assert.ok(refused.reason.length < 250 && !refused.reason.includes('\n'), refused.reason);
});

test('who asks is the owner, unless another is named; bound again by somebody else it stays so', () => {
  const args = { name: 'web-01', image: 'a.qcow2' };
  const first = bind('vm.create', args);
  assert.ok(first.kind === 'bound');
  assert.equal(first.args.owner, 'ada');
  const again = bind('vm.create', first.args, { requester: 'bob', now: 1 });
  assert.ok(again.kind === 'bound');
  assert.deepEqual(again.args, first.args);
});

test('a requester whose name cannot be an owner is refused, not stored', () => {
  const refused = bind('vm.create', { name: 'web-01', image: 'a' }, { requester: '\u202e', now: 0 });
  assert.equal(refused.kind, 'refused');
});

test('an image of the config is taken when none is named', () => {
  const bound = bind('vm.create', { name: 'web-01' }, ada, createRegistry({ ...settings, defaultImage: 'tiny.qcow2' }));
  assert.ok(bound.kind === 'bound');
  assert.equal(bound.args.image, 'tiny.qcow2');
});

test('what `complete` gives must fit, too', () => {
  const action = defineAction({
    name: 'x.y',
    summary: '',
    risk: 'read',
    args: z.strictObject({ size: z.number().max(3).default(1) }),
    positional: null,
    examples: [],
    facts: z.null(),
    complete: () => ({ size: 9 }),
    targets: () => [],
    observe: async () => ({ facts: null, info: [] }),
    plan: () => ({ kind: 'refused', reason: '', hint: null }),
    execute: async () => ({ summary: '', blocks: [] }),
  });
  assert.equal(action.bind({}, ada).kind, 'refused');
});

test('an action is in the registry once, under its name', () => {
  for (const [name, action] of registry.actions) assert.equal(name, action.name);
  const [first] = registry.actions.values();
  assert.ok(first !== undefined);
  assert.throws(() => createRegistry(settings, [first]), /two actions are called/);
  assert.equal(registry.get('constructor'), undefined);
});

test('every action explains itself: each argument has a help, its first example binds', () => {
  for (const action of registry.actions.values()) {
    assert.ok(action.summary.length > 0 && action.examples.length > 0, action.name);
    for (const [key, schema] of Object.entries(action.args.shape)) {
      const help = z.globalRegistry.get(schema)?.description ?? '';
      assert.ok(help !== '', `${action.name} ${key}`);
    }
  }
});

/** Keys and values as they come, and as attackers send them; often enough the right key with a wrong value. */
const keys = [
  'vm',
  'name',
  'grace',
  'force',
  'disks',
  'select',
  'image',
  'memory',
  'disk',
  'ttl',
  'tags',
  'owner',
  'vcpus',
];
const json: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => z.json().parse(JSON.parse(JSON.stringify(value))));
const value = fc.oneof(
  json,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('web-01', '8GiB', '2h', 'env=dev', '', '-1', '1e999', true, false, null, 0, -0.5, 2 ** 53),
  fc.string({ minLength: 500, maxLength: 3000 }),
);
const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...keys) },
  fc.constantFrom('__proto__', 'constructor', 'toString', ''),
  fc.string(),
);
const args = fc.array(fc.tuple(key, value), { maxLength: 8 }).map((pairs) => {
  const raw: JsonObject = {};
  // As JSON.parse does it: `__proto__` becomes a key of its own.
  for (const [name, given] of pairs) {
    Object.defineProperty(raw, name, { value: given, enumerable: true, configurable: true, writable: true });
  }
  return raw;
});

for (const [name, action] of registry.actions) {
  test(`${name} binds any JSON or refuses it in words, and never throws`, () => {
    fc.assert(
      fc.property(args, fc.string({ unit: 'binary' }), (raw, requester) => {
        const bound = action.bind(raw, { requester, now: 0 });
        if (bound.kind === 'refused') return assert.ok(bound.reason.length > 0 && bound.reason.length < 500);
        const again = action.bind(z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(bound.args))), ada);
        assert.ok(again.kind === 'bound');
        assert.deepEqual(again.args, bound.args);
        assert.deepEqual(again.targets, bound.targets);
      }),
      { numRuns: 500 },
    );
  });
}

const good = fc.record(
  {
    vcpus: fc.integer({ min: 1, max: 64 }).map(String),
    memory: fc.integer({ min: 128, max: 9999 }).map((mib) => `${mib}MiB`),
    disk: fc.integer({ min: 1, max: 999 }).map((gib) => `${gib}GiB`),
    ttl: fc.integer({ min: 1, max: 99 }).map((days) => `${days}d`),
    owner: fc.constantFrom('team-a', 'Ada Lovelace'),
    tags: fc.constantFrom('env=dev', ['env=dev', 'note=a, b']),
  },
  { requiredKeys: [] },
);

test('a right command bound again from its own JSON is the same command', () => {
  fc.assert(
    fc.property(good, (extra) => {
      const first = bind('vm.create', { name: 'web-01', image: 'a.qcow2', ...extra });
      assert.ok(first.kind === 'bound');
      const again = bind('vm.create', first.args, { requester: 'bob', now: 9 });
      assert.ok(again.kind === 'bound');
      assert.deepEqual(again.args, first.args);
    }),
  );
});
