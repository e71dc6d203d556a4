/** Help: what a person reads, and that it only shows what he was given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from '../../../actions/action.ts';
import { helpCard, usage } from '../../../bot/command/help.ts';
import { action, actions } from './fixtures.ts';

function linesOf(blocks: Block[]): string[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'list') return block.items;
    return block.kind === 'text' || block.kind === 'code' ? block.text.split('\n') : [];
  });
}

test('usage shows what must be given before what may be given', () => {
  assert.equal(usage(action('vm.stop')), 'vm stop <vm> [--grace <value>] [--force]');
  assert.equal(usage(action('vm.list')), 'vm list [<selector>…]');
  assert.match(usage(action('vm.create')), /^vm create <name> --image <value> \[--vcpus <value>\]/);
  assert.equal(usage(action('vm.doctor')), 'vm doctor');
});

test('the overview has one line a verb, the harmless first', () => {
  const lines = linesOf(helpCard(actions, null));
  for (const { name, summary } of actions) {
    assert.equal(lines.filter((line) => line.endsWith(`: ${summary}`)).length, 1, name);
  }
  assert.ok(
    lines.findIndex((line) => line.includes('vm show')) < lines.findIndex((line) => line.includes('vm delete')),
  );
});

test('the help of a verb tells options, limits, defaults and examples', () => {
  const lines = linesOf(helpCard(actions, 'stop'));
  assert.ok(lines.includes('`--grace <value>`: how long the guest may take (5 to 900; default 120)'), lines.join('\n'));
  assert.ok(lines.includes('`--force`: pull the plug after that'));
  assert.ok(lines.includes('vm stop web-01'));
  assert.ok(lines.some((line) => line.includes('poweroff')));
  assert.ok(linesOf(helpCard(actions, 'rm')).some((line) => line.includes('one of keep, delete; default keep')));
});

test('help on something unknown offers what is near and repeats nothing', () => {
  assert.deepEqual(linesOf(helpCard(actions, 'stpo')), [
    'There is no such command that you may use; perhaps `vm help stop`.',
  ]);
});

test('help hides what it is not given', () => {
  const few = actions.filter(({ risk }) => risk === 'read');
  assert.ok(!JSON.stringify([helpCard(few, null), helpCard(few, 'delete')]).includes('vm delete'));
  assert.deepEqual(linesOf(helpCard([], null)), ['There is no command that you may use.']);
});
