/**
 * What an error reply of libvirt means to Drover. Codes that are not listed are `failed`.
 * Source: https://libvirt.org/html/libvirt-virterror.html#virErrorNumber
 */
import { OpsError, type OpsErrorCode } from '../errors.ts';
import { type ErrorReply, errorReply } from './shapes.ts';
import type { Reader } from './xdr.ts';

const codeOf: ReadonlyMap<number, OpsErrorCode> = new Map<number, OpsErrorCode>([
  [3, 'unsupported'], // NO_SUPPORT
  [28, 'exists'], // DOM_EXIST
  [29, 'denied'], // OPERATION_DENIED: the connection is read-only
  [42, 'not-found'], // NO_DOMAIN
  [43, 'not-found'], // NO_NETWORK
  [45, 'denied'], // AUTH_FAILED
  [49, 'not-found'], // NO_STORAGE_POOL
  [50, 'not-found'], // NO_STORAGE_VOL
  [55, 'wrong-state'], // OPERATION_INVALID
  [67, 'unsupported'], // CONFIG_UNSUPPORTED
  [68, 'timed-out'], // OPERATION_TIMEOUT
  [72, 'not-found'], // NO_DOMAIN_SNAPSHOT
  [74, 'unsupported'], // ARGUMENT_UNSUPPORTED
  [80, 'not-found'], // NO_DOMAIN_METADATA
  [84, 'unsupported'], // OPERATION_UNSUPPORTED
  [88, 'denied'], // ACCESS_DENIED
  [90, 'exists'], // STORAGE_VOL_EXIST
  [94, 'denied'], // AUTH_UNAVAILABLE
]);

/** Where the number says too little, libvirt's own sentence decides. It is not translated: the daemon runs in C. */
const sentences: readonly { code: number; pattern: RegExp; means: OpsErrorCode }[] = [
  { code: 1, pattern: /storage volume name .* already in use/, means: 'exists' }, // INTERNAL_ERROR: copying a volume
  { code: 1, pattern: /no space left on device/i, means: 'no-space' }, // INTERNAL_ERROR: what qemu-img printed
  { code: 55, pattern: /domain with name .* already exists/, means: 'exists' }, // OPERATION_INVALID: renaming
  { code: 9, pattern: /already exists with uuid/, means: 'exists' }, // OPERATION_FAILED: defining a second of a name
  { code: 38, pattern: /no space left on device/i, means: 'no-space' }, // SYSTEM_ERROR
  { code: 39, pattern: /unknown procedure/, means: 'unsupported' }, // RPC: a daemon older than the call
];

/** The error of an error reply; 'bad-answer' when it cannot be read. */
export function readRefusal(doing: string, payload: Reader): OpsError {
  try {
    return toOpsError(doing, errorReply.read(payload));
  } catch (error) {
    if (error instanceof OpsError) return error;
    throw error;
  }
}

function toOpsError(doing: string, reply: ErrorReply): OpsError {
  const said = reply.message ?? 'no reason given';
  const bySentence = sentences.find(({ code, pattern }) => code === reply.code && pattern.test(said));
  const means = bySentence?.means ?? codeOf.get(reply.code) ?? 'failed';
  return new OpsError(means, `${doing}: ${said}`, { code: reply.code, domain: reply.domain, level: reply.level });
}
