/** Calendar files: every wrong word is found at its place, all at once, and one broken calendar keeps all from loading. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { loadCalendars, makeCalendars } from '../../../policies/windows/load.ts';
import { actionNames, event, load } from './fixture.ts';

const calendar = (body: string) => `calendars:
  - name: one
    effect: deny
    actions: [vm.stop]
${body}`;
const times = (entry: string) => calendar(`    zone: Europe/Berlin\n    times:\n      - ${entry}\n`);

/** `at` is line:column. */
const wrong: { name: string; text: string; at: string; says: RegExp }[] = [
  {
    name: 'an effect',
    text: 'calendars:\n  - { name: a, effect: denny, actions: ["*"], times: [{ from: 2026-01-01, to: 2026-01-02 }] }\n',
    at: '2:24',
    says: /did you mean "deny"/,
  },
  {
    name: 'an action',
    text: times('{ from: 2026-01-01, to: 2026-01-02 }').replace('vm.stop', 'vm.stpo'),
    at: '4:15',
    says: /no action matches "vm\.stpo".*did you mean "vm\.stop"/,
  },
  {
    name: 'a zone',
    text: times('{ from: 2026-01-01, to: 2026-01-02 }').replace('Berlin', 'Berln'),
    at: '5:11',
    says: /IANA/,
  },
  {
    name: 'no zone',
    text: calendar('    times:\n      - { from: 2026-01-01, to: 2026-01-02 }\n'),
    at: '6:17',
    says: /in which zone/,
  },
  {
    name: 'no zone for a cron window',
    text: calendar('    times:\n      - { start: "0 2 * * *", for: 1h }\n'),
    at: '6:18',
    says: /in which zone/,
  },
  {
    name: 'a key',
    text: times('{ start: "0 2 * * *", fro: 1h }'),
    at: '7:31',
    says: /unknown key "fro".*did you mean "for"/,
  },
  {
    name: 'a cron expression',
    text: times('{ start: "0 25 * * *", for: 1h }'),
    at: '7:18',
    says: /hour "25".*out of range/,
  },
  { name: 'a day that never comes', text: times('{ start: "0 0 31 2 *", for: 1h }'), at: '7:18', says: /never comes/ },
  { name: 'a length', text: times('{ start: "0 2 * * *", for: long }'), at: '7:36', says: /duration looks like/ },
  { name: 'a length out of bounds', text: times('{ start: "0 2 * * *", for: 32d }'), at: '7:36', says: /1m to 31d/ },
  { name: 'a date', text: times('{ from: 2026-02-30, to: 2026-03-02 }'), at: '7:17', says: /"2026-02-30" is no time/ },
  {
    name: 'an end before the beginning',
    text: times('{ from: 2026-03-02, to: 2026-03-01 }'),
    at: '7:33',
    says: /not after/,
  },
  {
    name: 'an overrun rule',
    text: times('{ from: 2026-03-01, to: 2026-03-02, overrun: stop }'),
    at: '7:54',
    says: /finish, stop-after-step/,
  },
  {
    name: 'a file',
    text: times('{ ical: holidays.ics }'),
    at: '7:17',
    says: /no file "holidays\.ics".*did you mean "holiday\.ics"/,
  },
  { name: 'a file elsewhere', text: times('{ ical: ../holiday.ics }'), at: '7:17', says: /same directory/ },
  { name: 'no times', text: calendar('    times: []\n'), at: '5:12', says: /times/ },
  {
    name: 'a selector',
    text: times('{ from: 2026-03-01, to: 2026-03-02 }').replace('    zone', '    target: { envs: [prod] }\n    zone'),
    at: '5:15',
    says: /unknown key "envs".*did you mean "env"/,
  },
  { name: 'what is no YAML', text: 'calendars: [', at: '1:13', says: /not a YAML/ },
  { name: 'a key at the top', text: 'calender: []\n', at: '1:1', says: /./ },
];

for (const { name, text, at, says } of wrong) {
  test(`${name} is found at ${at}`, () => {
    const loaded = load(text, { 'holiday.ics': event('DTSTART;VALUE=DATE:20260601') });
    assert.equal(loaded.kind, 'broken');
    const [problem] = loaded.problems;
    assert.equal(problem?.file, 'w/w.yaml');
    assert.equal(`${problem?.line}:${problem?.column}`, at);
    assert.match(loaded.problems.map((each) => each.problem).join('\n'), says);
  });
}

test('all that is wrong is told together', () => {
  const text = times('{ start: "0 25 * * *", for: 1h }\n      - { from: x, to: y }').replace('vm.stop', 'vm.stpo');
  const loaded = load(text);
  assert.equal(loaded.kind, 'broken');
  assert.deepEqual(
    loaded.problems.map(({ line }) => line),
    [4, 7, 8],
  );
});

test('a name is taken in all files', () => {
  const text = times('{ from: 2026-03-01, to: 2026-03-02 }');
  const loaded = makeCalendars(
    [
      { name: 'a.yaml', text },
      { name: 'b.yaml', text },
    ],
    actionNames,
  );
  assert.equal(loaded.kind, 'broken');
  assert.deepEqual(
    loaded.problems.map(({ file, line, problem }) => `${file}:${line} ${problem}`),
    ['b.yaml:2 the name "one" is taken (a.yaml:2)'],
  );
});

test('the version tells apart what the files say, also in an iCalendar file, and not where they lie', () => {
  const version = (text: string, day: string, directory = 'w') => {
    const files = [
      { name: `${directory}/w.yaml`, text },
      { name: `${directory}/f.ics`, text: event(`DTSTART;VALUE=DATE:${day}`) },
    ];
    const loaded = makeCalendars(files, actionNames);
    return loaded.kind === 'loaded' ? loaded.version : '';
  };
  const text = times('{ ical: f.ics }');
  assert.equal(version(text, '20260601'), version(text, '20260601', 'elsewhere'));
  assert.notEqual(version(text, '20260601'), version(text, '20260602'));
  assert.notEqual(version(text, '20260601'), version(`${text}\n`, '20260601'));
});

test('a directory is loaded with its iCalendar files; without calendars it has none; one that is not there is an error', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drover-windows-'));
  try {
    const empty = await loadCalendars(directory, actionNames);
    assert.deepEqual(empty.kind === 'loaded' && empty.calendars, []);
    await writeFile(join(directory, 'w.yaml'), times('{ ical: f.ics }'));
    await writeFile(join(directory, 'f.ics'), event('DTSTART;VALUE=DATE:20260601'));
    await writeFile(join(directory, 'notes.txt'), 'not a calendar');
    const loaded = await loadCalendars(directory, actionNames);
    assert.deepEqual(
      loaded.kind === 'loaded' && loaded.calendars.map(({ ref, entries }) => [ref.name, entries.length]),
      [['one', 1]],
    );
    await writeFile(join(directory, 'big.yaml'), `# ${'x'.repeat(600 * 1024)}`);
    const big = await loadCalendars(directory, actionNames);
    assert.match(big.kind === 'broken' ? (big.problems[0]?.problem ?? '') : '', /more than 524288/);
  } finally {
    await rm(directory, { recursive: true });
  }
  const gone = await loadCalendars(directory, actionNames);
  assert.match(gone.kind === 'broken' ? (gone.problems[0]?.problem ?? '') : '', /reading the calendars: ENOENT/);
});

const words = fc.oneof(
  fc.constantFrom(
    'calendars',
    'name',
    'effect',
    'deny',
    'allow',
    'actions',
    '*',
    'vm.stop',
    'times',
    'start',
    'for',
    'from',
    'to',
    'ical',
    'f.ics',
    'zone',
    'UTC',
    '0 2 * * *',
    '1h',
    '2026-01-01',
    '__proto__',
  ),
  fc.string({ maxLength: 8 }),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    words,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(words, tie('tree'), { maxKeys: 5 }),
  ),
}));

test('whatever stands in a file, it is loaded or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        tree.map((value) => stringify(value)),
        tree.map((value) => stringify({ calendars: [value] })),
        fc.string(),
      ),
      (text) => {
        const loaded = load(text, { 'f.ics': event('DTSTART;VALUE=DATE:20260601') });
        return loaded.kind === 'loaded' || loaded.problems.every(({ line, column }) => line >= 1 && column >= 1);
      },
    ),
    { numRuns: 500 },
  );
});
