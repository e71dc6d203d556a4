/**
 * A process for `kill.test.ts`: 16 callers append to the log in argv[2] until the process is killed. Every
 * acknowledgement goes to standard output, `serial request`, at once: what stands there was promised to be on disk.
 */
import { writeSync } from 'node:fs';
import { openAuditLog } from '../../audit/log.ts';
import { entryOf } from './support.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: writer-under-load.ts DIRECTORY');

const log = await openAuditLog({ directory, maxLogFileMiB: 0.1, warn: () => {} });
let request = 0;

async function appendForEver(): Promise<never> {
  for (;;) {
    request += 1;
    const mine = request;
    const { serial } = await log.append(entryOf(mine));
    writeSync(1, `${serial} ${mine}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, appendForEver));
