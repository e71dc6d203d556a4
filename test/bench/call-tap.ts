/**
 * A relay in front of libvirtd's socket that tells when each call to start a domain came in. It runs in a thread of
 * its own, so that neither its work nor its clock waits for the event loop of the process that is measured.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

export interface CallTap {
  /** Connect here instead of to libvirtd. */
  socket: string;
  /** When the next call to start a domain came in, ms on the clock of `monotonicMs`. Ask before you cause it. */
  nextStart(): Promise<number>;
  stop(): Promise<void>;
}

const Message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('listening') }),
  z.object({ kind: z.literal('start'), atMs: z.number() }),
]);

/** The system's monotonic clock: the same in every thread and process. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export async function startCallTap(upstream: string, socket: string): Promise<CallTap> {
  const worker = new Worker(new URL('./call-tap-thread.ts', import.meta.url), { workerData: { upstream, socket } });
  const waiting: ((atMs: number) => void)[] = [];
  const listening = Promise.withResolvers<void>();
  worker.once('error', listening.reject);
  worker.on('message', (raw) => {
    const message = Message.parse(raw);
    if (message.kind === 'listening') listening.resolve();
    else waiting.shift()?.(message.atMs);
  });
  await listening.promise;
  return {
    socket,
    nextStart: () => new Promise((resolve) => waiting.push(resolve)),
    async stop() {
      const gone = once(worker, 'exit');
      await worker.terminate();
      await gone;
    },
  };
}
