/** Dry runs with the real Ansible: what is foreseen, what is not, and how it reads. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPreview, foldPreview, previewText } from '../../../actions/ansible/diff.ts';
import { begin, finish, localHosts, stage } from './support.ts';

const NAMES = ['a', 'b', 'c'];

const tasks = [
  {
    name: 'settings',
    'ansible.builtin.copy': { content: 'one\ntwo\nthree\n', dest: '{{ dir }}/shared' },
  },
  { name: 'same', 'ansible.builtin.copy': { content: 'x\n', dest: '{{ dir }}/b' }, when: "inventory_hostname == 'b'" },
  { name: 'mode', 'ansible.builtin.file': { path: '{{ dir }}/a', mode: '0600' }, when: "inventory_hostname == 'a'" },
  { name: 'restart it', 'ansible.builtin.command': 'touch {{ dir }}/ran' },
  { name: 'each of them', 'ansible.builtin.shell': 'touch {{ dir }}/{{ item }}', loop: ['l1', 'l2'] },
  { name: 'never wanted', 'ansible.builtin.command': 'touch {{ dir }}/no', when: false },
  { name: 'look', 'ansible.builtin.command': 'true', check_mode: false },
  { name: 'hidden', 'ansible.builtin.copy': { content: 'secret', dest: '{{ dir }}/h' }, no_log: true, run_once: true },
  { name: 'odd', 'ansible.builtin.fail': { msg: 'not in check mode\u001b[31m' }, when: "inventory_hostname == 'c'" },
];

test('a dry run changes nothing, groups equal changes, and is honest about what it cannot foresee', async (t) => {
  const it = stage(t, tasks, { inventory: localHosts(...NAMES), check: true, diff: true });
  const dir = join(it.directory, 'world');
  mkdirSync(dir);
  for (const name of NAMES) writeFileSync(join(dir, name), 'one\ntwo\n', { mode: 0o644 });
  await begin({ ...it, spec: { ...it.spec, variables: { dir } } });
  const { events } = await finish(it);
  const preview = createPreview();
  for (const event of events) foldPreview(preview, event);
  assert.equal(
    previewText(preview).replaceAll(dir, 'DIR'),
    `Failed in the dry run:
- odd on c
    not in check mode

Ran for real already (check_mode: false):
- look on a, b, c

Would change:
- settings (DIR/shared) on a, b, c
    @@ -0,0 +1,3 @@
    +one
    +two
    +three
- same (DIR/b) on b
    @@ -1,2 +1 @@
    -one
    -two
    +x
- mode (DIR/a) on a
    @@ -1,2 +1,2 @@
    -mode: 0644
    +mode: 0600
     path: DIR/a

Would change, without saying what:
- hidden on a
    hidden by no_log

Not foreseen: a dry run skips these, they may change anything:
- restart it on a, b, c
    Command would have run if not in check mode
- each of them on a, b, c
    Command would have run if not in check mode`,
  );
  assert.ok(!existsSync(join(dir, 'ran')));
});
