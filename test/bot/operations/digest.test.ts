import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject, Plan } from '../../../actions/action.ts';
import { type Digestible, digestOf, whatChanged } from '../../../bot/operations/digest.ts';

const json = fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value)));
const object = fc.dictionary(fc.string({ maxLength: 8 }), json, { maxKeys: 5 });
const plan: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constant('plan' as const),
  effects: fc.array(fc.string(), { maxLength: 4 }),
  changes: fc.array(fc.record({ path: fc.string(), before: json, after: json }), { maxLength: 3 }),
  lost: fc.array(fc.string(), { maxLength: 2 }),
  cost: fc.record({ vcpus: fc.nat(64), memoryMiB: fc.nat(), diskGiB: fc.nat() }),
  undo: fc.option(fc.record({ action: fc.string(), args: object, holds: fc.string() })),
});
const digestible: fc.Arbitrary<Digestible> = fc.record({
  action: fc.string(),
  args: object,
  facts: json,
  plan,
  policy: fc.string(),
  uuid: fc.uuid(),
});

/** The same value with every object's keys in another order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}

test('the order of keys does not matter', () => {
  fc.assert(
    fc.property(digestible, (parts) => {
      const { digest, digested } = digestOf(parts);
      const other = digestOf({ ...parts, args: objectOf(reversed(parts.args)), facts: reversed(parts.facts) });
      assert.equal(other.digest, digest);
      assert.deepEqual(whatChanged(digested, reversed(digested)), []);
    }),
  );
});

test('the digest survives the store: read back from JSON it is the same', () => {
  fc.assert(
    fc.property(digestible, (parts) => {
      const back: Digestible = { ...parts, ...JSON.parse(JSON.stringify({ args: parts.args, facts: parts.facts })) };
      assert.equal(digestOf(back).digest, digestOf(parts).digest);
    }),
  );
});

test('a change of any part changes the digest, and is named', () => {
  fc.assert(
    fc.property(digestible, digestible, (parts, others) => {
      const before = digestOf(parts);
      for (const part of ['action', 'args', 'facts', 'plan', 'policy', 'uuid'] as const) {
        const after = digestOf({ ...parts, [part]: others[part] });
        const same = JSON.stringify(reversedKeys(parts[part])) === JSON.stringify(reversedKeys(others[part]));
        if (same) continue;
        assert.notEqual(after.digest, before.digest, part);
        assert.ok(whatChanged(before.digested, after.digested).length > 0, part);
      }
    }),
  );
});

test('a mutation anywhere inside changes the digest and is named', () => {
  fc.assert(
    fc.property(digestible, fc.nat(), (parts, pick) => {
      const places = leaves(digestOf(parts).digested);
      const path = places[pick % places.length] ?? [];
      const digested = objectOf(digestOf(parts).digested);
      const mutated = replace(digested, path);
      assert.ok(whatChanged(digested, mutated).length > 0, path.join('.'));
      const [before, after] = [digested, mutated].map((facts) => digestOf({ ...example, facts }).digest);
      assert.notEqual(after, before, path.join('.'));
    }),
  );
});

const args = { name: 'web-01', memory: 512, tags: { env: 'dev' } };
const example: Digestible = {
  action: 'vm.create',
  args,
  facts: { nameTaken: false, memoryLeftMiB: null },
  plan: {
    kind: 'plan',
    effects: ['Start web-01'],
    changes: [],
    lost: [],
    cost: { vcpus: 1, memoryMiB: 512, diskGiB: 1 },
    undo: null,
  },
  policy: 'sha256:one',
  uuid: '1a2b3c4d-0000-4000-8000-000000000000',
};

const sentences: { what: string; change: Partial<Digestible>; says: string[] }[] = [
  { what: 'the action', change: { action: 'vm.delete' }, says: ['action: vm.create → vm.delete'] },
  {
    what: 'an argument',
    change: { args: { ...args, memory: 1024 } },
    says: ['memory: 512 → 1024'],
  },
  {
    what: 'an argument inside',
    change: { args: { ...args, tags: { env: 'prod' } } },
    says: ['tags env: dev → prod'],
  },
  { what: 'a fact', change: { facts: { nameTaken: true, memoryLeftMiB: null } }, says: ['nameTaken: false → true'] },
  { what: 'the policy', change: { policy: 'sha256:two' }, says: ['the policy: sha256:one → sha256:two'] },
  {
    what: 'the plan alone',
    change: { plan: { ...example.plan, lost: ['the disk'] } },
    says: ['lost 1: absent → the disk'],
  },
  {
    what: 'a fact and the plan that follows from it',
    change: { facts: { nameTaken: false, memoryLeftMiB: 10 }, plan: { ...example.plan, effects: [] } },
    says: ['memoryLeftMiB: nothing → 10'],
  },
];

for (const { what, change, says } of sentences) {
  test(`a change of ${what} is told as: ${says.join('; ')}`, () => {
    const before = digestOf(example);
    const after = digestOf({ ...example, ...change });
    assert.deepEqual(whatChanged(before.digested, after.digested), says);
  });
}

test('many changes are told in part, and counted', () => {
  const many = (value: number) => Object.fromEntries([...'abcdefghij'].map((key) => [key, value]));
  const before = digestOf({ ...example, args: many(1) });
  const after = digestOf({ ...example, args: many(2) });
  const lines = whatChanged(before.digested, after.digested, 3);
  assert.equal(lines.length, 4);
  assert.equal(lines.at(-1), 'and 7 more');
});

test('an absent member is another thing than nothing, and said so', () => {
  const absent = digestOf({ ...example, facts: {} });
  const nothing = digestOf({ ...example, facts: { memoryLeftMiB: null } });
  assert.notEqual(absent.digest, nothing.digest);
  assert.deepEqual(whatChanged(absent.digested, nothing.digested), ['memoryLeftMiB: absent → nothing']);
});

function objectOf(value: Json): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('no object');
  return value;
}

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, member]) => [key, reversedKeys(member)]);
}

function leaves(value: Json, path: string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [path];
  const inner = Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
  return inner.length === 0 ? [path] : inner;
}

function replace(value: Json, [key, ...rest]: string[]): Json {
  if (key === undefined) return { mutated: true };
  if (Array.isArray(value)) return value.map((member, at) => (String(at) === key ? replace(member, rest) : member));
  const object = objectOf(value);
  return { ...object, [key]: replace(object[key] ?? null, rest) };
}
