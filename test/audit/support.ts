/** What the tests of the audit log share: entries, directories that go away, small file systems. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { auidOf } from '../../audit/auid.ts';
import { listFiles } from '../../audit/files.ts';
import { type AuditLogOptions, openAuditLog } from '../../audit/log.ts';
import type { AuditEntry, AuditLog } from '../../audit/record.ts';
import { type Verdict, verifyLog } from '../../audit/verify.ts';

export const UUID = '6f8f8d0e-2b7e-4c39-9d3e-0a4b0f9f1a01';

export function entryOf(request: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    type: 'USER_CMD',
    fields: [
      ['op', 'exec'],
      ['cmd', `libvirt start web-${request}`],
      ['vm', `web-${request}`],
      ['uuid', UUID],
    ],
    actor: { auid: auidOf(1), name: 'alice' },
    account: 'alice',
    request,
    address: '10.0.0.7',
    terminal: 'web/ops',
    result: 'success',
    ...more,
  };
}

export function tempDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'drover-audit-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A log that is closed when the test is over; `warnings` grows. */
export async function openLog(
  t: TestContext,
  options: Partial<AuditLogOptions> & { directory: string },
): Promise<{ log: AuditLog; warnings: string[] }> {
  const warnings: string[] = [];
  const log = await openAuditLog({ warn: (message) => warnings.push(message), ...options });
  t.after(() => log.close());
  return { log, warnings };
}

/** All lines, oldest first, without line feeds. */
export function linesOf(directory: string): string[] {
  return listFiles(directory).flatMap((name) => readFileSync(join(directory, name), 'latin1').split('\n').slice(0, -1));
}

/** Puts these lines in place of the log's one file. */
export function replaceLines(directory: string, lines: readonly string[]): void {
  writeFileSync(join(directory, 'audit.log'), lines.map((line) => `${line}\n`).join(''), 'latin1');
}

export function appendBytes(directory: string, bytes: string): void {
  appendFileSync(join(directory, 'audit.log'), bytes, 'latin1');
}

export function verify(directory: string, pin: string | null = null): Promise<Verdict> {
  return verifyLog({ directory, pin, anchors: [], notBefore: null });
}

/** The problems' sentences; [] for an intact log. */
export function problemsOf(verdict: Verdict): string[] {
  return verdict.kind === 'intact' ? [] : verdict.problems.map(({ problem }) => problem);
}

/** Why tests of real file systems are skipped; false: they are not. Root in a container may not mount either. */
export const NO_MOUNT = whyNoMount();

function whyNoMount(): string | false {
  if (process.getuid?.() !== 0) return 'needs root to mount a file system';
  const directory = mkdtempSync(join(tmpdir(), 'drover-audit-try-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], { stdio: 'ignore' });
    unmount(directory);
    return false;
  } catch {
    return 'mounting a file system is not allowed here';
  }
}

/** A tmpfs of this many KiB, unmounted when the test is over. */
export function mountTmpfs(t: TestContext, kib: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'drover-audit-tmpfs-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', directory]);
  t.after(() => unmount(directory));
  return directory;
}

/** Lazily: what a failed test still holds open must not keep the mount. */
export function unmount(directory: string): void {
  execFileSync('umount', ['-l', directory]);
  rmSync(directory, { recursive: true, force: true });
}

/** Asks for the status until it is of this kind; the test's own time-out ends a wait in vain. */
export async function waitForStatus(log: AuditLog, kind: 'writing' | 'suspended'): Promise<void> {
  while ((await log.status()).kind !== kind) await new Promise((resolve) => setTimeout(resolve, 50));
}
