/** Plans in a person's words: no JSON, no units in names, no row that says nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, Json, Plan } from '../../actions/action.ts';
import { commandOf, planBlocks } from '../../bot/plan-blocks.ts';

const plan: Plan = {
  kind: 'plan',
  effects: ['Do it'],
  changes: [],
  lost: [],
  cost: { vcpus: 0, memoryMiB: 0, diskGiB: 0 },
  undo: null,
};

function rowsOf(...changes: Change[]): string[][] {
  return planBlocks({ ...plan, changes }, []).flatMap((block) => (block.kind === 'table' ? block.rows : []));
}

const shown: [path: string, value: Json, what: string, text: string][] = [
  ['domain/web-01/memoryMiB', 512, 'memory of web-01', '512 MiB'],
  ['domain/web-01/memoryMiB', 2048, 'memory of web-01', '2 GiB'],
  ['domain/web-01/leaseSeconds', 2_592_000, 'lease of web-01', '30 d'],
  ['domain/web-01/vcpus', 4, 'vCPUs of web-01', '4'],
  ['domain/web-01/tags', { env: 'prod', tier: 'web' }, 'tags of web-01', 'env=prod tier=web'],
  ['domain/web-01/state', 'running', 'state of web-01', 'running'],
  [
    'volume/default/a.qcow2',
    { capacityBytes: '41943040', backing: 'tiny.qcow2' },
    'a.qcow2 in pool default',
    '40 MiB on tiny.qcow2',
  ],
  ['volume/default/a.iso', { format: 'raw' }, 'a.iso in pool default', 'raw'],
  ['playbook/patch', ['a', 'b'], 'playbook/patch', 'a, b'],
];

for (const [path, after, what, text] of shown) {
  test(`${path} becoming ${JSON.stringify(after)} reads "${what}: ${text}"`, () => {
    assert.deepEqual(rowsOf({ path, before: null, after }), [[what, text]]);
  });
}

test('what goes is said to be gone', () => {
  assert.deepEqual(rowsOf({ path: 'domain/web-01/state', before: 'running', after: null }), [
    ['state of web-01', 'running', 'gone'],
  ]);
});

const silent: [before: Json, after: Json][] = [
  [null, null],
  [null, {}],
  [{}, null],
  ['', ''],
  [7, 7],
];
for (const [before, after] of silent) {
  test(`a change from ${JSON.stringify(before)} to ${JSON.stringify(after)} has no row`, () => {
    assert.deepEqual(rowsOf({ path: 'domain/web-01/tags', before, after }), []);
  });
}

test('the way back is a line that one could type', () => {
  const undo = {
    action: 'vm.delete',
    args: { vm: 'web-01', disks: true, force: true, grace: null },
    holds: 'for a day',
  };
  assert.equal(commandOf(undo), 'vm delete web-01 --disks --force');
});
