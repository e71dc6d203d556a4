/** Forms and slash commands: spellings of names, blanks, and the same limits on text as in a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandFromOptions } from '../../../bot/command/from-options.ts';

test('a platform may spell names its own way and send blanks', () => {
  const parsed = commandFromOptions('vm.stop', {
    vm: ' web-01 ',
    grace_seconds: '60',
    force: true,
    'dry-run': true,
    reason: '',
  });
  assert.deepEqual(parsed, {
    kind: 'command',
    command: {
      kind: 'action',
      action: 'vm.stop',
      args: { vm: 'web-01', graceSeconds: '60', force: true },
      dryRun: true,
    },
  });
});

test('a form cannot bring what a line cannot', () => {
  assert.equal(commandFromOptions('vm.show', { vm: 'web\u202e-01' }).kind, 'refusal');
  assert.equal(commandFromOptions('vm.create', { tags: ['x'.repeat(2001)] }).kind, 'refusal');
});
