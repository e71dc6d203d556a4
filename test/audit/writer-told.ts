/**
 * A process for `moved.test.ts`: appends to the log in argv[2], one record for each line `go N` on standard input, and
 * for ever after a line `load`. Says what became of each on standard output at once: `+N` acknowledged, `-N` refused.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openAuditLog } from '../../audit/log.ts';
import { entryOf } from './support.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: writer-told.ts DIRECTORY');

const log = await openAuditLog({ directory, warn: () => {} });

async function append(request: number): Promise<void> {
  const became = await log.append(entryOf(request)).then(
    () => '+',
    () => '-',
  );
  writeSync(1, `${became}${request}\n`);
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'load') for (let request = 1000; ; request += 1) await append(request);
  await append(Number(line.slice('go '.length)));
}
