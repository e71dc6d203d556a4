/** A form says what the line says: for every action, whatever is filled in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Action, JsonObject } from '../../actions/action.ts';
import { createRegistry } from '../../actions/registry.ts';
import type { FormValues } from '../../bot/chat/form.ts';
import { optionsOf } from '../../bot/command/options.ts';
import { parseLine } from '../../bot/command/parse.ts';
import { createForms, formOf, readForm } from '../../bot/forms.ts';
import { createPeople } from '../../bot/people.ts';
import { createFakeHost } from '../fakes/host.ts';

const registry = createRegistry({
  pool: 'default',
  readyTimeoutSeconds: 60,
  memoryOvercommit: 1,
  defaultImage: 'debian-12',
});
const actions = [...registry.actions.values()];
const asker = { requester: 'ann', now: Date.parse('2026-10-01T12:00:00Z') };

function argsOf(line: string): { action: Action; given: JsonObject; bound: JsonObject } {
  const parsed = parseLine(line, { actions, vmNames: ['web-01'], addressed: false });
  if (parsed.kind !== 'command' || parsed.command.kind !== 'action') throw new Error(`${line}: ${parsed.kind}`);
  const action = registry.get(parsed.command.action);
  const bound = action?.bind(parsed.command.args, asker);
  if (action === undefined || bound?.kind !== 'bound') throw new Error(`${line}: ${bound?.kind}`);
  return { action, given: parsed.command.args, bound: bound.args };
}

/** The form as it opens, with what a line gives typed over it. */
function filledIn(action: Action, given: JsonObject): FormValues {
  const { fields } = formOf(action, '');
  return Object.fromEntries(
    fields.map(({ name, initial }) => {
      const value = given[name];
      if (value === undefined) return [name, initial];
      if (typeof value === 'boolean') return [name, value ? 'true' : ''];
      return [name, Array.isArray(value) ? value.join(' ') : String(value)];
    }),
  );
}

for (const action of actions) {
  test(`${action.name}: its form has a field for each option, with words for each`, () => {
    const form = formOf(action, '');
    assert.deepEqual(
      form.fields.map(({ name }) => name),
      optionsOf(action).map(({ name }) => name),
    );
    for (const field of form.fields) {
      assert.match(field.name, /^[A-Za-z][A-Za-z0-9_-]*$/);
      assert.notEqual(field.label, '');
      assert.notEqual(field.hint, '');
    }
    assert.ok(form.title.length <= 24, form.title);
  });

  for (const example of action.examples) {
    test(`${action.name}: filled in as "${example}", the form is that line`, () => {
      const { given, bound } = argsOf(example);
      const answer = readForm(action, filledIn(action, given), asker.now);
      assert.ok(answer.kind === 'line', JSON.stringify(answer));
      assert.deepEqual(argsOf(answer.text).bound, bound, answer.text);
    });
  }

  test(`${action.name}: whatever is filled in comes to a line that can be read, or to a word at one of its fields`, () => {
    const names = optionsOf(action).map(({ name }) => name);
    const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), plausible);
    const values = fc.dictionary(fc.constantFrom(...names), value);
    fc.assert(
      fc.property(values, (filled) => {
        const answer = readForm(action, filled, asker.now);
        if (answer.kind === 'line') {
          assert.equal(argsOf(answer.text).action, action);
          return;
        }
        const [[field, reason = ''] = ['']] = Object.entries(answer.fields);
        assert.ok(names.includes(field), `${field} is no field: ${reason}`);
        assert.notEqual(reason, '');
      }),
      { numRuns: 200 },
    );
  });
}

/** Words that come near to what is wanted. */
const plausible = fc.constantFrom(
  ...[
    'web-01',
    'true',
    '2',
    '8GiB',
    '8GB',
    '90s',
    '30d',
    'env=dev',
    'env=dev tier=web',
    'team-a',
    '-1',
    '--force',
    '""',
    ' ',
  ],
);

const wrongs: [action: string, values: FormValues, field: string, says: RegExp][] = [
  ['vm.create', { name: 'web 01' }, 'name', /a VM name has.*web-01/s],
  ['vm.create', { name: '' }, 'name', /is missing/],
  ['vm.create', { name: 'web-01', memory: '8GB' }, 'memory', /8GiB/],
  ['vm.create', { name: 'web-01', vcpus: '65' }, 'vcpus', /1 to 64/],
  ['vm.create', { name: 'web-01', disk: 'big' }, 'disk', /a size looks like 20GiB/],
  ['vm.create', { name: 'web-01', ttl: '1s' }, 'ttl', /allowed is/],
  ['vm.create', { name: 'web-01', tags: 'env' }, 'tags', /env=dev/],
  ['vm.create', { name: 'web-01', owner: 'a\u202eb' }, 'owner', /./],
  ['vm.create', { name: 'web-01', owner: 'x'.repeat(100_000) }, 'owner', /./],
  ['vm.stop', { vm: 'web-01', grace: 'soon' }, 'grace', /90s, 2h or 30d/],
];
for (const [name, values, field, says] of wrongs) {
  test(`${name} with ${field} "${values[field]?.slice(0, 20)}" is told so at that field`, () => {
    const action = registry.get(name) ?? assert.fail(name);
    const answer = readForm(action, { ...filledIn(action, {}), ...values }, asker.now);
    assert.ok(answer.kind === 'wrong', JSON.stringify(answer));
    assert.deepEqual(Object.keys(answer.fields), [field]);
    assert.match(answer.fields[field] ?? '', says);
  });
}

test('what nobody changed is not said in the line', () => {
  const action = registry.get('vm.create') ?? assert.fail();
  const values = { ...filledIn(action, {}), name: 'web-01', memory: '2GiB' };
  assert.deepEqual(readForm(action, values, asker.now), { kind: 'line', text: 'vm create web-01 --memory 2GiB' });
});

test('somebody who is known gets a form that says what the host has left; others none', async () => {
  const people = createPeople({
    people: [{ name: 'alice', groups: [], accounts: { slack: ['UALICE'] } }],
    groups: {},
    directories: () => [],
    links: { personOf: async () => null },
  });
  const forms = createForms({ registry, people, host: createFakeHost(), now: Date.now });
  const form = await forms.form('vm.create', { platform: 'slack', id: 'UALICE' });
  assert.match(form?.intro ?? '', /8 CPUs, 24 GiB of 32 GiB memory free/);
  assert.equal(await forms.form('vm.create', { platform: 'slack', id: 'UMALLORY' }), null);
  assert.equal(await forms.form('vm.fly', { platform: 'slack', id: 'UALICE' }), null);
  assert.deepEqual(forms.read('vm.fly', {}), { kind: 'wrong', fields: {} });
});
