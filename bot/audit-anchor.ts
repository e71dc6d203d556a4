/**
 * The audit log with its anchor in the store: which log it is and how far it was durable. A start that finds less in the
 * audit folder is refused; without this, an emptied folder would look like a first start.
 */
import { z } from 'zod';
import { type AuditLogOptions, openAuditLog } from '../audit/log.ts';
import { type Expected, readPin } from '../audit/loss.ts';
import type { AuditLog } from '../audit/record.ts';
import type { Store } from './store/store.ts';

const KEY = 'audit/anchor';

/** What a kill -9 and a removed folder together can hide: the records of so long. */
const REMEMBER_MS = 60_000;

const Anchor = z.strictObject({ pin: z.string().max(100), serial: z.int().min(0) });

/** Throws `AuditUnavailable` as `openAuditLog` does, also when the log is less than the store remembers. */
export async function openAnchoredLog(options: AuditLogOptions, store: Store): Promise<AuditLog> {
  const stored = await store.get(KEY);
  const expected: Expected | null = stored === null ? null : Anchor.parse(stored.value);
  const log = await openAuditLog({ ...options, expected });
  let pin = readPin(options.directory);
  let remembered = -1;

  const remember = async () => {
    const { serial } = log.head();
    if (serial === 0 || serial === remembered) return;
    // Not there when it was opened: a first start on a full disk, or old files that were moved elsewhere.
    pin ??= readPin(options.directory) ?? expected?.pin ?? null;
    if (pin === null) return;
    await store.transact({ guards: [], puts: [{ key: KEY, value: { pin, serial } }], deletes: [] });
    remembered = serial;
  };
  const tryToRemember = () =>
    remember().catch((error) => options.warn(`audit log: its head could not be remembered: ${String(error)}`));

  await tryToRemember();
  const timer = setInterval(tryToRemember, REMEMBER_MS).unref();
  return {
    ...log,
    close: async () => {
      clearInterval(timer);
      await log.close();
      await tryToRemember();
    },
  };
}
