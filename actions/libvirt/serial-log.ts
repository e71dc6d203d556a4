/** The end of a serial port's log file. Local hosts only: the file is on the host. */
import { open } from 'node:fs/promises';
import { OpsError } from '../errors.ts';

/** At most the last `bytes`, without a broken first character; '' when there is no file yet. */
export async function readSerialTail(path: string, bytes: number): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const start = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead).replace(start > 0 ? /^\ufffd+/ : '', '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return '';
    if (code === 'EACCES') throw new OpsError('denied', `reading the serial log ${path}: no permission`);
    throw new OpsError('failed', `reading the serial log ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
