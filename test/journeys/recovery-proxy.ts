/**
 * Stands between Drover and a real libvirtd and does to the connection what networks and daemons do: loses a call,
 * loses an answer, is away, freezes. It reads only the head of each message.
 * Source: https://libvirt.org/kbase/internals/rpc.html (length, program, version, procedure, type, serial, status)
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Lab } from '../lab/lab.ts';

/** Numbers of src/remote/remote_protocol.x. */
export const PROCEDURE = { createVolume: 93, define: 350, start: 196 } as const;

interface Loss {
  procedure: number;
  /** Whether the daemon gets the call. */
  lost: 'call' | 'answer';
  /** Whether only this connection ends, all do until `comeBack`, or none does and nothing passes any more, as with SIGSTOP. */
  and: 'reconnect' | 'stay-away' | 'freeze';
}

export interface HostProxy {
  uri: string;
  /** The next call of this procedure is lost, or its answer is. */
  lose(loss: Loss): void;
  goAway(): void;
  comeBack(): void;
  close(): Promise<void>;
}

interface Link {
  client: Socket;
  daemon: Socket;
}

export async function startProxy(lab: Lab): Promise<HostProxy> {
  const directory = await mkdtemp('/tmp/drvp');
  const path = join(directory, 's');
  const links = new Set<Link>();
  let loss: Loss | null = null;
  let away = false;
  let frozen = false;

  function cut(link: Link): void {
    links.delete(link);
    link.client.destroy();
    link.daemon.destroy();
  }

  function goAway(): void {
    away = true;
    for (const link of links) cut(link);
  }

  function happen(link: Link, and: Loss['and']): void {
    loss = null;
    switch (and) {
      case 'reconnect':
        cut(link);
        return;
      case 'stay-away':
        goAway();
        return;
      case 'freeze':
        frozen = true;
    }
  }

  const server = createServer((client) => {
    if (away) {
      client.destroy();
      return;
    }
    const link = { client, daemon: connect(lab.libvirtd.socket) };
    links.add(link);
    for (const end of [link.client, link.daemon]) {
      end.on('error', () => cut(link));
      end.on('close', () => cut(link));
    }
    client.on(
      'data',
      messages((message, head) => {
        if (loss?.lost === 'call' && head.type === 0 && head.procedure === loss.procedure) happen(link, loss.and);
        else if (!frozen) link.daemon.write(message);
      }),
    );
    link.daemon.on(
      'data',
      messages((message, head) => {
        if (loss?.lost === 'answer' && head.type === 1 && head.procedure === loss.procedure) happen(link, loss.and);
        else if (!frozen) client.write(message);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));

  return {
    uri: `qemu+unix:///session?socket=${path}`,
    lose(ordered) {
      loss = ordered;
    },
    goAway,
    comeBack() {
      // What was said while it was frozen is lost: those connections are of no use.
      if (frozen) goAway();
      frozen = false;
      away = false;
    },
    async close() {
      goAway();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Head {
  procedure: number;
  /** virNetMessageType: 0 call, 1 reply. */
  type: number;
}

/** Hands on whole messages of whatever pieces the socket gives. */
function messages(take: (message: Buffer, head: Head) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
      const message = rest.subarray(0, rest.readUInt32BE(0));
      rest = rest.subarray(message.length);
      take(message, { procedure: message.readInt32BE(12), type: message.readUInt32BE(16) });
    }
  };
}
