/**
 * XDR, the wire encoding of libvirt's RPC: big-endian, every item padded to 4 bytes. A `Codec` writes and reads one
 * type; small codecs make up larger ones. Reading is total: whatever the bytes are, the answer is a value or
 * `OpsError` 'bad-answer', and nothing is allocated by a length that the message itself could not hold.
 * Source: RFC 4506.
 */
import { OpsError } from '../errors.ts';

export interface Reader {
  readonly bytes: Buffer;
  at: number;
}

export interface Writer {
  bytes: Buffer;
  length: number;
}

// Methods, not properties: their parameters are compared loosely, so that a Codec<string> is a Codec<unknown>.
export interface Codec<T> {
  write(to: Writer, value: T): void;
  read(from: Reader): T;
}

type Fields = Record<string, Codec<unknown>>;
export type ValueOf<C> = C extends Codec<infer T> ? T : never;
type StructOf<F extends Fields> = { [K in keyof F]: ValueOf<F[K]> };

/** Longest string that libvirt sends: REMOTE_STRING_MAX of src/remote/remote_protocol.x. */
export const STRING_LIMIT = 4_194_304;

export function newWriter(sizeBytes: number): Writer {
  return { bytes: Buffer.allocUnsafe(sizeBytes), length: 0 };
}

export function written(writer: Writer): Buffer {
  return writer.bytes.subarray(0, writer.length);
}

/** Reserves `size` bytes and gives their offset. May replace `to.bytes`: look at it afterwards. */
export function grow(to: Writer, size: number): number {
  const at = to.length;
  const needed = at + size;
  if (needed > to.bytes.length) {
    const larger = Buffer.allocUnsafe(Math.max(needed, to.bytes.length * 2));
    to.bytes.copy(larger, 0, 0, at);
    to.bytes = larger;
  }
  to.length = needed;
  return at;
}

/** Takes `size` bytes and gives their offset. */
export function take(from: Reader, size: number): number {
  const at = from.at;
  if (size > from.bytes.length - at) throw malformed(`${size} bytes wanted at ${at}, message of ${from.bytes.length}`);
  from.at = at + size;
  return at;
}

export function malformed(what: string): OpsError {
  return new OpsError('bad-answer', `reading an answer of libvirt: ${what}`);
}

export const i32: Codec<number> = {
  write: (to, value) => {
    const at = grow(to, 4);
    to.bytes.writeInt32BE(value, at);
  },
  read: (from) => from.bytes.readInt32BE(take(from, 4)),
};

export const u32: Codec<number> = {
  write: (to, value) => {
    const at = grow(to, 4);
    to.bytes.writeUInt32BE(value, at);
  },
  read: (from) => from.bytes.readUInt32BE(take(from, 4)),
};

export const i64: Codec<bigint> = {
  write: (to, value) => {
    const at = grow(to, 8);
    to.bytes.writeBigInt64BE(value, at);
  },
  read: (from) => from.bytes.readBigInt64BE(take(from, 8)),
};

export const u64: Codec<bigint> = {
  write: (to, value) => {
    const at = grow(to, 8);
    to.bytes.writeBigUInt64BE(value, at);
  },
  read: (from) => from.bytes.readBigUInt64BE(take(from, 8)),
};

export const f64: Codec<number> = {
  write: (to, value) => {
    const at = grow(to, 8);
    to.bytes.writeDoubleBE(value, at);
  },
  read: (from) => from.bytes.readDoubleBE(take(from, 8)),
};

const paddingOf = (length: number) => (4 - (length & 3)) & 3;

/** Text of at most `STRING_LIMIT` bytes. Bytes that are not UTF-8 become U+FFFD. */
export const text: Codec<string> = {
  write: (to, value) => {
    const length = Buffer.byteLength(value);
    if (length > STRING_LIMIT)
      throw new OpsError('failed', `sending text of ${length} bytes: libvirt takes ${STRING_LIMIT}`);
    u32.write(to, length);
    const at = grow(to, length + paddingOf(length));
    to.bytes.write(value, at);
    to.bytes.fill(0, at + length, to.length);
  },
  read: (from) => {
    const length = u32.read(from);
    if (length > STRING_LIMIT) throw malformed(`text of ${length} bytes, limit ${STRING_LIMIT}`);
    const at = take(from, length + paddingOf(length));
    return from.bytes.toString('utf8', at, at + length);
  },
};

/** An array of characters of fixed size, which XDR sends as one 4-byte integer each; ends at the first NUL. */
export function chars(size: number): Codec<string> {
  return {
    write: (to, value) => {
      for (let i = 0; i < size; i++) i32.write(to, value.charCodeAt(i) || 0);
    },
    read: (from) => {
      const codes = Array.from({ length: size }, () => i32.read(from) & 0xff);
      const end = codes.indexOf(0);
      return String.fromCharCode(...(end < 0 ? codes : codes.slice(0, end)));
    },
  };
}

/** A pointer of XDR: a flag, and the value when it is there. */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write: (to, value) => {
      u32.write(to, value === null ? 0 : 1);
      if (value !== null) codec.write(to, value);
    },
    read: (from) => {
      const flag = u32.read(from);
      if (flag > 1) throw malformed(`flag ${flag} where 0 or 1 stands`);
      return flag === 1 ? codec.read(from) : null;
    },
  };
}

export function list<T>(codec: Codec<T>, limit: number): Codec<T[]> {
  return {
    write: (to, values) => {
      u32.write(to, values.length);
      for (const value of values) codec.write(to, value);
    },
    read: (from) => {
      const count = u32.read(from);
      if (count > limit) throw malformed(`list of ${count}, limit ${limit}`);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(codec.read(from));
      return values;
    },
  };
}

/** Fields in the order of the object literal. The overload gives the exact type that the loop cannot. */
export function struct<F extends Fields>(fields: F): Codec<StructOf<F>>;
export function struct(fields: Fields): Codec<Record<string, unknown>> {
  const entries = Object.entries(fields);
  return {
    write: (to, value) => {
      for (const [name, codec] of entries) codec.write(to, value[name]);
    },
    read: (from) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(from);
      return value;
    },
  };
}
