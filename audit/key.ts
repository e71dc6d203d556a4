/** The keys of a log: key 0, to be kept elsewhere as the pin for `verify`, and the key in force. */
import { fieldOf, type ParsedRecord } from './parse.ts';
import { fingerprintOf } from './seal.ts';
import { searchLog } from './search.ts';

export interface LogKeys {
  /** Public key 0, `ed25519:…`. */
  pin: string;
  /** Its fingerprint as OpenSSH shows one. */
  fingerprint: string;
  /** Day of the key in force, days since 1970 UTC. */
  epoch: number;
  currentFingerprint: string;
}

/** As the log itself says; null: it has no records yet. */
export async function readKeys(directory: string): Promise<LogKeys | null> {
  const type = 'CRYPTO_KEY_USER';
  const first = await firstOf(searchLog({ directory, type, order: 'oldest' }));
  const last = await firstOf(searchLog({ directory, type, order: 'newest' }));
  const pin = first === null ? null : fieldOf(first, 'pub');
  if (pin === null || last === null) return null;
  return {
    pin,
    fingerprint: fingerprintOf(pin),
    epoch: Number(fieldOf(last, 'epoch')),
    currentFingerprint: fieldOf(last, 'fp') ?? '',
  };
}

async function firstOf(records: AsyncGenerator<ParsedRecord>): Promise<ParsedRecord | null> {
  for await (const record of records) return record;
  return null;
}
