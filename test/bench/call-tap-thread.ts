/** The thread of `call-tap.ts`: relays every byte as it is, and looks at the headers of what clients send. */
import { connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { createSplitter, REMOTE_PROGRAM } from '../../actions/libvirt/framing.ts';

const { upstream, socket } = z.object({ upstream: z.string(), socket: z.string() }).parse(workerData);

/** domainCreate (what virsh calls) and domainCreateWithFlags (what Drover calls). Source: libvirt's remote_protocol.x */
const STARTS: ReadonlySet<number> = new Set([9, 196]);
const PROGRAM_AT = 4;
const PROCEDURE_AT = 12;

createServer(relay).listen(socket, () => parentPort?.postMessage({ kind: 'listening' }));

function relay(client: Socket): void {
  const daemon = connect(upstream);
  const read = createSplitter((message) => {
    const ours = message.readUInt32BE(PROGRAM_AT) === REMOTE_PROGRAM;
    if (ours && STARTS.has(message.readInt32BE(PROCEDURE_AT))) {
      parentPort?.postMessage({ kind: 'start', atMs: Number(process.hrtime.bigint()) / 1e6 });
    }
  });
  client.on('data', read);
  client.pipe(daemon);
  daemon.pipe(client);
  for (const end of [client, daemon]) {
    end.on('error', () => {
      client.destroy();
      daemon.destroy();
    });
  }
}
