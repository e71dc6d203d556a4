/**
 * The shapes that libvirt's messages share: references to objects, typed parameters, the error reply.
 * Field orders: src/remote/remote_protocol.x and src/rpc/virnetprotocol.x of libvirt; unchanged since 0.10 (2012).
 */
import {
  type Codec,
  f64,
  grow,
  i32,
  i64,
  malformed,
  optional,
  struct,
  take,
  text,
  u32,
  u64,
  type ValueOf,
} from './xdr.ts';

/** REMOTE_DOMAIN_LIST_MAX and its siblings. */
export const LIST_LIMIT = 16_384;
/** REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX: parameters of one domain. */
const STATS_LIMIT = 262_144;

/** 16 bytes on the wire, the usual 36 characters in lower case here. */
export const uuid: Codec<string> = {
  write: (to, value) => {
    const hex = value.replaceAll('-', '');
    const at = grow(to, 16);
    if (to.bytes.write(hex, at, 16, 'hex') !== 16) throw new Error(`not a UUID: ${value}`);
  },
  read: (from) => {
    const at = take(from, 16);
    const hex = from.bytes.toString('hex', at, at + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
};

export const domainRef = struct({ name: text, uuid, id: i32 });
export type DomainRef = ValueOf<typeof domainRef>;

export const snapshotRef = struct({ name: text, dom: domainRef });
export type SnapshotRef = ValueOf<typeof snapshotRef>;

export const networkRef = struct({ name: text, uuid });
export const poolRef = struct({ name: text, uuid });
export type PoolRef = ValueOf<typeof poolRef>;
export const volumeRef = struct({ pool: text, name: text, key: text });
export type VolumeRef = ValueOf<typeof volumeRef>;

/** virTypedParameter's value; 64-bit numbers are bigints. */
export type TypedValue = number | bigint | string | boolean;

const UNSIGNED_LONG_LONG = 4;

/** By virTypedParameterType. Source: https://libvirt.org/html/libvirt-libvirt-common.html#virTypedParameterType */
const typedReaders = [
  null,
  i32, // 1 int
  u32, // 2 unsigned int
  i64, // 3 long long
  u64, // 4 unsigned long long
  f64, // 5 double
  { read: (from) => i32.read(from) !== 0, write: () => {} }, // 6 boolean
  text, // 7 string
] satisfies (Codec<TypedValue> | null)[];

/** Typed parameters by field name, such as `state.state`. Of those that are sent, all are unsigned 64-bit numbers. */
export const typedParams: Codec<Map<string, TypedValue>> = {
  write: (to, params) => {
    u32.write(to, params.size);
    for (const [field, value] of params) {
      if (typeof value !== 'bigint') throw new Error(`typed parameter ${field} is not a 64-bit number`);
      text.write(to, field);
      i32.write(to, UNSIGNED_LONG_LONG);
      u64.write(to, value);
    }
  },
  read: (from) => {
    const count = u32.read(from);
    if (count > STATS_LIMIT) throw malformed(`${count} typed parameters, limit ${STATS_LIMIT}`);
    const params = new Map<string, TypedValue>();
    for (let i = 0; i < count; i++) {
      const field = text.read(from);
      const type = i32.read(from);
      const reader = typedReaders[type];
      if (!reader) throw malformed(`typed parameter ${field} of type ${type}`);
      params.set(field, reader.read(from));
    }
    return params;
  },
};

export const statsRecord = struct({ domain: domainRef, params: typedParams });
export type StatsRecord = ValueOf<typeof statsRecord>;

/** virError as it travels in an error reply. */
export const errorReply = struct({
  code: i32,
  domain: i32,
  message: optional(text),
  level: i32,
  dom: optional(domainRef),
  str1: optional(text),
  str2: optional(text),
  str3: optional(text),
  int1: i32,
  int2: i32,
  net: optional(networkRef),
});
export type ErrorReply = ValueOf<typeof errorReply>;
