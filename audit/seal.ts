/**
 * Signed records that fix everything before them: the creation of key 0, checkpoints, and the daily change of keys, where
 * the old key signs the new one. A key's epoch is its day (days since 1970, UTC); a day's records are signed by that day's
 * key, which is destroyed when the day is over, so who steals today's key cannot rewrite yesterday.
 *
 * The signed text has the record's own time: otherwise a cut log could be given a fresh last checkpoint.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { NOBODY } from './auid.ts';
import type { AuditEntry } from './record.ts';

/** A seal comes at least after so many records and before the oldest unsealed record is so old; verify insists. */
export const SEAL_RECORDS = 1000;
export const SEAL_SECONDS = 60;

const DAY_MS = 86_400_000;
const KEY = /^ed25519:[A-Za-z0-9_-]{43}$/;

export interface PublicKey {
  epoch: number;
  /** `ed25519:` and the key in base64url. */
  pub: string;
}

export interface SigningKey extends PublicKey {
  /** Ed25519 signature in base64url. */
  sign(text: string): string;
}

/** What a seal vouches for: all records through `upto`, whose chain is `head`. */
export interface Sealed {
  upto: number;
  /** base64url */
  head: string;
  /** Time of the seal's own record. */
  timeMs: number;
}

export function epochOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

export function creationEntry(key: SigningKey, timeMs: number): AuditEntry {
  const signature = key.sign(creationText(key, timeMs));
  return keyEntry('key-create', key, [
    ['pub', key.pub],
    ['ed25519', signature],
  ]);
}

export function checkpointEntry(key: SigningKey, sealed: Sealed): AuditEntry {
  return keyEntry('checkpoint', key, [
    ['upto', sealed.upto],
    ['head', sealed.head],
    ['ed25519', key.sign(checkpointText(key.epoch, sealed))],
  ]);
}

/** The last word of `old`: seals its epoch and hands over to `next`. */
export function handoverEntry(old: SigningKey, next: PublicKey, sealed: Sealed): AuditEntry {
  return keyEntry('key-rotate', next, [
    ['pub', next.pub],
    ['old-epoch', old.epoch],
    ['upto', sealed.upto],
    ['head', sealed.head],
    ['ed25519', old.sign(handoverText(old.epoch, next, sealed))],
  ]);
}

export function creationText({ epoch, pub }: PublicKey, timeMs: number): string {
  return `drover-audit-key-v1\n${epoch}\n${pub}\n${timeMs}\n`;
}

export function checkpointText(epoch: number, { upto, head, timeMs }: Sealed): string {
  return `drover-audit-checkpoint-v1\n${upto}\n${head}\n${epoch}\n${timeMs}\n`;
}

export function handoverText(epoch: number, next: PublicKey, { upto, head, timeMs }: Sealed): string {
  return `drover-audit-handover-v1\n${upto}\n${head}\n${epoch}\n${timeMs}\n${next.epoch}\n${next.pub}\n`;
}

/** Makes a check of signatures by this key; null: not a key. */
export function verifierOf(pub: string): ((text: string, signature: string) => boolean) | null {
  const key = publicKeyOf(pub);
  if (key === null) return null;
  return (text, signature) => {
    const bytes = Buffer.from(signature, 'base64url');
    // One signature has one spelling: without this, idle bits of base64url could be flipped.
    return bytes.toString('base64url') === signature && verify(null, Buffer.from(text), key, bytes);
  };
}

/** As OpenSSH shows fingerprints: SHA-256 of the raw key, base64 without padding. */
export function fingerprintOf(pub: string): string {
  const raw = Buffer.from(pub.slice('ed25519:'.length), 'base64url');
  return `SHA256:${createHash('sha256').update(raw).digest('base64').replace(/=+$/, '')}`;
}

function publicKeyOf(pub: string): KeyObject | null {
  if (!KEY.test(pub)) return null;
  try {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: pub.slice('ed25519:'.length) },
      format: 'jwk',
    });
  } catch {
    return null; // 32 bytes, but no point of the curve
  }
}

function keyEntry(op: string, key: PublicKey, more: (readonly [string, string | number])[]): AuditEntry {
  const own = [
    ['op', op],
    ['kind', 'audit-log'],
    ['fp', fingerprintOf(key.pub)],
    ['epoch', key.epoch],
  ] as const;
  return { ...ownEntry('CRYPTO_KEY_USER', 'success'), fields: [...own, ...more] };
}

/** A record about the log itself, to be given its fields. */
export function ownEntry(type: AuditEntry['type'], result: AuditEntry['result']): AuditEntry {
  return { type, fields: [], actor: NOBODY, account: null, request: null, address: null, terminal: 'drover', result };
}
