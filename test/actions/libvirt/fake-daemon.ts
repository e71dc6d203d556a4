/**
 * A daemon that speaks libvirt's RPC as a test tells it to. It greets properly unless told otherwise; every other call
 * goes to `onCall`, which may answer now, later, wrongly or never.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createSplitter,
  finishMessage,
  type Header,
  KEEPALIVE_PROGRAM,
  MessageStatus,
  MessageType,
  readHeader,
  startMessage,
} from '../../../actions/libvirt/framing.ts';
import { type ProcedureName, procedureOf, type ResultOf } from '../../../actions/libvirt/procedures.ts';
import { errorReply } from '../../../actions/libvirt/shapes.ts';
import { parseUri, type Target } from '../../../actions/libvirt/transport.ts';
import type { Reader } from '../../../actions/libvirt/xdr.ts';

export interface Peer {
  socket: Socket;
  header: Header;
  payload: Reader;
  reply<N extends ProcedureName>(name: N, result: ResultOf<N>): void;
  refuse(code: number, message: string): void;
  /** A packet of the stream that this call opened. */
  stream(status: number, data?: Buffer): void;
}

export interface FakeDaemon {
  target: Target;
  sockets: Set<Socket>;
  /** Keepalives of the client: 1 ping, 2 pong. */
  keepalives: number[];
  stop(): Promise<void>;
}

interface Options {
  onCall?(peer: Peer): void;
  /** Instead of the greeting. */
  onConnect?(socket: Socket): void;
  /** Whether pings are answered. Default: true. */
  pong?: boolean;
  authTypes?: number[];
}

export async function startFakeDaemon(options: Options = {}): Promise<FakeDaemon> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-rpc-'));
  const path = join(dir, 'sock');
  const daemon: FakeDaemon = {
    target: parseUri(`qemu+unix:///system?socket=${path}`),
    sockets: new Set(),
    keepalives: [],
    async stop() {
      for (const socket of daemon.sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(dir, { recursive: true });
    },
  };
  const server = createServer((socket) => {
    daemon.sockets.add(socket);
    socket.on('close', () => daemon.sockets.delete(socket));
    socket.on('error', () => {});
    if (options.onConnect) options.onConnect(socket);
    else
      socket.on(
        'data',
        createSplitter((bytes) => onMessage(daemon, options, socket, bytes)),
      );
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return daemon;
}

function onMessage(daemon: FakeDaemon, options: Options, socket: Socket, bytes: Buffer): void {
  const payload: Reader = { bytes, at: 0 };
  const header = readHeader(payload);
  if (header.program === KEEPALIVE_PROGRAM) {
    daemon.keepalives.push(header.procedure);
    if (header.procedure === 1 && options.pong !== false) sendKeepalive(socket, 2);
    return;
  }
  const peer = peerOf(socket, header, payload);
  if (header.type === MessageType.call && greet(peer, options)) return;
  options.onCall?.(peer);
}

function greet(peer: Peer, { authTypes = [0] }: Options): boolean {
  switch (peer.header.procedure) {
    case procedureOf('authList').number:
      peer.reply('authList', { types: authTypes });
      return true;
    case procedureOf('connectOpen').number:
      peer.reply('connectOpen', {});
      return true;
    case procedureOf('connectSupportsFeature').number:
      peer.reply('connectSupportsFeature', { supported: 1 });
      return true;
    case procedureOf('connectDomainEventCallbackRegisterAny').number:
      peer.reply('connectDomainEventCallbackRegisterAny', { callbackId: 1 });
      return true;
    default:
      return false;
  }
}

function peerOf(socket: Socket, header: Header, payload: Reader): Peer {
  return {
    socket,
    header,
    payload,
    reply: (name, result) => {
      const message = startMessage({ ...header, type: MessageType.reply, status: MessageStatus.ok });
      procedureOf(name).result.write(message, result);
      socket.write(finishMessage(message));
    },
    refuse: (code, text) => {
      const type = header.type === MessageType.stream ? MessageType.stream : MessageType.reply;
      const message = startMessage({ ...header, type, status: MessageStatus.error });
      const rest = { dom: null, str1: null, str2: null, str3: null, int1: 0, int2: 0, net: null };
      errorReply.write(message, { code, domain: 10, message: text, level: 2, ...rest });
      socket.write(finishMessage(message));
    },
    stream: (status, data = Buffer.alloc(0)) => {
      const head = finishMessage(startMessage({ ...header, type: MessageType.stream, status }));
      const whole = Buffer.concat([head, data]);
      whole.writeUInt32BE(whole.length, 0);
      socket.write(whole);
    },
  };
}

export function sendKeepalive(socket: Socket, procedure: number): void {
  const header = { program: KEEPALIVE_PROGRAM, version: 1, procedure, type: MessageType.message, serial: 0, status: 0 };
  socket.write(finishMessage(startMessage(header)));
}
