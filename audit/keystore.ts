/**
 * The private key of the day, in `key/current` of the audit directory (mode 0600). The next key waits in `key/next` until
 * the record that hands over to it is on disk; then the old one is overwritten and gone.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from './files.ts';
import { fingerprintOf, type SigningKey } from './seal.ts';

export interface Keystore {
  current(): SigningKey;
  /** The key to hand over to before a record of this epoch is written; null: the current one is right. */
  prepare(epoch: number): SigningKey | null;
  /** The handover is durable: the staged key is the current one from now on, the old one is destroyed. */
  promote(): void;
}

/** Makes key 0 of a new log. What an earlier start left behind before its first record is replaced. */
export function createKeystore(directory: string, epoch: number): Keystore {
  const folder = join(directory, 'key');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  rmSync(join(folder, 'next'), { force: true });
  rmSync(join(folder, 'current'), { force: true });
  const key = makeKey(folder, 'current', epoch);
  syncDirectory(directory);
  return keystoreOf(folder, key);
}

/** Opens the keys of a log whose newest key has this fingerprint. Throws when that key is not there. */
export function openKeystore(directory: string, fingerprint: string): Keystore {
  const folder = join(directory, 'key');
  const staged = readKey(join(folder, 'next'));
  if (staged !== null && fingerprintOf(staged.pub) === fingerprint) {
    destroy(join(folder, 'current'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
    syncDirectory(folder);
    return keystoreOf(folder, staged);
  }
  const current = readKey(join(folder, 'current'));
  if (current === null || fingerprintOf(current.pub) !== fingerprint) {
    throw new Error(`${folder}/current is not the key ${fingerprint} that signs this log; put it back from a backup`);
  }
  rmSync(join(folder, 'next'), { force: true });
  return keystoreOf(folder, current);
}

function keystoreOf(folder: string, first: SigningKey): Keystore {
  let current = first;
  let staged: SigningKey | null = null;
  let unfinished = false;
  const finish = () => {
    destroy(join(folder, 'current'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
    syncDirectory(folder);
    unfinished = false;
  };
  return {
    current: () => current,
    prepare: (epoch) => {
      if (unfinished) finish();
      if (epoch <= current.epoch) return null;
      if (staged?.epoch !== epoch) staged = makeKey(folder, 'next', epoch);
      return staged;
    },
    promote: () => {
      if (staged === null) return;
      current = staged;
      staged = null;
      unfinished = true;
      finish();
    },
  };
}

function makeKey(folder: string, name: string, epoch: number): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const content = JSON.stringify({
    epoch,
    private: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  });
  writeDurably(join(folder, name), Buffer.from(content), 'w');
  syncDirectory(folder);
  return signingKeyOf(epoch, privateKey);
}

/** null: no key there, or none that can be read. */
function readKey(path: string): SigningKey | null {
  if (!existsSync(path)) return null;
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content !== 'object' || content === null) return null;
    if (!('epoch' in content) || !('private' in content)) return null;
    if (typeof content.epoch !== 'number' || typeof content.private !== 'string') return null;
    const key = Buffer.from(content.private, 'base64');
    return signingKeyOf(content.epoch, createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
  } catch {
    return null; // overwritten by `destroy` just before a crash
  }
}

function signingKeyOf(epoch: number, key: KeyObject): SigningKey {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return { epoch, pub: `ed25519:${x}`, sign: (text) => sign(null, Buffer.from(text), key).toString('base64url') };
}

/** Overwrites in place. A file system that never writes in place, or an SSD, may still hold the old bytes. */
function destroy(path: string): void {
  if (existsSync(path)) writeDurably(path, randomBytes(statSync(path).size), 'r+');
}

function writeDurably(path: string, bytes: Buffer, flags: 'w' | 'r+'): void {
  const fd = openSync(path, flags, 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
