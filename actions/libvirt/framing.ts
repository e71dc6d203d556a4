/**
 * Messages on the wire: a 4-byte length that counts itself, a 24-byte header, a payload. `createSplitter` makes
 * messages of whatever pieces the socket gives.
 * Source: https://libvirt.org/kbase/internals/rpc.html and libvirt's src/rpc/virnetprotocol.x.
 */
import { OpsError } from '../errors.ts';
import { grow, i32, newWriter, type Reader, u32, type Writer } from './xdr.ts';

export const REMOTE_PROGRAM = 0x20008086;
export const KEEPALIVE_PROGRAM = 0x6b656570;
export const PROTOCOL_VERSION = 1;

/** virNetMessageType and virNetMessageStatus. */
export const MessageType = { call: 0, reply: 1, message: 2, stream: 3 } as const;
export const MessageStatus = { ok: 0, error: 1, continue: 2 } as const;

export interface Header {
  program: number;
  version: number;
  procedure: number;
  type: number;
  serial: number;
  status: number;
}

const LENGTH_BYTES = 4;
const HEADER_BYTES = 24;
const SERIAL_AT = LENGTH_BYTES + 16;
/** VIR_NET_MESSAGE_MAX of current versions; older daemons stay below. */
const MESSAGE_LIMIT = 32 * 1024 * 1024 + LENGTH_BYTES;

/** Starts a message; `finishMessage` fills in its length. */
export function startMessage(header: Header, payloadBytes = 256): Writer {
  const to = newWriter(LENGTH_BYTES + HEADER_BYTES + payloadBytes);
  grow(to, LENGTH_BYTES);
  u32.write(to, header.program);
  u32.write(to, header.version);
  i32.write(to, header.procedure);
  u32.write(to, header.type);
  u32.write(to, header.serial);
  u32.write(to, header.status);
  return to;
}

export function finishMessage(message: Writer): Buffer {
  message.bytes.writeUInt32BE(message.length, 0);
  return message.bytes.subarray(0, message.length);
}

/** Numbers a finished message. */
export function setSerial(message: Buffer, serial: number): Buffer {
  message.writeUInt32BE(serial, SERIAL_AT);
  return message;
}

/** Reads the header of a whole message; `from` then stands at the payload. */
export function readHeader(from: Reader): Header {
  from.at = LENGTH_BYTES;
  return {
    program: u32.read(from),
    version: u32.read(from),
    procedure: i32.read(from),
    type: u32.read(from),
    serial: u32.read(from),
    status: u32.read(from),
  };
}

/** Collects pieces and hands out whole messages. Throws `OpsError` 'bad-answer' on an impossible length. */
export function createSplitter(onMessage: (message: Buffer) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  let have = 0;
  let wanted = LENGTH_BYTES;

  return (piece) => {
    pieces.push(piece);
    have += piece.length;
    if (have < wanted) return;
    let bytes = pieces.length === 1 ? piece : Buffer.concat(pieces, have);
    wanted = LENGTH_BYTES;
    while (bytes.length >= LENGTH_BYTES) {
      const length = checkedLength(bytes);
      if (bytes.length < length) {
        wanted = length;
        break;
      }
      onMessage(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
    }
    pieces = bytes.length > 0 ? [bytes] : [];
    have = bytes.length;
  };
}

function checkedLength(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0);
  if (length >= LENGTH_BYTES + HEADER_BYTES && length <= MESSAGE_LIMIT) return length;
  throw new OpsError('bad-answer', `reading a message of libvirt: length ${length}; ${hintOf(bytes)}`);
}

/** What stands at the other end may be no libvirt at all: text is then the best explanation there is. */
function hintOf(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 80);
  return /^[\x20-\x7e\s]+$/.test(start) ? `the other end says "${start.trim()}"` : 'is this a libvirt socket?';
}
