/** The wire encoding: what is written reads back, and what is not right is a bad answer, never a crash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OpsError } from '../../../actions/errors.ts';
import { createSplitter, finishMessage, startMessage } from '../../../actions/libvirt/framing.ts';
import { procedureOf } from '../../../actions/libvirt/procedures.ts';
import { domainRef, errorReply, statsRecord, typedParams } from '../../../actions/libvirt/shapes.ts';
import {
  type Codec,
  chars,
  f64,
  i32,
  i64,
  list,
  newWriter,
  optional,
  struct,
  text,
  u32,
  u64,
  written,
} from '../../../actions/libvirt/xdr.ts';

function roundTrip<T>(codec: Codec<T>, value: T): T {
  const to = newWriter(1); // grows on the way
  codec.write(to, value);
  const from = { bytes: written(to), at: 0 };
  const back = codec.read(from);
  assert.equal(from.at, from.bytes.length, 'all of it was read');
  assert.equal(from.bytes.length % 4, 0, 'padded to four');
  return back;
}

const printable = fc.string({ unit: 'grapheme' });
const anyUuid = fc.uuid();
const anyRef = fc.record(
  { name: printable, uuid: anyUuid, id: fc.integer({ min: -1, max: 2 ** 31 - 1 }) },
  { noNullPrototype: true },
);

test('every codec reads what it wrote', () => {
  const all = struct({
    i32,
    u32,
    i64,
    u64,
    f64,
    text,
    maybe: optional(text),
    refs: list(domainRef, 10),
    model: chars(8),
  });
  const values = fc.record(
    {
      i32: fc.integer(),
      u32: fc.nat(),
      i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      f64: fc.double({ noNaN: true }),
      text: printable,
      maybe: fc.option(printable),
      refs: fc.array(anyRef, { maxLength: 10 }),
      model: fc.stringMatching(/^[a-z0-9_]{0,8}$/),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(values, (value) => assert.deepEqual(roundTrip(all, value), value)));
});

test('bytes on the wire are those of RFC 4506', () => {
  const to = newWriter(64);
  struct({ a: i32, b: text, c: optional(u64) }).write(to, { a: -2, b: 'héy', c: 1n });
  assert.equal(written(to).toString('hex'), 'fffffffe' + '00000004' + '68c3a979' + '00000001' + '0000000000000001');
});

test('typed parameters of all seven types are read', () => {
  const to = newWriter(64);
  const params: [string, number, () => void][] = [
    ['int', 1, () => i32.write(to, -5)],
    ['uint', 2, () => u32.write(to, 5)],
    ['llong', 3, () => i64.write(to, -5n)],
    ['ullong', 4, () => u64.write(to, 5n)],
    ['double', 5, () => f64.write(to, 0.5)],
    ['boolean', 6, () => i32.write(to, 1)],
    ['string', 7, () => text.write(to, 'five')],
  ];
  u32.write(to, params.length);
  for (const [name, type, write] of params) {
    text.write(to, name);
    i32.write(to, type);
    write();
  }
  assert.deepEqual(Object.fromEntries(typedParams.read({ bytes: written(to), at: 0 })), {
    int: -5,
    uint: 5,
    llong: -5n,
    ullong: 5n,
    double: 0.5,
    boolean: true,
    string: 'five',
  });
});

test('any bytes read as a value or are a bad answer', () => {
  const codecs: Codec<unknown>[] = [
    errorReply,
    statsRecord,
    procedureOf('connectListAllDomains').result,
    procedureOf('connectGetAllDomainStats').result,
    procedureOf('nodeGetInfo').result,
    procedureOf('authList').result,
  ];
  const small = fc
    .array(fc.constantFrom(0, 0, 0, 1, 2, 7, 8, 255), { maxLength: 120 })
    .map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.constantFrom(...codecs), fc.oneof(small, fc.uint8Array({ maxLength: 200 })), (codec, bytes) => {
      try {
        codec.read({ bytes: Buffer.from(bytes), at: 0 });
      } catch (error) {
        assert(error instanceof OpsError && error.code === 'bad-answer', `${error}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a length that the message cannot hold allocates nothing', () => {
  const huge = Buffer.from('00003fff', 'hex'); // a list of 16,383 that is not there
  assert.throws(() => list(domainRef, 16_384).read({ bytes: huge, at: 0 }), { code: 'bad-answer' });
  assert.throws(() => list(domainRef, 10).read({ bytes: huge, at: 0 }), { code: 'bad-answer' });
  assert.throws(() => text.read({ bytes: Buffer.from('7fffffff', 'hex'), at: 0 }), { code: 'bad-answer' });
  assert.throws(() => optional(text).read({ bytes: Buffer.from('00000002', 'hex'), at: 0 }), { code: 'bad-answer' });
});

test('messages come whole out of whatever pieces they arrive in', () => {
  const header = { program: 1, version: 1, procedure: 2, type: 1, serial: 3, status: 0 };
  const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 });
  const cuts = fc.array(fc.nat(2_000), { maxLength: 12 });
  fc.assert(
    fc.property(payloads, cuts, (payloads, cuts) => {
      const messages = payloads.map((payload) => {
        const whole = Buffer.concat([finishMessage(startMessage(header)), payload]);
        whole.writeUInt32BE(whole.length, 0);
        return whole;
      });
      const stream = Buffer.concat(messages);
      const got: Buffer[] = [];
      const split = createSplitter((message) => got.push(Buffer.from(message)));
      const edges = [0, ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length];
      for (let i = 1; i < edges.length; i++) split(stream.subarray(edges[i - 1], edges[i]));
      assert.deepEqual(got, messages);
    }),
  );
});

test('an impossible message length is a bad answer', () => {
  for (const length of ['00000000', '0000001b', '7fffffff', 'ffffffff']) {
    assert.throws(() => createSplitter(() => {})(Buffer.from(length, 'hex')), { code: 'bad-answer' });
  }
});
