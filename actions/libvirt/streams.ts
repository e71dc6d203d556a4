/**
 * Bulk data inside a connection. A call opens the stream under its own serial number; data goes in packets, an empty
 * packet of status ok ends it and is confirmed by the same. A refusal may come at any time, as an error packet.
 * A stream that nobody reads blocks the whole connection: give each its own.
 * Source: https://libvirt.org/kbase/internals/rpc.html, "Streams".
 */
import { OpsError } from '../errors.ts';
import { readRefusal } from './error-codes.ts';
import { MessageStatus } from './framing.ts';
import type { Reader } from './xdr.ts';

/** VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX less a header: every version takes it. */
const PACKET_BYTES = 262_120;

export interface StreamPort {
  /** Sends a packet; resolves when the socket has room again. */
  send(status: number, data: Uint8Array): Promise<void>;
}

export interface StreamTable {
  /** `timeoutMs`: from now to its end. */
  open(serial: number, doing: string, timeoutMs: number): Stream;
  /** Takes a packet; packets of a stream that is no longer open are dropped. */
  packet(serial: number, status: number, payload: Reader): void;
  endAll(reason: string): void;
}

export interface Stream {
  upload(port: StreamPort, content: Uint8Array): Promise<void>;
  download(port: StreamPort, limitBytes: number): Promise<Buffer>;
  /** Frees it, also when the call that should open it was refused. */
  drop(): void;
}

interface Open {
  doing: string;
  pieces: Buffer[];
  /** Of an empty packet, which ends what the daemon sends. */
  drained: PromiseWithResolvers<void>;
  confirmed: PromiseWithResolvers<void>;
}

export function createStreamTable(): StreamTable {
  const streams = new Map<number, Open>();

  function fail(stream: Open, error: OpsError): void {
    stream.drained.reject(error);
    stream.confirmed.reject(error);
  }

  return {
    open(serial, doing, timeoutMs) {
      const stream = newStream(doing);
      const late = new OpsError('timed-out', `${doing}: not through within ${timeoutMs} ms; a part may have arrived`);
      const timer = setTimeout(() => fail(stream, late), timeoutMs);
      streams.set(serial, stream);
      return {
        upload: (port, content) => upload(stream, port, content),
        download: (port, limitBytes) => download(stream, port, limitBytes),
        drop: () => {
          clearTimeout(timer);
          streams.delete(serial);
        },
      };
    },
    packet(serial, status, payload) {
      const stream = streams.get(serial);
      if (!stream) return;
      const data = payload.bytes.subarray(payload.at);
      if (status === MessageStatus.error) fail(stream, readRefusal(stream.doing, payload));
      else if (status === MessageStatus.ok) stream.confirmed.resolve();
      else if (data.length === 0) stream.drained.resolve();
      else stream.pieces.push(data);
    },
    endAll(reason) {
      for (const stream of streams.values())
        fail(stream, new OpsError('connection-lost', `${stream.doing}: ${reason}`));
      streams.clear();
    },
  };
}

function newStream(doing: string): Open {
  const drained = Promise.withResolvers<void>();
  const confirmed = Promise.withResolvers<void>();
  // Failures reach whoever awaits; an upload never awaits `drained`.
  drained.promise.catch(() => {});
  confirmed.promise.catch(() => {});
  return { doing, pieces: [], drained, confirmed };
}

async function upload(stream: Open, port: StreamPort, content: Uint8Array): Promise<void> {
  for (let at = 0; at < content.length; at += PACKET_BYTES) {
    const sent = port.send(MessageStatus.continue, content.subarray(at, at + PACKET_BYTES));
    await Promise.race([sent, stream.confirmed.promise]); // a refusal ends it at once
  }
  await port.send(MessageStatus.ok, new Uint8Array());
  await stream.confirmed.promise;
}

async function download(stream: Open, port: StreamPort, limitBytes: number): Promise<Buffer> {
  await stream.drained.promise;
  await port.send(MessageStatus.ok, new Uint8Array());
  await stream.confirmed.promise;
  return Buffer.concat(stream.pieces).subarray(0, limitBytes);
}
