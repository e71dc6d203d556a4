/** Paths of Debian's audit tools, fetched on the first call; see `audit-tools.sh`. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface AuditTools {
  ausearch: string;
  aureport: string;
  auvirt: string;
}

/** Throws when the tools are neither on PATH nor to be had from the distribution; its message says what to install. */
export async function auditTools(): Promise<AuditTools> {
  const script = join(import.meta.dirname, 'audit-tools.sh');
  const { stdout } = await promisify(execFile)('sh', [script]);
  const folder = stdout.trim();
  return {
    ausearch: join(folder, 'ausearch'),
    aureport: join(folder, 'aureport'),
    auvirt: join(folder, 'auvirt'),
  };
}
