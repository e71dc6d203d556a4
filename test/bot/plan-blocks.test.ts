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

const shown: [path: string, before: Json, after: Json, row: string[]][] = [
  ['domain/web-01/memoryMiB', 512, 2048, ['memory of web-01', '512 MiB', '2 GiB']],
  ['domain/web-01/leaseSeconds', null, 2_592_000, ['lease of web-01', '–', '30 d']],
  ['domain/web-01/vcpus', 1, 4, ['vCPUs of web-01', '1', '4']],
  ['domain/web-01/tags', {}, { env: 'prod', tier: 'web' }, ['tags of web-01', '–', 'env=prod tier=web']],
  ['domain/web-01/tags', { env: 'prod' }, null, ['tags of web-01', 'env=prod', 'gone']],
  ['domain/web-01/state', 'running', 'shutoff', ['state of web-01', 'running', 'shutoff']],
  ['playbook/patch', null, ['a', 'b'], ['playbook/patch', '–', 'a, b']],
];
for (const [path, before, after, row] of shown) {
  test(`${path} from ${JSON.stringify(before)} to ${JSON.stringify(after)} reads ${row.join(' | ')}`, () => {
    assert.deepEqual(rowsOf({ path, before, after }), [row]);
  });
}

test('what comes new is one row each, in words', () => {
  const made = (path: string, after: Json): Change => ({ path, before: null, after });
  const rows = rowsOf(
    made('volume/default/a.qcow2', { capacityBytes: '41943040', backing: 'tiny.qcow2' }),
    made('volume/default/a.iso', { format: 'raw' }),
    made('domain/web-01/state', 'running'),
    made('domain/web-01/vcpus', 2),
    made('domain/web-01/memoryMiB', 512),
    made('domain/web-01/owner', 'alice'),
    made('domain/web-01/leaseSeconds', null),
    made('domain/web-01/tags', { env: 'prod' }),
  );
  assert.deepEqual(rows, [
    ['a.qcow2 in pool default', '40 MiB on tiny.qcow2'],
    ['a.iso in pool default', 'raw'],
    ['web-01', 'running, 2 vCPU, 512 MiB, owner alice, env=prod'],
  ]);
});

test('what goes is named by effects and losses, not by the table again', () => {
  assert.deepEqual(rowsOf({ path: 'domain/web-01/state', before: 'running', after: null }), []);
  assert.deepEqual(rowsOf({ path: 'volume/default/a.qcow2', before: 'present', after: null }), []);
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
