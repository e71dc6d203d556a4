/** When approvers are reminded, and when they are left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuiet } from '../../bot/quiet-hours.ts';
import { dueReminder, type ReminderSettings } from '../../bot/reminders.ts';
import { anOperation } from './operations/fixture.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-23T09:00:00Z');
const settings: ReminderSettings = {
  afterMinutes: [15, 60, 180],
  quietHours: null,
  escalate: { afterMinutes: 120, group: 'leads' },
};
const EXPIRES_SECONDS = 4 * 3600;
const operation = anOperation({
  state: 'waiting',
  demand: {
    kind: 'ask',
    rules: [{ name: 'production', file: 'default.yaml', line: 3 }],
    requirement: { kind: 'group', group: 'approvers', count: 1 },
    expiresSeconds: EXPIRES_SECONDS,
  },
  expiresAt: START + EXPIRES_SECONDS * 1000,
});

for (const { minutes, due } of [
  { minutes: 14, due: null },
  { minutes: 15, due: { number: 1, escalated: false } },
  { minutes: 59, due: { number: 1, escalated: false } },
  { minutes: 60, due: { number: 2, escalated: false } },
  { minutes: 130, due: { number: 2, escalated: true } },
  { minutes: 180, due: { number: 3, escalated: true } },
  { minutes: 240, due: null },
]) {
  test(`after ${minutes} minutes ${due === null ? 'nobody is reminded' : `reminder ${due.number} is due`}`, () => {
    assert.deepEqual(dueReminder(operation, settings, START + minutes * MINUTE), due);
  });
}

test('what no longer waits reminds nobody', () => {
  assert.equal(dueReminder({ ...operation, state: 'queued' }, settings, START + 60 * MINUTE), null);
});

test('in quiet hours nobody is reminded, and the newest reminder comes after them', () => {
  const night = { ...settings, quietHours: { from: '10:10', to: '11:30', zone: 'Europe/Berlin' } };
  assert.equal(dueReminder(operation, night, START + 75 * MINUTE), null);
  assert.deepEqual(dueReminder(operation, night, START + 151 * MINUTE), { number: 2, escalated: true });
});

for (const { at, quiet } of [
  { at: '2026-07-01T20:30:00Z', quiet: true },
  { at: '2026-07-01T19:59:00Z', quiet: false },
  { at: '2026-01-01T20:30:00Z', quiet: false },
  { at: '2026-01-01T21:30:00Z', quiet: true },
  { at: '2026-07-02T04:59:00Z', quiet: true },
  { at: '2026-07-02T05:00:00Z', quiet: false },
]) {
  test(`in Berlin ${at} is ${quiet ? 'quiet' : 'not quiet'}, summer and winter`, () => {
    assert.equal(isQuiet({ from: '22:00', to: '07:00', zone: 'Europe/Berlin' }, Date.parse(at)), quiet);
  });
}
