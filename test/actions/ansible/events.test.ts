/** Reading events: total, whatever stands in the file and however its bytes arrive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LINE_MAX_BYTES, parseEventLine } from '../../../actions/ansible/events.ts';
import { createLineReader, type Followed } from '../../../actions/ansible/lines.ts';

const events = [
  '{"v":1,"seq":1,"at":1,"kind":"start","playbook":"site.yml","tasks":2,"pid":7,"ansible":"2.14.18"}',
  '{"v":1,"seq":2,"at":2,"kind":"task","task":"t","taskId":"1","action":"debug","path":"site.yml:3","handler":false,"check":true}',
  '{"v":1,"seq":3,"at":3,"kind":"host-start","host":"a","task":"t","taskId":"1"}',
  '{"v":1,"seq":4,"at":4,"kind":"result","host":"a","task":"t","taskId":"1","status":"ok","ignored":false,"result":{"msg":"é\\u0000","rc":null,"stdout":null,"stderr":null,"reason":null,"censored":false,"warnings":[],"items":null,"attempts":null,"retries":null,"diffs":[],"diffsLeftOut":0}}',
  '{"v":1,"seq":5,"at":5,"kind":"stats","hosts":{"a":{"ok":1,"changed":0,"failures":0,"unreachable":0,"skipped":0,"rescued":0,"ignored":0}}}',
];

function readAll(bytes: Uint8Array, cuts: number[], from = 0): Followed[] {
  const reader = createLineReader(from);
  const places = [from, ...cuts.filter((cut) => cut > from && cut < bytes.length).sort((a, b) => a - b), bytes.length];
  const read = places.slice(1).flatMap((end, index) => [...reader.read(bytes.slice(places[index], end))]);
  return [...read, ...reader.end()];
}

test('each kind of event is read', () => {
  assert.deepEqual(
    events.map((line) => parseEventLine(Buffer.from(line)).kind),
    ['start', 'task', 'host-start', 'result', 'stats'],
  );
});

const broken: [why: string, line: string, reason: RegExp][] = [
  ['nothing', '', /not JSON/],
  ['half a line', '{"v":1,"se', /not JSON/],
  ['another version', '{"v":2,"seq":1,"at":1,"kind":"nobody-left"}', /at v/],
  ['another kind', '{"v":1,"seq":1,"at":1,"kind":"coffee"}', /at kind/],
  ['no object', '[1]', /at its top/],
  ['a number that is none', '{"v":1,"seq":-1,"at":1,"kind":"nobody-left"}', /at seq/],
  [
    'a host of a megabyte',
    `{"v":1,"seq":1,"at":1,"kind":"host-start","host":"${'x'.repeat(9999)}","task":"","taskId":""}`,
    /at host/,
  ],
  ['deep nesting', '['.repeat(100_000), /not JSON/],
  ['a prototype', '{"__proto__":{"kind":"stats"},"v":1}', /at kind/],
];

for (const [why, line, reason] of broken) {
  test(`${why} is reported, not thrown`, () => {
    const event = parseEventLine(Buffer.from(line));
    assert.ok(event.kind === 'malformed');
    assert.match(event.reason, reason);
    assert.equal(event.bytes, Buffer.byteLength(line));
  });
}

test('any bytes at all are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      parseEventLine(bytes);
    }),
    { numRuns: 2000 },
  );
});

test('any JSON, and events with any one value replaced, are read without an error', () => {
  const replaced = fc.tuple(fc.constantFrom(...events), fc.nat(), fc.jsonValue()).map(([line, at, value]) => {
    const event: Record<string, unknown> = JSON.parse(line);
    const keys = Object.keys(event);
    return JSON.stringify({ ...event, [keys[at % keys.length] ?? '']: value });
  });
  fc.assert(
    fc.property(fc.oneof(fc.json(), replaced), (line) => {
      parseEventLine(Buffer.from(line));
    }),
    { numRuns: 2000 },
  );
});

test('however the bytes arrive, the same events come with the same places', () => {
  const line = fc.oneof(
    fc.constantFrom(...events),
    fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', '')),
  );
  const file = fc.tuple(fc.array(line, { maxLength: 12 }), fc.boolean());
  fc.assert(
    fc.property(file, fc.array(fc.nat(3000)), ([lines, torn], cuts) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join('') + (torn ? '{"v"' : ''));
      assert.deepEqual(readAll(bytes, cuts), readAll(bytes, []));
    }),
  );
});

test('who goes on from any place that was told reads exactly the rest', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { minLength: 1, maxLength: 8 }), fc.nat(), (lines, pick) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
      const all = readAll(bytes, []);
      const seen = (pick % all.length) + 1;
      const rest = readAll(bytes, [], all[seen - 1]?.nextByte);
      assert.deepEqual([...all.slice(0, seen), ...rest], all);
    }),
  );
});

test('a line without end costs no memory, and what follows is read', () => {
  const reader = createLineReader(0);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (let at = 0; at < 40 * LINE_MAX_BYTES; at += chunk.length) assert.deepEqual([...reader.read(chunk)], []);
  const [long, next] = [...reader.read(Buffer.from(`\n${events[2]}\n`))];
  assert.equal(long?.event.kind === 'malformed' && long.event.bytes, 40 * LINE_MAX_BYTES);
  assert.equal(next?.event.kind, 'host-start');
});
