/**
 * libvirt's RPC over one socket: calls paired with answers by serial number, events, keepalive in both directions,
 * streams. It knows messages and nothing of domains. When the socket ends, however it ends, every call ends with it.
 * Source: https://libvirt.org/kbase/internals/rpc.html
 */
import type { Socket } from 'node:net';
import { OpsError } from '../errors.ts';
import { type CallOptions, createCallTable } from './call-table.ts';
import { type RpcEvent, readEvent } from './events.ts';
import {
  createSplitter,
  finishMessage,
  type Header,
  KEEPALIVE_PROGRAM,
  MessageStatus,
  MessageType,
  PROTOCOL_VERSION,
  REMOTE_PROGRAM,
  readHeader,
  startMessage,
} from './framing.ts';
import { Keepalive, type KeepaliveOptions, startKeepalive } from './keepalive.ts';
import { type ArgsOf, type ProcedureName, procedureOf, type ResultOf } from './procedures.ts';
import { createStreamTable, type Stream, type StreamPort } from './streams.ts';
import { grow, malformed, type Reader } from './xdr.ts';

export interface RpcOptions {
  keepalive: KeepaliveOptions;
  callTimeoutMs: number;
  onEvent(event: RpcEvent): void;
}

export interface Rpc {
  call<N extends ProcedureName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<ResultOf<N>>;
  upload(args: ArgsOf<'storageVolUpload'>, content: Uint8Array, options?: CallOptions): Promise<void>;
  /** Everything of the range in memory, so `args.length` is the limit. */
  download(args: ArgsOf<'storageVolDownload'>, options?: CallOptions): Promise<Buffer>;
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<string>;
  close(): void;
}

export function startRpc(socket: Socket, options: RpcOptions): Rpc {
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<string>();
  const calls = createCallTable((message) => socket.write(message), options.callTimeoutMs);
  const streams = createStreamTable();
  const keepalive = startKeepalive(options.keepalive, () => sendKeepalive(Keepalive.ping), end);

  function end(reason: string): void {
    keepalive.stop();
    socket.destroy();
    calls.endAll(reason);
    streams.endAll(reason);
    resolveEnded(reason);
  }

  function sendKeepalive(procedure: number): void {
    socket.write(
      finishMessage(startMessage({ ...plain, program: KEEPALIVE_PROGRAM, procedure, type: MessageType.message })),
    );
  }

  function onRemote(header: Header, payload: Reader): void {
    if (header.type === MessageType.reply) {
      if (!calls.answer(header.serial, header.status, payload))
        throw malformed(`nobody asked for answer ${header.serial}`);
    } else if (header.type === MessageType.stream) {
      streams.packet(header.serial, header.status, payload);
    } else if (header.type === MessageType.message) {
      const event = readEvent(header.procedure, payload);
      if (event !== null) options.onEvent(event);
    } else {
      throw malformed(`message of type ${header.type}`);
    }
  }

  function onMessage(bytes: Buffer): void {
    const payload: Reader = { bytes, at: 0 };
    const header = readHeader(payload);
    keepalive.heard();
    if (header.program === REMOTE_PROGRAM) onRemote(header, payload);
    else if (header.program !== KEEPALIVE_PROGRAM) throw malformed(`program ${header.program}`);
    else if (header.procedure === Keepalive.ping) sendKeepalive(Keepalive.pong);
  }

  const split = createSplitter(onMessage);
  socket.on('data', (piece: Buffer) => {
    try {
      if (!socket.destroyed) split(piece);
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      end(error.message);
    }
  });
  socket.on('error', (error) => end(`the connection broke: ${error.message}`));
  socket.on('close', () => end('the daemon closed the connection'));

  async function throughStream<T>(
    name: 'storageVolUpload' | 'storageVolDownload',
    args: ArgsOf<'storageVolUpload'>,
    callOptions: CallOptions,
    run: (stream: Stream, port: StreamPort) => Promise<T>,
  ): Promise<T> {
    const doing = callOptions.doing ?? name;
    const timeoutMs = callOptions.timeoutMs ?? options.callTimeoutMs;
    const opened: { serial: number; stream: Stream | null } = { serial: 0, stream: null };
    const onSent = (serial: number) => {
      opened.serial = serial;
      opened.stream = streams.open(serial, doing, timeoutMs);
    };
    try {
      await calls.submit(doing, encodeCall(name, args), callOptions, onSent);
      if (opened.stream === null) throw new Error('a stream was answered before it was asked for');
      return await run(opened.stream, streamPort(socket, procedureOf(name).number, opened.serial));
    } finally {
      opened.stream?.drop();
    }
  }

  return {
    ended,
    async call(name, args, callOptions = {}) {
      const payload = await calls.submit(callOptions.doing ?? name, encodeCall(name, args), callOptions);
      return procedureOf(name).result.read(payload);
    },
    upload: (args, content, callOptions = {}) =>
      throughStream('storageVolUpload', args, callOptions, (stream, port) => stream.upload(port, content)),
    download: (args, callOptions = {}) =>
      throughStream('storageVolDownload', args, callOptions, (stream, port) =>
        stream.download(port, Number(args.length)),
      ),
    close: () => end('closed by Drover'),
  };
}

const plain: Header = {
  program: REMOTE_PROGRAM,
  version: PROTOCOL_VERSION,
  procedure: 0,
  type: MessageType.call,
  serial: 0,
  status: MessageStatus.ok,
};

function encodeCall<N extends ProcedureName>(name: N, args: ArgsOf<N>): Buffer {
  const { number, args: codec } = procedureOf(name);
  const message = startMessage({ ...plain, procedure: number });
  codec.write(message, args);
  return finishMessage(message);
}

function streamPort(socket: Socket, procedure: number, serial: number): StreamPort {
  return {
    send: (status, data) => {
      const message = startMessage({ ...plain, procedure, type: MessageType.stream, serial, status }, data.length);
      const at = grow(message, data.length);
      message.bytes.set(data, at);
      return new Promise((resolve) => {
        socket.write(finishMessage(message), () => resolve());
      });
    },
  };
}
