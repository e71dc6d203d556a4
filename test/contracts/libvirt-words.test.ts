/** The words for libvirt's numbers are libvirt's own: held against the constants of the installed library. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { z } from 'zod';
import { eventWords, stateWords } from '../../actions/libvirt/words.ts';

const CONSTANTS =
  'import json, libvirt; print(json.dumps({k: v for k, v in vars(libvirt).items() if k.startswith("VIR_DOMAIN_") and isinstance(v, int)}))';
const { stdout } = await execa('/usr/bin/python3', ['-c', CONSTANTS]);
const constants = z.record(z.string(), z.number()).parse(JSON.parse(stdout));

/** `VIR_DOMAIN_PAUSED_FROM_SNAPSHOT` under `VIR_DOMAIN_PAUSED_` is `from-snapshot`. */
const wordOf = (name: string, prefix: string) =>
  name.slice(prefix.length).toLowerCase().replaceAll('_', '-').replace('ioerror', 'io-error');

const under = (prefix: string) => Object.entries(constants).filter(([name]) => name.startsWith(prefix));

for (const state of ['RUNNING', 'BLOCKED', 'PAUSED', 'SHUTOFF', 'CRASHED']) {
  test(`reasons of ${state.toLowerCase()} are libvirt's`, () => {
    const number = constants[`VIR_DOMAIN_${state}`];
    const prefix = `VIR_DOMAIN_${state}_`;
    assert(number !== undefined && under(prefix).length > 0);
    for (const [name, reason] of under(prefix)) {
      assert.deepEqual(stateWords(number, reason), { state: state.toLowerCase(), reason: wordOf(name, prefix) });
    }
  });
}

for (const event of [
  'DEFINED',
  'UNDEFINED',
  'STARTED',
  'SUSPENDED',
  'RESUMED',
  'STOPPED',
  'SHUTDOWN',
  'CRASHED',
  'PMSUSPENDED',
]) {
  test(`details of ${event.toLowerCase()} are libvirt's`, () => {
    const number = constants[`VIR_DOMAIN_EVENT_${event}`];
    const prefix = `VIR_DOMAIN_EVENT_${event}_`;
    assert(number !== undefined && under(prefix).length > 0);
    for (const [name, detail] of under(prefix)) {
      assert.deepEqual(eventWords(number, detail), { event: event.toLowerCase(), detail: wordOf(name, prefix) });
    }
  });
}

test('a number newer than the tables is named, and a newer state is a bad answer', () => {
  assert.deepEqual(eventWords(99, 1), { event: 'event-99', detail: 'detail-1' });
  assert.equal(stateWords(1, 99).reason, 'unknown');
  assert.throws(() => stateWords(99, 0), { code: 'bad-answer' });
});
