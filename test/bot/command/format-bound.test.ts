/** The line of a bound command says what was asked and no more, and means the same when it is typed again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Bound, JsonObject } from '../../../actions/action.ts';
import { createRegistry } from '../../../actions/registry.ts';
import { formatBound } from '../../../bot/command/format.ts';
import { parseLine } from '../../../bot/command/parse.ts';

const registry = createRegistry({
  pool: 'default',
  defaultImage: 'tiny.qcow2',
  readyTimeoutSeconds: 60,
  memoryOvercommit: 1,
});
const who = { requester: 'alice', now: 0 };

function bind(name: string, args: JsonObject): Bound {
  const bound = registry.get(name)?.bind(args, who);
  if (bound?.kind !== 'bound') throw new Error(bound?.reason ?? `no action ${name}`);
  return bound;
}

function typedAgain(line: string): Bound {
  const parsed = parseLine(line, { actions: registry.actions.values(), vmNames: [], addressed: false });
  assert.ok(parsed.kind === 'command' && parsed.command.kind === 'action', line);
  return bind(parsed.command.action, parsed.command.args);
}

const lines: [name: string, args: JsonObject, line: string][] = [
  ['vm.stop', { vm: 'web-01' }, 'vm stop web-01'],
  ['vm.stop', { vm: 'web-01', grace: '120', force: false }, 'vm stop web-01'],
  ['vm.stop', { vm: 'web-01', grace: '5m', force: true }, 'vm stop web-01 --grace 5m --force'],
  ['vm.delete', { vm: 'web-01', disks: false }, 'vm delete web-01'],
  ['vm.create', { name: 'web-01' }, 'vm create web-01 --owner alice'],
  [
    'vm.create',
    { name: 'web-01', memory: '1024', vcpus: '2', disk: '20', ttl: '30d', tags: ['env=prod'], owner: 'team-a' },
    'vm create web-01 --vcpus 2 --memory 1GiB --disk 20GiB --owner team-a --ttl 30d --tag env=prod',
  ],
  [
    'vm.create',
    { name: 'a', disk: '1024', image: 'other.qcow2' },
    'vm create a --image other.qcow2 --disk 1TiB --owner alice',
  ],
  ['vm.list', {}, 'vm list'],
];
for (const [name, args, line] of lines) {
  test(`${name} ${JSON.stringify(args)} is written "${line}"`, () => {
    assert.equal(formatBound(bind(name, args), { dryRun: false }), line);
  });
}

test('any command that was bound is the same when its line is typed again', () => {
  const args = fc.record({
    name: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/),
    vcpus: fc.integer({ min: 1, max: 64 }),
    memory: fc.integer({ min: 128, max: 4 * 1024 ** 2 }),
    disk: fc.option(fc.integer({ min: 1, max: 16 * 1024 })),
    ttl: fc.option(fc.integer({ min: 60, max: 3650 * 86_400 })),
    owner: fc.option(fc.constantFrom('alice', 'team-a', 'a b')),
    tags: fc.dictionary(fc.stringMatching(/^[a-mo-z][a-z0-9-]{0,8}$/), fc.stringMatching(/^[!-~]([ -~]{0,7}[!-~])?$/), {
      maxKeys: 4,
    }),
  });
  fc.assert(
    fc.property(args, (given) => {
      const tags = Object.fromEntries(Object.entries(given.tags).filter(([key]) => !['owner', 'state'].includes(key)));
      const bound = bind('vm.create', { ...given, tags });
      assert.deepEqual(typedAgain(formatBound(bound, { dryRun: false })).args, bound.args);
    }),
  );
});

test('a dry run says so', () => {
  assert.equal(formatBound(bind('vm.stop', { vm: 'web-01' }), { dryRun: true }), 'vm stop web-01 --dry-run');
});
